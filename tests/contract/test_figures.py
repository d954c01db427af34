"""The port `Figures`, on both databases: each test counts in a year of its own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.ports.farewells import Figures
from connectors.store.cases import SqlCaseStore
from connectors.store.figures import SqlFigures
from connectors.store.ledger import SqlLedger
from connectors.store.returns import SqlReturns
from connectors.store.sessions import writing
from models.case import Decision
from models.ledger import Fact
from models.tables.accounts import AccountRow
from models.tables.messages import MessageRow
from models.vocabulary import Mode, Reason, Stage
from tests.contract.sample_account import add_account, request_for

DAY = timedelta(days=1)


@pytest.fixture
def figures(engine: Engine) -> Figures:
    return SqlFigures(engine)


def instant(year: int) -> datetime:
    return datetime(year, 6, 1, 12, tzinfo=UTC)


def message(engine: Engine, case: str, kind: str, **other: Any) -> None:
    about: dict[str, Any] = {"message_id": f"{case}.{kind}@x", "case": case, "account": case, "kind": kind}
    with writing(engine) as session:
        session.add(MessageRow(**{**about, "channel": "email", "language": "es", "state": "sent", **other}))


def entry(engine: Engine, case: str, action: str, subject: str, **other: Any) -> None:
    about: dict[str, Any] = {"case": case, "action": action, "subject": subject, "actor": "farewell", "attempt": 1}
    sealed = {"input_hmac": "0", "output_hmac": "0"}
    fact = Fact.model_validate({**about, "stage": "closed", "outcome": "done", **sealed, **other})
    SqlLedger(engine).append(fact, None)


def test_an_exit_is_told_by_figures_and_both_reasons(figures: Figures, engine: Engine) -> None:
    at, account = instant(2141), add_account(engine)
    with writing(engine) as session:
        row = session.get_one(AccountRow, account)
        row.customer_since, row.yearly_value = (at - 100 * DAY).date(), Decimal(1200)
    store, about = SqlCaseStore(engine), {"account": account, "stage": Stage.NOTICE, "step": "set_contact_preference"}
    case = store.open_case(request_for(account), at).case
    for number, reason in enumerate(("price", "competitor"), 1):
        chosen = Decision(
            case=case, **about, generation=number, action="set_contact_preference", details={"reason": reason}
        )
        store.decide(chosen, at + number * DAY)
    message(engine, case, "come_back", sent_at=at + 9 * DAY)
    SqlReturns(engine).note(case, account, at + 10 * DAY, restored=True)
    [found] = figures.exits(at, at + DAY)
    assert (found.mode, found.own_reason, found.customer_days) == (Mode.STOP, Reason.COMPETITOR, 100)
    assert (found.yearly_value, found.opened_at, found.ended_at) == (Decimal(1200), at, None)
    assert (found.asked_back_at, found.returned_at, found.restored) == (at + 9 * DAY, at + 10 * DAY, True)
    assert account not in found.model_dump_json()
    assert figures.exits(at - DAY, at) == figures.exits(at + DAY, at + 2 * DAY) == []


def test_messages_5_what_was_sent_skipped_and_stopped_is_counted_once(figures: Figures, engine: Engine) -> None:
    at = instant(2142)
    for number in range(3):
        message(engine, f"sent-{number}", "thanks", sent_at=at + number * DAY)
        entry(engine, f"sent-{number}", "send_message", "thanks", at=at)
        for attempt in (1, 2):
            entry(engine, f"sent-{number}", "send_message", "come_back:skipped:returned", at=at, attempt=attempt)
    entry(engine, "sent-0", "note_call", "thanks:skipped:not_reached", at=at)
    entry(engine, "sent-1", "note_call", "thanks", at=at)
    entry(engine, "sent-0", "stop_follow_ups", "reply", at=at)
    entry(engine, "sent-1", "stop_follow_ups", "opt_out", at=at, outcome="failed")
    entry(engine, "sent-2", "stop_follow_ups", "opt_out", at=at + 9 * DAY)
    found = {(each.what, each.kind, each.channel, each.code): each.count for each in figures.happened(at, at + 2 * DAY)}
    assert found == {
        ("sent", "thanks", "email", ""): 2,
        ("skipped", "come_back", "", "returned"): 3,
        ("skipped", "thanks", "", "not_reached"): 1,
        ("stopped", None, "", "reply"): 1,
    }


def test_what_came_back_is_counted_by_kind(figures: Figures, engine: Engine) -> None:
    at = instant(2143)
    for number, heard in enumerate(("bounce", "bounce", "reply")):
        message(engine, f"heard-{number}", "thanks", sent_at=at, heard=heard, heard_at=at + number * DAY)
    found = {(each.kind, each.heard): each.count for each in figures.heard(at, at + 3 * DAY)}
    assert found == {("thanks", "bounce"): 2, ("thanks", "reply"): 1}
    assert len(figures.heard(at, at + DAY)) == 1
