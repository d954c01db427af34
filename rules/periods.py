"""How long a period of the policy lasts, and which clause says so. Source: DOMAIN dates.2.

An `end` is exclusive: the midnight with which that day begins.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from models.account import Account
from models.policy import Period, Policy, Span
from rules import calendar
from rules.policy import in_force


class Ends(NamedTuple):
    """An end, and the clause that it follows from."""

    day: date
    clause: Period


class Terms(NamedTuple):
    """The policy as it stands for an account on the day of its request; `contracts` are the active ones' ids."""

    policy: Policy
    account: Account
    day: date
    contracts: tuple[str, ...] = ()

    def period(self, clauses: Sequence[Period], contract: str | None = None) -> Period:
        """The clause that applies; one for a single contract keeps to the bounds of its jurisdiction.

        Raises:
            NoClause: there is none.
        """
        found = in_force(clauses, self.day, self.account.jurisdiction, contract)
        if found.contract is None:
            return found
        law = in_force(clauses, self.day, self.account.jurisdiction)
        bounds = {"at_least": found.at_least or law.at_least, "at_most": found.at_most or law.at_most}
        return found.model_copy(update=bounds)

    def set_off_by(self, day: date, clauses: Sequence[Period]) -> Ends:
        """The end of a period that something on that day sets off, by the contract that gives the longest."""
        return self._longest(clauses, partial(set_off_by, day, country=self.account.country))

    def following(self, start: date, clauses: Sequence[Period]) -> Ends:
        """The end of a period that begins with a midnight, by the contract that gives the longest."""
        return self._longest(clauses, partial(following, start, country=self.account.country))

    def _longest(self, clauses: Sequence[Period], end_of: Callable[[Period], date]) -> Ends:
        applying: Iterable[Period] = [self.period(clauses, contract) for contract in self.contracts or (None,)]
        return max((Ends(end_of(clause), clause) for clause in applying), key=lambda ends: ends.day)


def set_off_by(day: date, period: Period, country: str) -> date:
    """The end of a period that something on that day sets off, in its bounds. Source: DOMAIN dates.1, dates.2."""
    return _bounded(lambda span: calendar.after_event(day, span, country), period, country)


def following(start: date, period: Period, country: str) -> date:
    """The end of a period that begins with a midnight, in its bounds. Source: DOMAIN dates.1, dates.2."""
    return _bounded(lambda span: calendar.from_midnight(start, span, country), period, country)


def _bounded(end_of: Callable[[Span], date], period: Period, country: str) -> date:
    end = calendar.end_of_unit(end_of(period), period.ends)
    if period.at_least is not None:
        end = max(end, end_of(period.at_least))
    if period.at_most is not None:
        end = min(end, end_of(period.at_most))
    return calendar.to_working_day(end, country) if period.to_working_day else end
