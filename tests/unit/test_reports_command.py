"""`farewell report`, as people type it."""

import json
import secrets
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

import starter
from connectors.store.cases import SqlCaseStore
from connectors.store.engine import migrate, open_engine
from connectors.store.figures import SqlFigures
from connectors.store.offers import SqlOffers
from connectors.store.returns import SqlReturns
from connectors.store.sessions import writing
from connectors.store.surveys import SqlSurveys
from models.case import StageRecord
from models.offers import Offer, Terms
from models.surveys import Back, Change, SurveyAnswer
from models.tables.messages import MessageRow
from models.vocabulary import Mode, OfferKind, Reason, Stage
from tests.contract.sample_account import add_account, request_for

AT = datetime(2026, 5, 20, 9, tzinfo=UTC)
PERIOD = ("--from", "2026-04-01", "--to", "2026-06-30")
ANSWER = SurveyAnswer(
    reason=Reason.PRICE, change=Change.LOWER_PRICE, leaving=5, back=Back.YES, comment="=cmd()\x1b[31m"
)


@pytest.fixture
def engine(tmp_path, monkeypatch):
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    rooms = {"figures": SqlFigures, "surveys": SqlSurveys, "offers": SqlOffers, "cases": SqlCaseStore}
    at = SimpleNamespace(**{name: room(engine) for name, room in rooms.items()})
    monkeypatch.setattr("commands.session.connections", lambda: at)
    yield engine
    engine.dispose()


def leave(engine, count):
    """So many who left, thanked and offered something, of whom the first came back."""
    store, cases = SqlCaseStore(engine), []
    for _ in range(count):
        account = add_account(engine)
        case = store.open_case(request_for(account), AT).case
        about = {"case": case, "account": account, "stage": Stage.CLOSED, "step": "close"}
        store.record(StageRecord(**about, mode=Mode.STOP, ended=True), AT + timedelta(days=9))
        sent = {"message_id": f"{case}.g@x", "kind": "goodbye", "channel": "email", "language": "es", "state": "sent"}
        with writing(engine) as session:
            session.add(MessageRow(**sent, case=case, account=account, sent_at=AT))
        cases.append((account, case))
    SqlReturns(engine).note(cases[0][1], cases[0][0], AT + timedelta(days=30), restored=True)
    offer = {
        "id": "o-1",
        "kind": OfferKind.DISCOUNT,
        "reason": Reason.PRICE,
        "terms": Terms(),
        "made_at": AT,
        "until": AT,
    }
    SqlOffers(engine).keep(Offer(**offer, case=cases[0][1], account=cases[0][0]))
    return cases


def answer(engine, count, quarter="2026-Q2"):
    for _ in range(count):
        SqlSurveys(engine).keep(quarter, secrets.token_hex(), ANSWER)


def told(capsys, *words):
    code = starter.run(["report", *words])
    out, err = capsys.readouterr()
    return code, out, err


def as_json(capsys, *words):
    code, out, _ = told(capsys, *words, *PERIOD, "--json")
    assert code == 0
    return json.loads(out)


def test_messages_6_reasons_in_groups_without_a_name(engine, capsys):
    cases = leave(engine, 6)
    answer(engine, 7)
    found = as_json(capsys, "reasons")
    assert (found["from"], found["to"], found["exits"]) == ("2026-04-01", "2026-06-30", 6)
    assert found["ends"] == {"groups": {"closed": 6}, "fewer": 0}
    assert found["survey"]["asked"] == 6
    assert found["survey"]["change"]["groups"] == {"lower_price": 7}
    code, out, _ = told(capsys, "reasons", *PERIOD)
    assert code == 0
    for word in (
        "exits that began from 2026-04-01 to 2026-06-30: 6",
        "7 answers, 6 asked",
        "several times",
        "5.0 of 5",
    ):
        assert word in out
    assert "\x1b" not in out
    for account, case in cases:
        assert account not in out.split()
        assert case not in out


def test_messages_6_of_fewer_than_five_the_report_says_only_that(engine, capsys):
    leave(engine, 4)
    answer(engine, 4)
    answer(engine, 4, "")
    found = as_json(capsys, "reasons")
    assert found["exits"] == 4
    assert found["reason"] == found["size"] == {"groups": {}, "fewer": 0}
    assert found["survey"]["answers"] is found["unquartered"]["answers"] is None
    _, out, _ = told(capsys, "reasons", *PERIOD)
    assert "price" not in out
    assert "cmd" not in out
    assert "fewer than 5, so nothing is told" in out


def test_a_period_that_cuts_a_quarter_tells_nothing_of_its_survey(engine, capsys):
    answer(engine, 9)
    code, out, _ = told(capsys, "reasons", "--from", "2026-04-02", "--to", "2026-06-30")
    assert code == 0
    assert "survey, anonymous (no whole quarter): fewer than 5" in out


def test_cadence_returns_and_offers_are_told(engine, capsys):
    leave(engine, 6)
    assert as_json(capsys, "cadence")["sent"] == {"goodbye": {"email": 6}}
    found = as_json(capsys, "returns")
    assert (found["left"], found["returned"], found["restored"], found["median_days"]) == (6, 1, 1, 21)
    assert as_json(capsys, "offers")["offers"]["discount"]["made"] == 1
    for report, word in {"cadence": "goodbye", "returns": "6, of whom 1 came back", "offers": "discount"}.items():
        code, out, _ = told(capsys, report, *PERIOD)
        assert code == 0
        assert word in out


@pytest.mark.parametrize("report", ["reasons", "cadence", "returns", "offers"])
def test_a_report_of_nothing_says_so(engine, capsys, report):
    code, out, err = told(capsys, report)
    assert (code, err) == (0, "")
    assert out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-07-01", "--to", "2026-06-30"), "--from is the first day"),
        (("--from", "yesterday"), "is no date"),
        (("--to", "0001-01-01"), "is no day of ours"),
        (("--to", "9999-12-31"), "is no day of ours"),
    ],
    ids=str,
)
def test_a_period_that_is_none_is_refused_in_one_line(engine, capsys, words, said):
    code, out, err = told(capsys, "reasons", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
