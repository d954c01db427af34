"""Which clauses of the policy apply to an account, what they say, and why they apply. Source: DOMAIN dates.2."""

from collections.abc import Sequence
from datetime import date

from models.plan import AppliedClause
from models.policy import (
    EVERYWHERE,
    ApprovalClause,
    Clause,
    EarlyTerminationClause,
    OfferClause,
    PauseClause,
    Period,
    Policy,
    StakeholderClause,
)
from rules.policy import C, NoClause, covers, in_force
from rules.policy_words import in_words

OF_EACH_CONTRACT = (Period, EarlyTerminationClause, PauseClause)
"""Of these each contract may have its own; the other matters are one for the account as a whole, approvals nobody's."""

SEVERAL = (OfferClause, StakeholderClause)
"""Of these several clauses stand beside each other: the first that fits counts, or each for its own team."""
MAY_BE_SILENT = frozenset({"offer", "stakeholder", "hold_notice"})
"""No plan rests on these matters: where the policy says nothing, nothing is offered, asked of a team, or told."""


def clauses_of(policy: Policy) -> dict[str, tuple[Clause, ...]]:
    """The clauses by matter, in the order of the file's form."""
    values = {name: getattr(policy, name) for name in Policy.model_fields}
    return {name: value for name, value in values.items() if isinstance(value, tuple)}


def applied_terms(
    policy: Policy, day: date, jurisdiction: str, contracts: Sequence[str], main: str | None = None
) -> tuple[AppliedClause, ...]:
    """The clauses in force on a day, matter by matter: the contracts' own, then the one for all others.

    `main` is the contract that speaks for the account as a whole, where one does (`rules.policy.speaks_for_all`). Of
    approvals all are told that may count: mode and worth decide among them.

    Raises:
        NoClause: the policy is silent on a matter.
    """
    return tuple(
        applied(matter, clause)
        for matter, clauses in clauses_of(policy).items()
        if matter not in MAY_BE_SILENT
        for clause in _applying(matter, clauses, day, jurisdiction, contracts if _of_each(clauses) else (main,))
    )


def applying(clauses: Sequence[C], day: date, jurisdiction: str, main: str | None = None) -> tuple[C, ...]:
    """Those of several that are in force for an account: its contract's, then its jurisdiction's, then the default's.

    `main` is the contract that speaks for the account as a whole (`rules.policy.speaks_for_all`).
    """
    covering = [clause for clause in clauses if covers(clause, day)]
    own = [clause for clause in covering if main is not None and clause.contract == main]
    local = [c for c in covering if c.contract is None and c.jurisdiction == jurisdiction != EVERYWHERE]
    return (*own, *local, *(c for c in covering if c.contract is None and c.jurisdiction == EVERYWHERE))


def because(term: AppliedClause, jurisdiction: str) -> str:
    """Why this clause and no other applies to an account of that jurisdiction."""
    since = f"in force since {term.valid_from}" + (f", until {term.valid_to}" if term.valid_to else "")
    if term.contract is not None:
        return f"for contract {term.contract}, {since}"
    if term.jurisdiction != EVERYWHERE:
        return f"for {term.jurisdiction}, {since}"
    silent = f"no clause for {jurisdiction}, so the default" if jurisdiction != EVERYWHERE else "the default"
    return f"{silent}, {since}"


def _of_each(clauses: Sequence[Clause]) -> bool:
    return any(isinstance(clause, OF_EACH_CONTRACT) for clause in clauses)


def _applying(
    matter: str, clauses: Sequence[Clause], day: date, jurisdiction: str, contracts: Sequence[str | None]
) -> Sequence[Clause]:
    if any(isinstance(clause, ApprovalClause) for clause in clauses):
        named = {jurisdiction, EVERYWHERE}
        return [c for c in clauses if covers(c, day) and c.contract is None and c.jurisdiction in named]
    try:
        found = [in_force(clauses, day, jurisdiction, contract) for contract in contracts or (None,)]
    except NoClause:
        raise NoClause(matter, jurisdiction, day) from None
    return sorted((clause for n, clause in enumerate(found) if clause not in found[:n]), key=_is_for_all)


def _is_for_all(clause: Clause) -> bool:
    return clause.contract is None


def applied(matter: str, clause: Clause) -> AppliedClause:
    """The clause as a plan keeps it."""
    return AppliedClause(
        matter=matter,
        value=in_words(clause),
        **clause.model_dump(include={"rule", "citation", "jurisdiction", "contract", "valid_from", "valid_to"}),
    )
