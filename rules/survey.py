"""The exit survey's quarters, and what of an answer is kept. Source: DOMAIN messages.6.

An answer knows a quarter and nothing nearer. Where fewer than `FEWEST` were asked in it, not even that: the quarter
would name them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone

from models.surveys import FEWEST
from rules.links import Links

NO_QUARTER = ""
"""The cohort of answers from quarters in which too few were asked."""
OPEN_QUARTERS = 2
"""For how many quarters after its own a survey may still be answered."""
_WEST, _EAST = timezone(timedelta(hours=-12)), timezone(timedelta(hours=14))
_MONTHS = 3
_QUARTERS = 4
_COHORT = re.compile(r"([0-9]{4})-Q([1-4])")
_GONE = "[…]"
# An address, a link, a number of seven digits or more: what leads to a person whatever is said around it.
_TRACES = re.compile(r"\S+@\S+|\b(?:https?://|www\.)\S+|\+?\d(?:[\s().\-/]{0,2}\d){6,}", re.IGNORECASE)
_SHAPING = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def cohort(day: date) -> str:
    """The quarter in which a goodbye is written, by the customer's calendar: `2026-Q4`."""
    return f"{day.year:04}-Q{(day.month - 1) // _MONTHS + 1}"


def open_until(cohort: str) -> datetime:
    """Until when the link of that quarter is good: two quarters after it ends, so all of it have the same link.

    Raises:
        ValueError: that is no quarter.
    """
    year, quarter = _read(cohort)
    return datetime.combine(_first_day(year, quarter + 1 + OPEN_QUARTERS), time(), UTC)


def survey_link(links: Links, day: date) -> str:
    """The address of the survey in a goodbye written that day; its reminder repeats the goodbye's."""
    asked = cohort(day)
    return links.to_survey(asked, open_until(asked))


def bounds(cohort: str) -> tuple[date, date]:
    """The quarter as `[first day, first day after)`; raises ValueError."""
    year, quarter = _read(cohort)
    return _first_day(year, quarter), _first_day(year, quarter + 1)


def cohorts(begin: date, end: date) -> tuple[str, ...]:
    """The quarters that lie wholly within `[begin, end)`: of a part of one, nobody knows who answered in it."""
    return tuple(each for each in _touched(begin, end) if begin <= bounds(each)[0] and bounds(each)[1] <= end)


def surely_within(cohort: str) -> tuple[datetime, datetime]:
    """The instants `[begin, end)` that are of this quarter wherever the customer is; raises ValueError."""
    first, after = bounds(cohort)
    return datetime.combine(first, time(), _WEST), datetime.combine(after, time(), _EAST)


def crowd(asked_on: Iterable[date]) -> int:
    """Among how many one is hidden whose answer bears no quarter: all who were asked where few were."""
    return sum(count for count in Counter(map(cohort, asked_on)).values() if count < FEWEST)


def kept_as(cohort: str, asked: int) -> str:
    """Under which quarter an answer is kept, if so many were asked in it."""
    return cohort if asked >= FEWEST else NO_QUARTER


def without_traces(comment: str) -> str | None:
    """What somebody wrote, on one line, without what would lead to them; None if nothing is left."""
    flat = _SHAPING.sub(" ", comment).strip()
    return _TRACES.sub(_GONE, flat) or None


def _touched(begin: date, end: date) -> Iterator[str]:
    day = begin
    while day < end:
        yield cohort(day)
        day = bounds(cohort(day))[1]


def _read(cohort: str) -> tuple[int, int]:
    found = _COHORT.fullmatch(cohort)
    if found is None:
        raise ValueError(f"{cohort!r} is no quarter")
    return int(found[1]), int(found[2])


def _first_day(year: int, quarter: int) -> date:
    """Of a quarter that may be the fifth or later, counted from that year."""
    later, which = divmod(quarter - 1, _QUARTERS)
    return date(year + later, which * _MONTHS + 1, 1)
