"""Which clause of the policy applies to whom, on which day. Source: DOMAIN dates.2."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeVar

from models.policy import EVERYWHERE, ApprovalClause, Clause, Policy
from models.vocabulary import Gate, Mode

C = TypeVar("C", bound=Clause)


class NoClause(Exception):
    """The policy is silent: `matter`, and the `day` that no clause covers. `farewell policy check` finds it first."""

    def __init__(self, matter: str, jurisdiction: str, day: date) -> None:
        """Keeps what was asked for."""
        super().__init__(f"no clause of {matter} applies to {jurisdiction} on {day}")
        self.matter, self.jurisdiction, self.day = matter, jurisdiction, day


def in_force(clauses: Sequence[C], day: date, jurisdiction: str, contract: str | None = None) -> C:
    """The one clause that applies on a day: the contract's, else the jurisdiction's, else the default.

    Raises:
        NoClause: there is none, a gap that `rules.policy_check` finds.
    """
    for found in (
        _those(clauses, day, lambda c: contract is not None and c.contract == contract),
        _those(clauses, day, lambda c: c.contract is None and c.jurisdiction == jurisdiction),
        _those(clauses, day, lambda c: c.contract is None and c.jurisdiction == EVERYWHERE),
    ):
        if found:
            return found[0]
    matter = type(clauses[0]).__name__ if clauses else "policy"
    raise NoClause(matter, jurisdiction, day)


class Belonging(Protocol):
    """A contract, whatever else is known of it."""

    @property
    def id(self) -> str:
        """Its own id."""
        ...

    @property
    def part_of(self) -> str | None:
        """The contract that it belongs to, which may be another account's."""
        ...


def speaks_for_all(contracts: Sequence[Belonging]) -> str | None:
    """The contract whose own clauses count for its account as a whole: the only main one; add-ons hold nobody."""
    ids = {contract.id for contract in contracts}
    mains = [contract.id for contract in contracts if contract.part_of not in ids]
    return mains[0] if len(mains) == 1 else None


def _those(clauses: Iterable[C], day: date, fits: Callable[[Clause], bool]) -> list[C]:
    return [clause for clause in clauses if covers(clause, day) and fits(clause)]


def covers(clause: Clause, day: date) -> bool:
    """Whether the day lies in `[valid_from, valid_to)`."""
    return clause.valid_from <= day and (clause.valid_to is None or day < clause.valid_to)


def approvals_required(
    policy: Policy, mode: Mode, day: date, jurisdiction: str, worth: tuple[Decimal, str]
) -> dict[Gate, int]:
    """How many must say yes at each gate, given mode and yearly value. Source: CONTRACTS, Gates; DOMAIN modes.3."""
    fit = [c for c in policy.approvals if covers(c, day) and _concerns(c, mode, jurisdiction, worth)]
    return {gate: max((c.required for c in fit if c.gate is gate), default=1) for gate in Gate}


def _concerns(clause: ApprovalClause, mode: Mode, jurisdiction: str, worth: tuple[Decimal, str]) -> bool:
    value, currency = worth
    if clause.contract is not None:  # an exit is approved for the whole account
        return False
    if clause.jurisdiction not in {jurisdiction, EVERYWHERE} or clause.mode not in {mode, None}:
        return False
    return not clause.yearly_value or value >= clause.yearly_value.get(currency, Decimal("Infinity"))
