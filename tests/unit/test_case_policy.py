"""A running case keeps its policy version. Source: DOMAIN dates.2."""

from datetime import timedelta
from decimal import Decimal

import pytest

from activities.case_policy import policy_of
from activities.follow_ups import FollowUpActivities
from connectors.errors import NotFound
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from models.ledger import digest
from models.payload import EffectRequest
from tests.fakes.papers import AT, CASE, POLICY, plan
from tests.unit.own_database import NOW, asked, company, environment
from tests.unit.sample_exit_money import ExitMoney


@pytest.fixture
def store(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    yield SqlCaseStore(engine)
    engine.dispose()


def kept(store, version, days):
    """A plan that rests on a policy of that version, kept."""
    policy = POLICY.model_copy(update={"version": version})
    sha256 = digest(policy.model_dump(mode="json"))
    commitments = plan().commitments.model_copy(update={"policy": version, "policy_sha256": sha256})
    rests = plan().model_copy(update={"hash": f"sha256:{version}", "commitments": commitments})
    store.keep_policy(sha256, policy, AT)
    store.keep_plan(CASE, rests, AT + timedelta(days=days))
    return rests.hash


def test_dates_2_a_case_keeps_the_policy_of_its_plan_while_the_file_goes_on(store):
    first, second = kept(store, "2026-11", 0), kept(store, "2027-01", 1)
    assert policy_of(store, CASE, first).version == "2026-11"
    assert policy_of(store, CASE, second).version == "2027-01"
    assert policy_of(store, CASE).version == "2027-01", "the newest plan, where none is named"


def test_a_case_without_a_plan_or_a_plan_without_its_policy_is_told_apart(store):
    with pytest.raises(NotFound, match="no plan yet"):
        policy_of(store, CASE)
    store.keep_plan(CASE, plan(), AT)
    with pytest.raises(NotFound, match="no policy"):
        policy_of(store, CASE)
    with pytest.raises(NotFound, match="has no plan sha256:other"):
        policy_of(store, CASE, "sha256:other")


def test_dates_2_who_planned_by_the_first_policy_is_closed_and_written_to_by_the_first(tmp_path):
    second = changed("2027-01", thresholds={"JPY": Decimal(100_000)}, thanks_days=40)
    for engine, account in company(tmp_path):
        exit_ = ExitMoney(engine, account)
        closed = exit_.does(exit_.statement())
        assert closed.handed_over == {"JPY": Decimal(4000)}, "the first forgives 3,000 JPY, the second 100,000"
        exit_.store.keep_policy(digest(second.model_dump(mode="json")), second, NOW)
        planning = FollowUpActivities(directory=SqlDirectory(engine), store=exit_.store, outbox=SqlOutbox(engine))
        told = environment().run(planning.plan_follow_ups, asked(EffectRequest, account, "plan_follow_ups"))
        assert (told.touches[0].at.date() - NOW.date()).days < 40, "thanks after 4 days, not after 40"


def changed(version, *, thresholds, thanks_days):
    """The policy as its file reads once somebody has edited it."""
    write_off, cadence = POLICY.write_off[0], POLICY.cadence[0]
    later = {"thanks_days": thanks_days, "survey_reminder_days": thanks_days + 1}
    edited = {
        "version": version,
        "write_off": (write_off.model_copy(update={"thresholds": thresholds}),),
        "cadence": (cadence.model_copy(update=later),),
    }
    return POLICY.model_copy(update=edited)
