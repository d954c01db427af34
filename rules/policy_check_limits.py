"""Lengths and fees against the least and the most that the clause itself or the law of the place allows.

Source: DOMAIN dates.2, dates.3.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from models.money import ZERO
from models.policy import EVERYWHERE, EarlyTerminationClause, Period, Policy, Span
from models.vocabulary import PeriodEnd
from rules.calendar import end_of_unit, from_midnight
from rules.policy_found import Finding, Placed, every, is_default, placed, together
from rules.policy_words import in_words, percent, span_in_words

LEAP_CYCLE = range(2027, 2031)
ANYWHERE = ""
"""A country without holidays: its weekends are Saturday and Sunday."""


class Limit(NamedTuple):
    """The least or the most, and the clause that says so."""

    span: Span
    by: Placed
    most: bool

    @property
    def name(self) -> str:
        """`at_most = 2 months`."""
        return f"at_{'most' if self.most else 'least'} = {span_in_words(self.span)}"

    def __str__(self) -> str:
        """With the clause that says so."""
        return f"{self.name} of {self.by.name} ({self.by.whom})"

    def as_seen_by(self, each: Placed) -> str:
        """The same, from the clause's own side where it's its own."""
        return f"its {self.name}" if self.by == each else str(self)


def out_of_bounds(policy: Policy) -> Iterator[Finding]:
    """Lengths that are, from some day on, longer or shorter than a limit; the plan would cut them."""
    for each in every(policy):
        if isinstance(each.clause, Period):
            for limit in (*_limits(each), *_limits_of_law(each, policy)):
                if (day := _broken(each.clause, limit)) is not None:
                    length, longer = f"{span_in_words(each.clause)}{_ending(each.clause)}", _longer(limit)
                    what = f"{length} from {day} on is {longer} than {limit.as_seen_by(each)}"
                    yield Finding(where=str(each), what=what, fix=_keep_to(each, limit))


def loosened(policy: Policy) -> Iterator[Finding]:
    """Limits of a contract's clause that are wider than the law's, and limits that leave no length."""
    for each in every(policy):
        own = _limits(each)
        for one, law in ((mine, law) for mine in own for law in _limits_of_law(each, policy)):
            if one.most is law.most and _broken(_lasting(one.span, each), law) is not None:
                what = f"{one.name} goes beyond {law}"
                yield Finding(where=str(each), what=what, fix=_keep_to(each, law))
        for least, most in ((a, b) for a in own for b in own if b.most and not a.most):
            if _broken(_lasting(least.span, each), most) is not None:
                yield Finding(
                    where=str(each), what=f"no length is {least.name} and {most.name}", fix="correct one of them"
                )


def unlawful_fees(policy: Policy) -> Iterator[Finding]:
    """Fees for leaving early that a contract's clause allows, and the law of its place doesn't.

    What the default says is the house's own, so that a contract may say otherwise.
    """
    for each in every(policy):
        for law in (law for law in _law(each, policy) if not is_default(law)):
            mine, lawful = each.clause, law.clause
            if not isinstance(mine, EarlyTerminationClause) or not isinstance(lawful, EarlyTerminationClause):
                continue
            if _share(mine) > _share(lawful):
                what = f'{percent(_share(mine))} is more than {law.name} ({law.whom}) allows: "{in_words(lawful)}"'
                fix = "keep to it, or name the jurisdiction whose law the contract is under"
                yield Finding(where=str(each), what=what, fix=fix)


def _share(clause: EarlyTerminationClause) -> Decimal:
    return clause.at_most if clause.lawful else ZERO


def _limits(each: Placed) -> list[Limit]:
    clause = each.clause
    if not isinstance(clause, Period):
        return []
    named = ((clause.at_least, False), (clause.at_most, True))
    return [Limit(span, each, most) for span, most in named if span is not None]


def _limits_of_law(each: Placed, policy: Policy) -> list[Limit]:
    return [limit for law in _law(each, policy) for limit in _limits(law)]


def _law(each: Placed, policy: Policy) -> list[Placed]:
    """The clauses within which a contract's must keep: its jurisdiction's, or every one's where it names none."""
    if each.clause.contract is None:
        return []
    general = [c for c in placed(policy)[each.matter] if c.clause.contract is None and together(c, each)]
    if each.clause.jurisdiction == EVERYWHERE:
        return general
    own = [c for c in general if c.clause.jurisdiction == each.clause.jurisdiction]
    return own or [c for c in general if c.clause.jurisdiction == EVERYWHERE]


def _longer(limit: Limit) -> str:
    return "longer" if limit.most else "shorter"


def _keep_to(each: Placed, limit: Limit) -> str:
    if limit.by == each:
        return "correct the length or the limit"
    if each.clause.jurisdiction == EVERYWHERE and limit.by.clause.jurisdiction != EVERYWHERE:
        return "keep to it, or name the jurisdiction whose law the contract is under"
    return "keep to it"


def _ending(period: Period) -> str:
    return "" if period.ends is PeriodEnd.ANY_DAY else f" to the end of the {period.ends.replace('_', '-')}"


def _lasting(span: Span, like: Placed) -> Period:
    about = like.clause.model_dump(include={"rule", "citation", "valid_from"})
    return Period(**about, **span.model_dump(include=set(Span.model_fields)))


def _broken(length: Period, limit: Limit) -> date | None:
    """A day from which on it's longer, or shorter, than that."""
    for start in _starts():
        end = end_of_unit(from_midnight(start, length, ANYWHERE), length.ends)
        bound = from_midnight(start, limit.span, ANYWHERE)
        if (end > bound) if limit.most else (end < bound):
            return start
    return None


@cache
def _starts() -> Sequence[date]:
    """The days that matter: the months' first and last, and one between."""
    months = [(year, month) for year in LEAP_CYCLE for month in range(1, 13)]
    return [date(year, month, day) for year, month in months for day in (1, 15, monthrange(year, month)[1])]
