"""`farewell hold` and `farewell processor`, as people type them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import starter
from connectors.configuration import settings
from connectors.opening import Connections
from connectors.store.engine import migrate
from connectors.store.sessions import writing
from devstack.keys import make_keys
from devstack.stack import EmbeddedStack
from models.keys import KeyScope
from models.processors import Asked
from models.tables.accounts import PersonRow
from rules.processors import ASKED, CONFIRMED
from tests.contract.sample_account import DAVID, DORA, add_account, request_for

PEOPLE = {"dora": ["compliance"], "david": ["compliance", "approver"], "eva": ["engineer"]}
NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=30)


@pytest.fixture
def at(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Connections]:
    """The real servers, with a database and keys of its own."""
    own = {"FAREWELL_HOME": str(tmp_path), "FAREWELL_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}"}
    for name, value in {**stack.environment, **make_keys(tmp_path / "keys"), **own}.items():
        monkeypatch.setenv(name, value)
    connections = Connections(settings())
    migrate(connections.engine)
    with writing(connections.engine) as session:
        session.add_all(PersonRow(id=name, name=name, email=f"{name}@x.example", roles=r) for name, r in PEOPLE.items())
    yield connections
    connections.engine.dispose()


@pytest.fixture
def account(at: Connections) -> str:
    return add_account(at.engine)


@pytest.fixture
def case(at: Connections, account: str) -> str:
    """It has asked the newsletter's service to erase, a month ago."""
    case = at.cases.open_case(request_for(account), LONG_AGO).case
    body = Asked(name="newsletter", key="k", asked=1, asked_at=LONG_AGO).model_dump(mode="json")
    at.cases.keep_document(case, ASKED, "k", body, LONG_AGO)
    return case


class Typed:
    """Runs a command; its answer, or its one line of refusal."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        code = int(starter.run(words))
        out, err = self._capsys.readouterr()
        return code, out + err

    def json(self, *words: str) -> Any:
        code, out = self(*words, "--json")
        assert code == 0, out
        return json.loads(out)


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str]) -> Typed:
    return Typed(capsys)


# -- holds


def test_erasure_3_a_hold_is_listed_with_all_that_it_waits_for(at: Connections, account: str, typed: Typed) -> None:
    assert "no hold stands" in typed("hold", "list")[1]
    assert typed("hold", "list", "acc_nobody")[0] == 3
    placed = typed.json("hold", account, "--ground", "court order 7", "--data-set", "invoice", "--as", "dora")
    (row,) = typed.json("hold", "list", account)
    assert (row["id"], row["ground"], row["scope"]) == (placed["hold"], "court order 7", ["invoice"])
    assert (row["account"], row["placed_by"], row["confirmed_by"]) == (account, "dora", None)
    assert (row["overdue_since"], row["release_asked_by"]) == (None, None)
    typed("hold", account, "--confirm", "--as", "david")
    typed("release", account, "--as", "dora")
    (row,) = typed.json("hold", "list")
    assert (row["confirmed_by"], row["release_asked_by"]) == ("david", "dora")
    typed("release", account, "--as", "david")
    assert typed.json("hold", "list", account) == []
    assert at.cases.all_holds() == []


def test_erasure_3_a_hold_that_nobody_confirms_in_time_is_listed_as_overdue(
    at: Connections, account: str, typed: Typed
) -> None:
    at.cases.place_hold(account, DORA, "audit", [], LONG_AGO)
    (row,) = typed.json("hold", "list")
    days = at.policy.house.hold_confirm_days
    assert row["overdue_since"] == (LONG_AGO + timedelta(days=days)).isoformat()
    assert "everything" in typed("hold", "list")[1]
    at.cases.confirm_hold(row["id"], DAVID, NOW)
    assert typed.json("hold", "list")[0]["overdue_since"] is None


def test_a_hold_on_what_nobody_knows_is_refused_with_the_names(account: str, at: Connections, typed: Typed) -> None:
    code, said = typed("hold", account, "--ground", "x", "--data-set", "invoices", "--as", "dora")
    assert (code, said.count("\n")) == (2, 1)
    assert "no data set invoices" in said
    assert all(name in said for name in ("invoice", "files/attachments", "own/notes", "processor/newsletter"))
    assert at.cases.holds(account) == []


@pytest.mark.parametrize("words", [("hold", "{}", "--ground", "x"), ("hold", "place", "{}", "--ground", "x")])
def test_only_compliance_holds(account: str, at: Connections, typed: Typed, words: tuple[str, ...]) -> None:
    code, said = typed(*(word.format(account) for word in words), "--as", "eva")
    assert (code, at.cases.holds(account)) == (4, [])
    assert "compliance" in said


# -- sub-processors


def test_stages_3_sub_processors_are_listed_until_a_person_records_their_word(
    at: Connections, account: str, case: str, typed: Typed
) -> None:
    (row,) = typed.json("processor", "list", account)
    assert (row["case"], row["name"], row["ask"], row["asked"]) == (case, "newsletter", "mail", 1)
    assert (row["confirmed_at"], row["overdue"]) == (None, True)
    said = typed.json("processor", "confirm", account, "newsletter", "--evidence", "letter of Eva", "--as", "dora")
    assert (said["confirmed"], said["told"]) == (True, False)  # there is no closing yet: it reads the document
    (row,) = typed.json("processor", "list")
    assert (row["confirmed_at"] is None, row["overdue"]) == (False, False)
    (entry,) = at.ledger.entries(case)
    assert (entry.action, entry.subject, entry.actor) == (CONFIRMED, "newsletter", "dora")
    assert "Eva" not in entry.model_dump_json()
    assert (
        "had confirmed already"
        in typed("processor", "confirm", account, "newsletter", "--evidence", "x", "--as", "david")[1]
    )
    assert len(at.ledger.entries(case)) == 1
    (document,) = at.cases.documents(case, CONFIRMED)
    assert (document["by"], document["evidence"]) == ("dora", "letter of Eva")
    at.keys.destroy(KeyScope.of_account(account), NOW)
    (document,) = at.cases.documents(case, CONFIRMED)
    assert (document["by"], document["evidence"]) == ("dora", "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("newsletter", "--as", "eva"), 4, "needs the role compliance"),
        (("letters", "--as", "dora"), 3, "no sub-processor letters was asked"),
    ],
)
@pytest.mark.usefixtures("case")
def test_who_may_record_what(account: str, typed: Typed, words: tuple[str, ...], code: int, said: str) -> None:
    stopped, why = typed("processor", "confirm", account, *words, "--evidence", "x")
    assert (stopped, why.count("\n")) == (code, 1)
    assert said in why


def test_whoever_never_left_has_no_sub_processors(account: str, typed: Typed) -> None:
    assert typed("processor", "list")[1] == "no sub-processor was asked\n"
    assert typed("processor", "list", account)[0] == 3
