"""The final invoice: what no invoice carries yet. Source: DOMAIN money.1, money.4, dates.3."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from models.money import (
    FINAL,
    ZERO,
    BillingState,
    Document,
    Fee,
    MoneyTerms,
    Rounding,
    SubscriptionState,
    UnbilledUsage,
)
from rules.billing_periods import calendar_of, first_free_day, for_days
from rules.invoicing import Item, as_line
from rules.rounding import rounded, split

_DAY = timedelta(days=1)


def final_invoice(
    billing: BillingState, currency: str, billing_end: datetime, terms: MoneyTerms, timezone: str
) -> list[Item]:
    """Usage, what it lacks to its minimum, and the fees of leaving early; each line is rounded once.

    Where a final invoice was made since, it holds minimum and fees: usage that came still later comes alone.
    Source: DOMAIN money.1, money.4.
    """
    usage = sorted(
        (used for used in billing.usage if used.currency == currency),
        key=lambda used: (used.description, used.amount, used.usage_ids),
    )
    charges = [_used(used, terms.rounding) for used in usage]
    if not _made_since(billing, currency, billing_end):
        fees = sorted((fee for fee in terms.fees if fee.currency == currency), key=lambda fee: fee.description)
        on_top = [
            *_minimums(billing, currency, billing_end, terms.rounding, timezone),
            *(_fee(fee, terms.rounding) for fee in fees),
        ]
        charges += [charge for charge in on_top if charge.amount]
    return [_item(currency, charges)] if charges else []


def _made_since(billing: BillingState, currency: str, billing_end: datetime) -> bool:
    finals = (x for x in billing.invoices if x.kind == FINAL and x.currency == currency)
    return any(invoice.issued_at >= billing_end for invoice in finals)


def _item(currency: str, charges: list[Document]) -> Item:
    return Item(
        invoice_id=FINAL,
        currency=currency,
        description="Final invoice",
        due=sum((charge.amount for charge in charges), ZERO),
        lines=tuple(as_line(charge) for charge in charges),
        documents=tuple(charges),
    )


def _used(used: UnbilledUsage, method: Rounding) -> Document:
    amount = rounded(used.amount, used.currency, method)
    tax = split(amount, (used.amount - used.tax, used.tax), used.currency)[1] if used.amount else ZERO
    return Document(
        kind="charge",
        currency=used.currency,
        amount=amount,
        description=used.description,
        invoice_id=FINAL,
        usage_ids=used.usage_ids,
        tax=tax,
        tax_rate=used.tax_rate,
    )


def _minimums(
    billing: BillingState, currency: str, billing_end: datetime, method: Rounding, timezone: str
) -> Iterator[Document]:
    """What usage lacks to the minimum of its time, by subscription; a cut period has its days' part of it.

    Usage doesn't say whose it is, nor of which period: all of it counts together, which is never to the customer's
    cost. A subscription that begins only later has none. Source: DOMAIN money.2.
    """
    covered = sum((used.amount - used.tax for used in billing.usage if used.currency == currency), ZERO)
    begun = (each for each in billing.subscriptions if (each.usage_since or each.period_start) < billing_end)
    mine = (each for each in begun if each.currency == currency and each.minimum)
    for subscription in sorted(mine, key=lambda each: each.subscription_id):
        start, end = _time_of_usage(subscription, billing_end, timezone)
        least = for_days(subscription.minimum or ZERO, subscription, start, end, timezone)
        missing = max(least - covered, ZERO)
        covered -= least - missing
        description = f"Minimum: {subscription.description}, {start} – {end - _DAY}"
        yield _on_top(description, missing, currency, subscription.tax_rate, method)


def _time_of_usage(s: SubscriptionState, billing_end: datetime, timezone: str) -> tuple[date, date]:
    """The days whose usage isn't billed: those of the running period, where the system doesn't say since when."""
    last = first_free_day(billing_end, timezone) - _DAY
    calendar = calendar_of(s, timezone)
    since = s.usage_since or calendar.start(calendar.around(last))
    ends_at = billing_end if s.ends_at is None else min(billing_end, s.ends_at)
    return since.astimezone(ZoneInfo(timezone)).date(), first_free_day(ends_at, timezone)


def _fee(fee: Fee, method: Rounding) -> Document:
    return _on_top(fee.description, fee.amount, fee.currency, fee.tax_rate, method)


def _on_top(description: str, net: Decimal, currency: str, tax_rate: Decimal, method: Rounding) -> Document:
    net = rounded(net, currency, method)
    tax = rounded(net * tax_rate, currency, method)
    return Document(
        kind="charge",
        currency=currency,
        amount=net + tax,
        description=description,
        invoice_id=FINAL,
        tax=tax,
        tax_rate=tax_rate,
    )
