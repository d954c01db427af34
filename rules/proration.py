"""How much of a period paid in advance isn't used. Source: DOMAIN money.2."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from models.money import InvoiceState
from rules.rounding import rounded


def unused(invoice: InvoiceState, billing_end: datetime, timezone: str) -> Decimal:
    """The part of a subscription invoice that bills days from `billing_end` on, rounded; others bill what was used.

    Days are those of the customer's calendar, in `[service_start, service_end)`; a day that has begun is used.
    What is used is the total less this, so the two parts add up. Source: DOMAIN money.1, money.2, dates.1.
    """
    if invoice.kind != "subscription" or invoice.service_start is None or invoice.service_end is None:
        return Decimal(0)
    zone = ZoneInfo(timezone)
    start, end = (instant.astimezone(zone).date() for instant in (invoice.service_start, invoice.service_end))
    days = (end - start).days
    left = min((end - _first_free_day(billing_end, zone)).days, days)
    if left <= 0:
        return Decimal(0)
    return rounded(invoice.total * left / days, invoice.currency)


def _first_free_day(billing_end: datetime, zone: ZoneInfo) -> date:
    local = billing_end.astimezone(zone)
    return local.date() if local.time() == time.min else local.date() + timedelta(days=1)
