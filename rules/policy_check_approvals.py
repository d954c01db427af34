"""Approvals that nobody could rely on. Source: CONTRACTS, Gates; DOMAIN modes.3."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from models.policy import EVERYWHERE, ApprovalClause, Policy
from models.vocabulary import Gate, Mode
from rules.policy import approvals_required
from rules.policy_found import Finding, Placed, placed
from rules.policy_words import in_words

EJECT_NEEDS = 2


def outnumbered(policy: Policy) -> Iterator[Finding]:
    """A clause that never counts, as a wider one always asks for as many."""
    approvals = placed(policy)["approvals"]
    for one in approvals:
        other = next((other for other in approvals if _never_counts(one, other)), None)
        if other is not None:
            what = f'it can\'t be reached: {other.name} ({other.whom}) asks for "{in_words(other.clause)}" anyway'
            yield Finding(where=str(one), what=what, fix="ask for more of them here, or take it out")


def too_few_to_eject(policy: Policy) -> Iterator[Finding]:
    """An eject needs a second approver, and never fewer than a stop. Source: DOMAIN modes.3."""
    for jurisdiction, day in _occasions(policy):
        stop, eject = (_needed(policy, mode, day, jurisdiction) for mode in (Mode.STOP, Mode.EJECT))
        where = f"approvals ({jurisdiction}, on {day})"
        if eject[Gate.PLAN] < EJECT_NEEDS:
            what = f"an eject needs {EJECT_NEEDS} for its plan, here {eject[Gate.PLAN]}"
            yield Finding(where=where, what=what, fix='write one with gate = "plan", mode = "eject", required = 2')
            return
        for gate in Gate:
            if eject[gate] < stop[gate]:
                what = f"an eject asks for fewer ({eject[gate]}) than a stop ({stop[gate]}) for the {gate}"
                yield Finding(where=where, what=what, fix=f'take mode = "stop" out, or ask for {stop[gate]} in both')
                return


def _needed(policy: Policy, mode: Mode, day: date, jurisdiction: str) -> dict[Gate, int]:
    """Of an account that is worth nothing a year."""
    return approvals_required(policy, mode, day, jurisdiction, (Decimal(-1), ""))


def _occasions(policy: Policy) -> Iterator[tuple[str, date]]:
    """Each jurisdiction on each day on which something begins or ends for it, once the default has begun."""
    clauses = [each.clause for each in placed(policy)["approvals"]]
    days = {day for clause in clauses for day in (clause.valid_from, clause.valid_to) if day is not None}
    first = min((clause.valid_from for clause in clauses if clause.jurisdiction == EVERYWHERE), default=date.max)
    names = sorted({EVERYWHERE, *(clause.jurisdiction for clause in clauses)})
    yield from ((name, day) for name in names for day in sorted(days) if day >= first)


def _never_counts(one: Placed, other: Placed) -> bool:
    """Whether the other one fits whenever this one does, all the time, and asks for as many."""
    a, b = one.clause, other.clause
    if not isinstance(a, ApprovalClause) or not isinstance(b, ApprovalClause) or a.contract or b.contract:
        return False
    longer = b.valid_from <= a.valid_from and (b.valid_to or date.max) >= (a.valid_to or date.max)
    wider = b.jurisdiction in {EVERYWHERE, a.jurisdiction} and b.mode in {None, a.mode} and _poorer(b, a)
    same = (a.jurisdiction, a.mode, a.yearly_value) == (b.jurisdiction, b.mode, b.yearly_value)
    return a.gate is b.gate and longer and wider and not same and b.required >= a.required


def _poorer(b: ApprovalClause, a: ApprovalClause) -> bool:
    """Whether b concerns every account that is worth enough for a."""
    if not b.yearly_value:
        return True
    within = a.yearly_value.items()
    return bool(a.yearly_value) and all(
        value >= b.yearly_value.get(name, Decimal("Infinity")) for name, value in within
    )
