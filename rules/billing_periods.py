"""The periods in which a subscription is charged, in the customer's calendar. Source: DOMAIN dates.1, money.2.

Days, not seconds: a day that has begun is used. A month keeps its day: 31 January, 28 February, 31 March.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from models.money import ZERO, SubscriptionState

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}
_MONTHS_A_YEAR = 12


class Calendar(NamedTuple):
    """The instants at which periods begin: every `interval` from `base` on and back, on the day `anchor` of a month."""

    base: datetime
    anchor: int
    interval: Literal["day", "week", "month", "year"]

    def start(self, n: int) -> datetime:
        """That of the n-th period after `base`, at its hour on the clock; where the clock skips it, when it goes on."""
        local = datetime.combine(self._day(n), self.base.timetz())
        return local.astimezone(UTC).astimezone(self.base.tzinfo)

    def around(self, day: date) -> int:
        """Which period the day lies in."""
        n = 0
        while self._day(n) > day:
            n -= 1
        while self._day(n + 1) <= day:
            n += 1
        return n

    def _day(self, n: int) -> date:
        if self.interval in _DAYS:
            return self.base.date() + timedelta(days=n * _DAYS[self.interval])
        return _months_on(self.base.date(), n * _MONTHS[self.interval], self.anchor)


def calendar_of(subscription: SubscriptionState, timezone: str) -> Calendar:
    """Periods go on from `period_end`; from `period_start`, where the last one was cut short by `ends_at`."""
    zone = ZoneInfo(timezone)
    start, end = (x.astimezone(zone) for x in (subscription.period_start, subscription.period_end))
    whole = Calendar(end, _anchor(start.date(), end.date()), subscription.interval)
    was_cut = subscription.ends_at is not None and subscription.ends_at <= subscription.period_end
    if was_cut and whole.start(-1).date() != start.date():
        return Calendar(start, start.day, subscription.interval)
    return whole


def for_days(amount: Decimal, subscription: SubscriptionState, start: date, end: date, timezone: str) -> Decimal:
    """What an amount per interval comes to in `[start, end)`, unrounded: by days over the days of each period.

    Source: DOMAIN money.2.
    """
    found = _overlaps(calendar_of(subscription, timezone), start, end)
    return sum((amount * days / of_days for days, of_days in found), ZERO)


def _overlaps(calendar: Calendar, start: date, end: date) -> Iterator[tuple[int, int]]:
    n = calendar.around(start)
    while (begins := calendar.start(n).date()) < end:
        ends = calendar.start(n + 1).date()
        if (days := (min(ends, end) - max(begins, start)).days) > 0:
            yield days, (ends - begins).days
        n += 1


def first_free_day(instant: datetime, timezone: str) -> date:
    """The first local day of which nothing has passed; some day begins at one. Source: DOMAIN dates.1."""
    zone = ZoneInfo(timezone)
    day = instant.astimezone(zone).date()
    begins = datetime.combine(day, time.min, zone)
    return day if instant.timestamp() <= begins.timestamp() else day + timedelta(days=1)


def _anchor(start: date, end: date) -> int:
    """The day of the month that periods keep; the end of a short month hides it."""
    is_last = end.day == monthrange(end.year, end.month)[1]
    return max(start.day, end.day) if is_last else end.day


def _months_on(day: date, months: int, anchor: int) -> date:
    year, month = divmod(day.year * _MONTHS_A_YEAR + day.month - 1 + months, _MONTHS_A_YEAR)
    return date(year, month + 1, min(anchor, monthrange(year, month + 1)[1]))
