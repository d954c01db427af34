"""The policy of a case: the one that its plan rests on, whatever the file says by now. Source: DOMAIN dates.2."""

from connectors.errors import NotFound
from connectors.ports.own import CaseStore
from models.policy import Policy


def policy_of(store: CaseStore, case: str, plan_hash: str = "") -> Policy:
    """The policy of that plan, or of the case's newest one, as it was when the plan was made.

    Raises:
        NotFound: the case has no such plan, or its policy isn't kept.
    """
    if plan_hash:
        return store.policy(store.plan(case, plan_hash).commitments.policy_sha256)
    plans = store.plans(case)
    if not plans:
        raise NotFound("cases", f"case {case} has no plan yet", "make one first")
    return store.policy(plans[-1].commitments.policy_sha256)
