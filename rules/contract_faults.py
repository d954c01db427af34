"""What of contracts can't be, so that no date follows from it: found at import, and again before a plan."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations

from models.account import Contract

MOST_DAYS, MOST_MONTHS = 3660, 120
"""Ten years: a longer notice or term is a slip of the pen."""
LAST_DAY = date(2999, 12, 31)
"""A term beyond it is somebody's way to write that there is none."""


def fault(contract: Contract, *, term_of_group: bool = False) -> str | None:
    """What is wrong with it, in words, or None; a group's term may be older than what an affiliate has agreed."""
    return next(_faults(contract, term_of_group=term_of_group), None)


def _faults(contract: Contract, *, term_of_group: bool) -> Iterator[str]:
    term, fee = contract.term_ends_on, contract.early_termination
    if term is not None and term < contract.started_on and not term_of_group:
        yield f"its term ends on {term}, before it starts on {contract.started_on}"
    if term is not None and term > LAST_DAY:
        yield f"its term ends on {term}: term_ends_on is empty where there is no term"
    if not 0 <= (contract.notice_days or 0) <= MOST_DAYS:
        yield f"notice_days is {contract.notice_days}: expected 0 to {MOST_DAYS}"
    if not 0 <= (contract.notice_months or 0) <= MOST_MONTHS:
        yield f"notice_months is {contract.notice_months}: expected 0 to {MOST_MONTHS}"
    if not 1 <= contract.renewal_months <= MOST_MONTHS:
        yield f"renewal_months is {contract.renewal_months}: expected 1 to {MOST_MONTHS}"
    if fee is not None and not 0 <= fee <= 1:
        yield f"early_termination is {fee:f}: expected a share, 0 to 1"


def main_of(contract: Contract, contracts: Sequence[Contract]) -> Contract | None:
    """The contract at the head of those that this one is part of, itself if of none; None where they go in a circle.

    One that is part of another account's contract stands for itself: an affiliate leaves alone.
    """
    by_id, passed = {each.id: each for each in contracts}, {contract.id}
    while contract.part_of in by_id:
        contract = by_id[contract.part_of]
        if contract.id in passed:
            return None
        passed.add(contract.id)
    return contract


def overlapping(contracts: Sequence[Contract]) -> tuple[Contract, Contract] | None:
    """Two of the same title that run at the same time: nobody can tell whose terms hold."""
    mains = [each for each in contracts if main_of(each, contracts) is each]
    twice = (pair for pair in combinations(mains, 2) if pair[0].title == pair[1].title and _overlap(*pair))
    return next(twice, None)


def _overlap(one: Contract, other: Contract) -> bool:
    first, second = sorted((one, other), key=lambda each: each.started_on)
    return first.renews or first.term_ends_on is None or second.started_on <= first.term_ends_on
