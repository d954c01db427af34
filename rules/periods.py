"""How long a period of the policy lasts, and which clause says so. Source: DOMAIN dates.2.

An `end` is exclusive: the midnight with which that day begins.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from typing import Literal, NamedTuple

from models.account import Account
from models.policy import Period, Policy, Span
from rules import calendar
from rules.policy import NoClause, in_force

Matter = Literal["notice", "transition", "late_usage", "retrieval", "backups"]


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

    def period(self, matter: Matter, contract: str | None = None) -> Period:
        """The clause that applies; one for a single contract keeps to the bounds of its jurisdiction.

        Raises:
            NoClause: there is none.
        """
        found = self._in_force(matter, contract)
        if found.contract is None:
            return found
        law = self._in_force(matter)
        bounds = {"at_least": found.at_least or law.at_least, "at_most": found.at_most or law.at_most}
        return found.model_copy(update=bounds)

    def set_off_by(self, day: date, matter: Matter) -> Ends:
        """The end of a period that something on that day sets off, by the contract that gives the longest."""
        return self._longest(matter, partial(set_off_by, day, account=self.account))

    def following(self, start: date, matter: Matter) -> Ends:
        """The end of a period that begins with a midnight, by the contract that gives the longest."""
        return self._longest(matter, partial(following, start, account=self.account))

    def _longest(self, matter: Matter, end_of: Callable[[Period], date]) -> Ends:
        applying: Iterable[Period] = [self.period(matter, contract) for contract in self.contracts or (None,)]
        return max((Ends(end_of(clause), clause) for clause in applying), key=lambda ends: ends.day)

    def _in_force(self, matter: Matter, contract: str | None = None) -> Period:
        clauses: Sequence[Period] = getattr(self.policy, matter)
        try:
            return in_force(clauses, self.day, self.account.jurisdiction, contract)
        except NoClause:
            raise NoClause(matter, self.account.jurisdiction, self.day) from None


def set_off_by(day: date, period: Period, account: Account) -> date:
    """The end of a period that something on that day sets off, in its bounds. Source: DOMAIN dates.1, dates.2."""
    reached = partial(calendar.after_event, day, country=account.country)
    return _ended(day + calendar.ONE_DAY, reached, period, account)


def following(start: date, period: Period, account: Account) -> date:
    """The end of a period that begins with a midnight, in its bounds. Source: DOMAIN dates.1, dates.2."""
    return _ended(start, partial(calendar.from_midnight, start, country=account.country), period, account)


def _ended(start: date, reached: Callable[[Span], date], period: Period, account: Account) -> date:
    """A day that the customer's zone left out is no day of theirs: the period lasts one more."""
    end = calendar.end_of_unit(reached(period), period.ends)
    if period.at_least is not None:
        end = max(end, reached(period.at_least))
    if period.at_most is not None:
        end = min(end, reached(period.at_most))
    end += calendar.days_left_out(start, end, account.timezone) * calendar.ONE_DAY
    return calendar.to_working_day(end, account.country) if period.to_working_day else end
