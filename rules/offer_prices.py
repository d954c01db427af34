"""What an account pays today, again and again, and from when on another price could be charged.

Source: DOMAIN money.1, money.2.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.money import ZERO, BillingState, InvoiceState, Rounding, SubscriptionState
from rules.billing_check import check
from rules.billing_periods import Calendar, calendar_of
from rules.proration import unused
from rules.rounding import MoneyRefused, rounded

MONTHS = {"month": 1, "year": 12}


class Price(NamedTuple):
    """The recurring price of all that an account subscribes to, net of tax and of its coupons, a `per`.

    `lines` are its parts, each rounded once; `calendar` is that of their common periods. `has_minimum`: usage costs at
    least something, too.
    """

    currency: str
    per: str
    lines: tuple[Decimal, ...]
    calendar: Calendar
    has_minimum: bool

    @property
    def now(self) -> Decimal:
        """The total: the sum of its rounded lines. Source: DOMAIN money.1."""
        return sum(self.lines, ZERO)

    def less(self, percent: Decimal, method: Rounding) -> Decimal:
        """The same with so much off each line, rounded once a line."""
        return sum((line - rounded(line * percent / 100, self.currency, method) for line in self.lines), ZERO)

    def from_on(self, day: date) -> int:
        """Which period is the first that begins on that day or later: those before it are, or may be, invoiced."""
        n = self.calendar.around(day)
        return n if self.calendar.start(n).date() == day else n + 1


def price_of(billing: BillingState | None, until: datetime | None, zone: str, method: Rounding) -> Price | None:
    """What is charged again and again today; None where no single price could be said truly.

    That is so with several currencies, intervals or days of invoice, with none that is due, and where a subscription
    ends by itself before `until`, the end of the account's own.
    """
    found = _sound(billing)
    if not found or any(_ends_before(each, until) for each in found):
        return None
    first = found[0]
    calendars = {_beginning(each, zone) for each in found}
    if first.interval not in MONTHS or {(each.currency, each.interval) for each in found} != {
        (first.currency, first.interval)
    }:
        return None
    if len(calendars) != 1:
        return None
    lines = tuple(_line(each, method) for each in found)
    price = Price(
        first.currency, first.interval, lines, calendar_of(first, zone), any(each.minimum is not None for each in found)
    )
    return price if price.now > 0 else None


def refundable(
    billing: BillingState | None, end: datetime | None, zone: str, method: Rounding
) -> tuple[InvoiceState, Decimal] | None:
    """The newest invoice of a subscription, if it is paid, and what of it the exit wouldn't give back anyway.

    No more goes back than was paid, and of what is unpaid nothing. Source: DOMAIN money.3.
    """
    if end is None or billing is None or not _is_sound(billing):
        return None
    billed = [each for each in billing.invoices if each.kind == "subscription"]
    last = max(billed, key=lambda each: (each.issued_at, each.invoice_id), default=None)
    if last is None or last.due > 0 or last.paid <= 0:
        return None
    back = sum((part.amount for part in unused(last, end, zone, method)), ZERO)
    return last, max(last.paid - back, ZERO)


def _sound(billing: BillingState | None) -> tuple[SubscriptionState, ...]:
    if billing is None or not _is_sound(billing):
        return ()
    return tuple(each for each in billing.subscriptions if each.price > 0)


def _is_sound(billing: BillingState) -> bool:
    try:
        check(billing)
    except MoneyRefused:
        return False
    return True


def _ends_before(subscription: SubscriptionState, until: datetime | None) -> bool:
    """Its own end: the notice that we served for this exit ends it with the account, and staying takes that back."""
    return subscription.ends_at is not None and (until is None or subscription.ends_at < until)


def _line(subscription: SubscriptionState, method: Rounding) -> Decimal:
    full = rounded(subscription.price, subscription.currency, method)
    return full - rounded(subscription.price * subscription.discount, subscription.currency, method)


def _beginning(subscription: SubscriptionState, zone: str) -> tuple[date, int]:
    calendar = calendar_of(subscription, zone)
    return calendar.base.astimezone(ZoneInfo(zone)).date(), calendar.anchor
