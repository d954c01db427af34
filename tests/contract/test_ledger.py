"""The port Ledger, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from connectors.ports.own import Ledger
from connectors.store.ledger import SqlLedger
from models.ledger import FIRST_PREVIOUS, ActivityRef, Fact, LedgerEntry, entry_sha256
from models.tables.ledger import LedgerRow
from tests.contract.sample_account import new_id


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return SqlLedger(engine)


def fact(case: str, action: str = "freeze_account") -> Fact:
    told = {"actor": "ana", "stage": "freeze", "subject": "-", "attempt": 1, "outcome": "done"}
    at = datetime(2026, 3, 29, 3, 30, 0, 123456, tzinfo=ZoneInfo("Europe/Madrid"))
    return Fact(**told, case=case, at=at, action=action, input_hmac="0", output_hmac="1")


def ref(case: str, activity: int, attempt: int = 1) -> ActivityRef:
    return ActivityRef(workflow=f"offboarding-{case}", run="r", activity=str(activity), attempt=attempt)


def assert_chained(chain: list[LedgerEntry]) -> None:
    previous = FIRST_PREVIOUS
    for number, entry in enumerate(chain, 1):
        assert (entry.seq, entry.prev_sha256) == (number, previous)
        assert entry.entry_sha256 == entry_sha256(entry.model_dump(mode="json"))
        previous = entry.entry_sha256


def test_eight_threads_write_one_gapless_chain(ledger: Ledger) -> None:
    case = f"{new_id()}-1"
    with ThreadPoolExecutor(8) as threads:
        for writer in [threads.submit(_write_fifty, ledger, case, number) for number in range(8)]:
            writer.result()
    chain = ledger.entries(case)
    assert len(chain) == 400
    assert_chained(chain)


def _write_fifty(ledger: Ledger, case: str, writer: int) -> None:
    for number in range(50):
        ledger.append(fact(case), ref(case, writer * 50 + number))


def test_what_is_answered_is_what_is_read_back_whatever_the_zone(ledger: Ledger) -> None:
    case = f"{new_id()}-1"
    answered = [ledger.append(fact(case), None), ledger.append(fact(case), ref(case, 1))]
    assert ledger.entries(case) == answered
    assert_chained(answered)


def test_the_same_attempt_again_answers_the_entry_that_stands(ledger: Ledger) -> None:
    case = f"{new_id()}-1"
    first = ledger.append(fact(case), ref(case, 1))
    assert ledger.append(fact(case, "something_else"), ref(case, 1)) == first
    assert ledger.entries(case) == [first]


def test_a_ref_of_another_attempt_is_a_mistake(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="attempt"):
        ledger.append(fact("a-1"), ref("a-1", 1, attempt=2))


CHANGES = (
    "UPDATE ledger SET actor = 'eve'",
    "DELETE FROM ledger",
    *("TRUNCATE ledger", "DROP TRIGGER ledger_is_append_only ON ledger", "ALTER TABLE ledger DISABLE TRIGGER ALL"),
    "INSERT OR REPLACE INTO ledger SELECT * FROM ledger",
    "REPLACE INTO ledger SELECT * FROM ledger",
    "INSERT INTO ledger SELECT * FROM ledger WHERE true ON CONFLICT (\"case\", seq) DO UPDATE SET actor = 'eve'",
)


@pytest.mark.parametrize("change", CHANGES)
def test_audit_1_whoever_writes_the_ledger_cannot_change_it(ledger: Ledger, engine: Engine, change: str) -> None:
    """On SQLite by triggers, on PostgreSQL by the grants of the role; what a system doesn't know it refuses, too."""
    case = f"{new_id()}-1"
    entry = ledger.append(fact(case), ref(case, 1))
    refused = r"append-only|permission denied|must be owner|syntax error"
    with pytest.raises(DBAPIError, match=refused), engine.begin() as connection:
        connection.execute(text(change))
    assert ledger.entries(case) == [entry]


def test_audit_1_a_line_that_replaces_another_by_its_attempt_is_refused(sqlite_engine: Engine) -> None:
    case, ledger = f"{new_id()}-1", SqlLedger(sqlite_engine)
    entry = ledger.append(fact(case), ref(case, 1))
    columns = [name for name in LedgerRow.model_fields if name != "seq"]
    named = ", ".join(f'"{name}"' for name in columns)
    replace = f'INSERT OR REPLACE INTO ledger (seq, {named}) SELECT seq + 1, {named} FROM ledger WHERE "case" = :case'
    with pytest.raises(DBAPIError, match="append-only"), sqlite_engine.begin() as connection:
        connection.execute(text(replace), {"case": case})
    assert ledger.entries(case) == [entry]


@pytest.mark.parametrize("change", CHANGES[:3])
def test_audit_1_even_the_owner_meets_the_trigger(owner_engine: Engine, change: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), owner_engine.begin() as connection:
        connection.execute(text(change))
