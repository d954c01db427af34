"""What the activities of the money know of a case: its zone, its terms, its settlement."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from activities.case_policy import policy_of
from connectors.ports.company import BillingSystem
from connectors.ports.own import CaseStore, Directory
from models.money import BillingState, MoneyTerms
from models.payload import EffectRequest
from rules.money_terms import money_terms
from rules.policy import NoClause
from rules.rounding import MoneyRefused


class CaseMoney:
    """The ports, and what follows from the plan that the case rests on."""

    def __init__(self, *, billing: BillingSystem, store: CaseStore, directory: Directory) -> None:
        """Takes the ports."""
        self._billing, self._store, self._directory = billing, store, directory

    def _timezone(self, request: EffectRequest) -> str:
        return self._directory.facts(request.account).account.timezone

    def _terms(self, request: EffectRequest, state: BillingState, plan_hash: str = "") -> MoneyTerms:
        """The terms of that plan, or of the newest, by the policy that it rests on. Source: DOMAIN dates.2."""
        policy = policy_of(self._store, request.case, plan_hash)
        plan = self._store.plan(request.case, plan_hash) if plan_hash else self._store.plans(request.case)[-1]
        return money_terms(plan.commitments, state, policy)


@contextmanager
def refused() -> Iterator[None]:
    """What the rules refuse parks the case with its cause and its fix: trying again changes nothing."""
    try:
        yield
    except MoneyRefused as no:
        raise ApplicationError(no.what, no.fix, type="MoneyRefused", non_retryable=True) from None
    except NoClause as silent:
        fix = "`farewell policy check` names the gap"
        raise ApplicationError(str(silent), fix, type="NoClause", non_retryable=True) from None
