"""A running case keeps its policy version. Source: DOMAIN dates.2."""

from datetime import timedelta

import pytest

from activities.terms import policy_of
from connectors.errors import NotFound
from connectors.store.cases import SqlCaseStore
from connectors.store.engine import migrate, open_engine
from models.ledger import digest
from tests.fakes.papers import AT, CASE, POLICY, plan


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
