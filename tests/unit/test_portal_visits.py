"""Whom a link of the portal lets in. TRUST 13, 16; DOMAIN messages.5."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from models.case import StageRecord
from models.vocabulary import Cause, Mode, Stage
from rules.links import AFTER_THE_BACKUPS, Links, Pass, opt_out_until, portal_until
from tests.contract.sample_account import add_account, request_for
from web.links import Closed, visit_of

KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
UNTIL = NOW + timedelta(days=100)
LINKS = Links("https://bajas.example", KEY)


@pytest.fixture
def at(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    yield SimpleNamespace(engine=engine, cases=SqlCaseStore(engine), directory=SqlDirectory(engine))
    engine.dispose()


@pytest.fixture
def account(at):
    return add_account(at.engine)


@pytest.fixture
def case(at, account):
    return at.cases.open_case(request_for(account), NOW).case


def token(account, case, purpose="portal", until=UNTIL):
    return LINKS.token(Pass(purpose=purpose, account=account, case=case, until=until))


def closed(at, token, purpose="portal", now=NOW):
    with pytest.raises(Closed) as no:
        visit_of(at, LINKS, token, purpose, now)
    return no.value


def test_a_link_shows_its_own_case_and_account(at, account, case):
    visit = visit_of(at, LINKS, token(account, case), "portal", NOW)
    assert (visit.case["id"], visit.facts.account.id, visit.until, visit.state) == (case, account, UNTIL, None)
    assert visit.stage is Stage.REQUESTED


def test_a_token_of_another_purpose_account_or_case_shows_nothing(at, account, case):
    other = add_account(at.engine)
    for wrong in (
        token(account, case, "package"),
        token(account, case, "opt_out"),
        token(other, case),
        token(account, f"{account}-2"),
        token(account, ""),
        "x.y.z",
    ):
        no = closed(at, wrong)
        assert (no.reason, no.facts, no.at) == ("unknown", None, None)
    assert closed(at, token(account, case), "opt_out").reason == "unknown"


def test_a_link_whose_time_is_up_says_since_when(at, account, case):
    no = closed(at, token(account, case), now=UNTIL)
    assert (no.reason, no.at) == ("link_expired", UNTIL)


def test_an_older_case_keeps_its_own_page_when_a_new_one_runs(at, account, case):
    record(at, account, case, Stage.WITHDRAWN, Mode.STOP, None, ended=True)
    newer = at.cases.open_case(request_for(account), NOW).case
    assert newer != case
    old = visit_of(at, LINKS, token(account, case), "portal", NOW)
    assert (old.case["id"], old.has_ended) == (case, True)


@pytest.mark.parametrize("stage", [Stage.REQUESTED, Stage.APPROVAL, Stage.REFUSED])
def test_messages_5_of_an_eject_for_cause_nobody_hears_before_it_is_approved(at, account, case, stage):
    record(at, account, case, stage, Mode.EJECT, Cause.FRAUD)
    assert closed(at, token(account, case)).reason == "unknown"


@pytest.mark.parametrize(
    "standing",
    [
        (Stage.FREEZE, Mode.EJECT, Cause.FRAUD),
        (Stage.APPROVAL, Mode.EJECT, Cause.CUSTOMER_DEMAND),
        (Stage.APPROVAL, Mode.STOP, None),
    ],
)
def test_an_approved_eject_and_every_exit_of_the_customers_own_is_shown(at, account, case, standing):
    record(at, account, case, *standing)
    assert visit_of(at, LINKS, token(account, case), "portal", NOW).stage is standing[0]


def test_the_portal_outlives_the_backups_and_the_opt_out_every_message():
    assert portal_until(NOW, UNTIL) == UNTIL + AFTER_THE_BACKUPS
    assert portal_until(NOW, None) == NOW + timedelta(days=400)
    assert opt_out_until(NOW) == NOW + timedelta(days=3650)


def record(at, account, case, stage, *way, ended=False):
    mode, cause = way
    about = {"case": case, "account": account, "stage": stage, "step": f"enter_{stage}"}
    at.cases.record(StageRecord(**about, mode=mode, cause=cause, ended=ended), NOW)
