"""Days of a customer's calendar: months, working days, and the units in which periods end. Source: DOMAIN dates.1.

Pure given the library's calendars, which change with its version: so this runs in an activity, never in a workflow.
An `end` is exclusive: the midnight with which that day begins.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from holidays import HolidayBase

from models.policy import Span
from models.vocabulary import PeriodEnd

ONE_DAY = timedelta(days=1)
_MONTHS_A_YEAR = 12
_MONTHS = {PeriodEnd.MONTH: 1, PeriodEnd.QUARTER: 3, PeriodEnd.HALF_YEAR: 6, PeriodEnd.YEAR: 12}


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local day; where the clock jumps over midnight, the first one that exists."""
    tz = ZoneInfo(zone)
    naive = datetime(day.year, day.month, day.day, tzinfo=tz)
    return naive.astimezone(UTC).astimezone(tz)


def days_left_out(start: date, end: date, zone: str) -> int:
    """How many days of `[start, end)` a zone has left out, as Apia did with 30 December 2011. Source: TRUST 19."""
    lived = midnight(end, zone).astimezone(UTC) - midnight(start, zone).astimezone(UTC)
    return max(0, round((end - start - lived) / ONE_DAY))


def months_after(day: date, months: int) -> date:
    """The same day so many months on, or the last one of a month that has no such day. Source: TRUST 19."""
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 + months, _MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add(day: date, span: Span, country: str) -> date:
    """Months first, then days, then working days: 31 January and one month are the last of February."""
    reached = months_after(day, span.months) + timedelta(days=span.days)
    for _ in range(span.working_days):
        reached = working_day_from(reached + ONE_DAY, country)
    return reached


def after_event(day: date, span: Span, country: str) -> date:
    """The end of a period that something on that day sets off; the day itself does not count.

    Source: Regulation (EEC, Euratom) 1182/71, Art. 3(1) and (2).
    """
    return add(day, span, country) + ONE_DAY


def from_midnight(start: date, span: Span, country: str) -> date:
    """The end of a period that begins with the midnight of `start`, where another one ended."""
    reached = add(start, Span(months=span.months, days=span.days), country)
    if not span.working_days:
        return reached
    return after_event(reached - ONE_DAY, Span(working_days=span.working_days), country)


def end_of_unit(end: date, unit: PeriodEnd) -> date:
    """The end of the month, quarter, half-year or year in which a period would end; `end` itself for any other."""
    months = _MONTHS.get(unit)
    if months is None:
        return end
    last = end - ONE_DAY
    first_month = (last.month - 1) // months * months + 1
    return months_after(date(last.year, first_month, 1), months)


def to_working_day(end: date, country: str) -> date:
    """Where the last day of a period is a weekend day or holiday, the end of the next working day.

    Source: Regulation (EEC, Euratom) 1182/71, Art. 3(4).
    """
    return working_day_from(end - ONE_DAY, country) + ONE_DAY


def working_day_from(day: date, country: str) -> date:
    """The day itself if people work on it, else the next one on which they do."""
    while not is_working_day(day, country):
        day += ONE_DAY
    return day


def is_working_day(day: date, country: str) -> bool:
    """Whether it's neither a weekend day nor a public holiday there (ISO 3166)."""
    weekend, free = _year(country, day.year)
    return day.weekday() not in weekend and day not in free


@cache
def _year(country: str, year: int) -> tuple[frozenset[int], frozenset[date]]:
    """Weekend days and holidays of a year: computed whole, for the library's own calendars grow while they are read."""
    try:
        calendar = holidays.country_holidays(country, years=year, expand=False)
    except NotImplementedError:  # a country the library doesn't know: its weekends are still Saturday and Sunday
        calendar = HolidayBase()
    return frozenset(calendar.weekend), frozenset(calendar)
