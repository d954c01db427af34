"""The invoices that fall due while an account is leaving. Source: DOMAIN money.2, money.4, dates.1."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from models.money import ZERO, BillingState, InvoiceLine, InvoiceState, Rounding, SubscriptionState
from rules.billing_check import check
from rules.billing_periods import calendar_of, first_free_day
from rules.rounding import rounded


def due(
    billing: BillingState, until: datetime, timezone: str, method: Rounding = "half_up"
) -> tuple[InvoiceState, ...]:
    """What will be invoiced before `until` and isn't yet, by time of issue: nothing bills a day from `until` on.

    Each subscription's next periods, in advance; the last one is cut where the subscription ends, or at `until`, and
    prorated. An invoice's id is `<subscription>-<YYYYMMDD of its start>` in the customer's zone, so that it is made
    once; what would come to nothing isn't made. Source: DOMAIN money.2, money.4, money.9.

    Raises:
        MoneyRefused: the billing system tells what can't be.
    """
    check(billing)
    known = {invoice.invoice_id for invoice in billing.invoices}
    made = [invoice for each in billing.subscriptions for invoice in _next(each, until, timezone, method)]
    new = (invoice for invoice in made if invoice.total and invoice.invoice_id not in known)
    return tuple(sorted(new, key=lambda invoice: (invoice.issued_at, invoice.invoice_id)))


def expected(billing: BillingState, until: datetime, timezone: str, method: Rounding = "half_up") -> BillingState:
    """The account as it will be at `until`, by what is known now: what falls due is invoiced and unpaid.

    Source: DOMAIN money.4.
    """
    new = due(billing, until, timezone, method)
    advanced = (_advanced(each, until, timezone) for each in billing.subscriptions)
    return billing.model_copy(
        update={"invoices": (*billing.invoices, *new), "subscriptions": tuple(advanced)},
    )


class _Billed(NamedTuple):
    """A period of a subscription, or what of it is billed: `days` over `of_days`."""

    start: datetime
    end: datetime
    days: int
    of_days: int


def _periods(s: SubscriptionState, until: datetime, timezone: str) -> Iterator[_Billed]:
    """Each next period, the last one cut."""
    zone, calendar, stop = ZoneInfo(timezone), calendar_of(s, timezone), _stop(s, until)
    start, n = s.period_end.astimezone(zone), calendar.around(s.period_end.astimezone(zone).date())
    while start < stop:
        begins, ends = calendar.start(n), calendar.start(n + 1)
        last = ends.date() if ends <= stop else min(first_free_day(stop, timezone), ends.date())
        days, of_days = (last - start.date()).days, (ends.date() - begins.date()).days
        yield _Billed(start, min(ends, stop.astimezone(zone)), days, of_days)
        start, n = ends, n + 1


def _stop(s: SubscriptionState, until: datetime) -> datetime:
    return until if s.ends_at is None else min(until, s.ends_at)


def _next(s: SubscriptionState, until: datetime, timezone: str, method: Rounding) -> Iterator[InvoiceState]:
    for period in _periods(s, until, timezone):
        lines = _lines(s, period, method)
        yield InvoiceState(
            invoice_id=f"{s.subscription_id}-{period.start:%Y%m%d}",
            kind="subscription",
            description=f"{s.description}, {period.start.date()} – {_last_day(period.end)}",
            currency=s.currency,
            total=sum((line.amount for line in lines), ZERO),
            paid=ZERO,
            issued_at=period.start,
            service_start=period.start,
            service_end=period.end,
            lines=lines,
        )


def _lines(s: SubscriptionState, period: _Billed, method: Rounding) -> tuple[InvoiceLine, ...]:
    """The price, and what a coupon takes off it, each rounded once; their tax is that of the sum.

    Source: DOMAIN money.1 (EN 16931-1: tax is computed on the sum of a rate's lines).
    """
    net = rounded(s.price * period.days / period.of_days, s.currency, method)
    off = -rounded(s.price * s.discount * period.days / period.of_days, s.currency, method)
    tax = rounded(net * s.tax_rate, s.currency, method)
    tax_of_both = rounded((net + off) * s.tax_rate, s.currency, method)
    price = InvoiceLine(kind="recurring", description=s.description, net=net, tax=tax, tax_rate=s.tax_rate)
    if not off:
        return (price,)
    coupon = f"Discount: {s.description}"
    return (
        price,
        InvoiceLine(kind="discount", description=coupon, net=off, tax=tax_of_both - tax, tax_rate=s.tax_rate),
    )


def _advanced(s: SubscriptionState, until: datetime, timezone: str) -> SubscriptionState:
    """With the last period that is invoiced then; the usage of all of them still isn't."""
    periods = list(_periods(s, until, timezone))
    if not periods:
        return s
    last, since = periods[-1], s.usage_since or s.period_start
    return s.model_copy(
        update={
            "period_start": last.start,
            "period_end": last.end,
            "ends_at": _stop(s, until),
            "usage_since": since,
        }
    )


def _last_day(end: datetime) -> date:
    """The clock may have skipped the midnight at which it ends."""
    return (end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(end.tzinfo).date()
