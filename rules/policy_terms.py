"""Which clauses of the policy apply to an account, what they say, and why they apply. Source: DOMAIN dates.2."""

from collections.abc import Sequence
from datetime import date

from models.plan import AppliedClause
from models.policy import EVERYWHERE, ApprovalClause, Clause, EarlyTerminationClause, PauseClause, Period, Policy
from rules.policy import NoClause, covers, in_force, in_force_for_all
from rules.policy_words import in_words

OF_EACH_CONTRACT = (Period, EarlyTerminationClause, PauseClause)
"""Of these each contract may have its own; the other matters are one for the account as a whole."""


def clauses_of(policy: Policy) -> dict[str, tuple[Clause, ...]]:
    """The clauses by matter, in the order of the file's form."""
    values = {name: getattr(policy, name) for name in Policy.model_fields}
    return {name: value for name, value in values.items() if isinstance(value, tuple)}


def applied_terms(policy: Policy, day: date, jurisdiction: str, contracts: Sequence[str]) -> tuple[AppliedClause, ...]:
    """The clauses in force on a day, matter by matter: the contracts' own, then the one for all others.

    Of approvals all are told that may count: mode and worth decide among them.

    Raises:
        NoClause: the policy is silent on a matter.
    """
    return tuple(
        applied(matter, clause)
        for matter, clauses in clauses_of(policy).items()
        for clause in _applying(matter, clauses, day, jurisdiction, contracts)
    )


def because(term: AppliedClause, jurisdiction: str) -> str:
    """Why this clause and no other applies to an account of that jurisdiction."""
    since = f"in force since {term.valid_from}" + (f", until {term.valid_to}" if term.valid_to else "")
    if term.contract is not None:
        return f"for contract {term.contract}, {since}"
    if term.jurisdiction != EVERYWHERE:
        return f"for {term.jurisdiction}, {since}"
    silent = f"no clause for {jurisdiction}, so the default" if jurisdiction != EVERYWHERE else "the default"
    return f"{silent}, {since}"


def _applying(
    matter: str, clauses: Sequence[Clause], day: date, jurisdiction: str, contracts: Sequence[str]
) -> Sequence[Clause]:
    if any(isinstance(clause, ApprovalClause) for clause in clauses):
        named = {jurisdiction, EVERYWHERE}
        return [c for c in clauses if covers(c, day) and c.contract is None and c.jurisdiction in named]
    try:
        if any(isinstance(clause, OF_EACH_CONTRACT) for clause in clauses):
            found = [in_force(clauses, day, jurisdiction, contract) for contract in contracts or (None,)]
            return sorted(dict.fromkeys(found), key=lambda clause: clause.contract is None)
        return [in_force_for_all(clauses, day, jurisdiction, contracts)]
    except NoClause:
        raise NoClause(matter, jurisdiction, day) from None


def applied(matter: str, clause: Clause) -> AppliedClause:
    """The clause as a plan keeps it."""
    return AppliedClause(
        matter=matter,
        value=in_words(clause),
        **clause.model_dump(include={"rule", "citation", "jurisdiction", "contract", "valid_from", "valid_to"}),
    )
