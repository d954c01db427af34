"""How much of a period paid in advance isn't used, and what a change in its midst comes to. Source: DOMAIN money.2."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from models.money import ZERO, Amount, InvoiceLine, InvoiceState, Rounding, SubscriptionState
from models.payload import Payload
from rules.billing_periods import first_free_day
from rules.rounding import rounded, split

_IN_ADVANCE = frozenset({"recurring", "discount"})


class Part(Payload):
    """What an invoice bills by one rate of tax: `amount` with its `tax`."""

    amount: Amount
    tax: Amount
    tax_rate: Amount


def parts(invoice: InvoiceState, kinds: frozenset[str] | None = None) -> list[Part]:
    """An invoice by rate of tax, lowest first: its lines of these kinds (None: all); without lines all is one part."""
    found: dict[Decimal, list[InvoiceLine]] = defaultdict(list)
    for line in invoice.lines:
        if kinds is None or line.kind in kinds:
            found[line.tax_rate].append(line)
    if not invoice.lines:
        return [Part(amount=invoice.total, tax=ZERO, tax_rate=ZERO)]
    return [
        Part(
            amount=sum((x.amount for x in found[rate]), ZERO),
            tax=sum((x.tax for x in found[rate]), ZERO),
            tax_rate=rate,
        )
        for rate in sorted(found)
    ]


def unused(invoice: InvoiceState, billing_end: datetime, timezone: str, method: Rounding = "half_up") -> list[Part]:
    """What a subscription invoice bills for days from `billing_end` on, each part rounded; others bill what was used.

    But for what was charged once the account had ended, and for nothing from before: all of it (DOMAIN money.9).

    Days are those of the customer's calendar, in `[service_start, service_end)`; a day that has begun is used. Usage
    and fees on the invoice are used whatever the day. What is used is the total less this, so the two add up, and each
    part's tax is split off it. No more is unused than was invoiced. Source: DOMAIN money.1–money.3, dates.1.
    """
    left, of_days = _days_left(invoice, billing_end, timezone)
    kinds = None if invoice.kind == "one_off" else _IN_ADVANCE
    found = parts(invoice, kinds) if left > 0 else []
    amounts = [rounded(part.amount * left / of_days, invoice.currency, method) for part in found]
    # A discount may stand at another rate than what it lowers, a goodwill beside what was paid ahead.
    whole = max(min(sum(amounts, ZERO), invoice.total), ZERO)
    shares = split(whole, [max(amount, ZERO) for amount in amounts], invoice.currency)
    return [taxed(share, part, invoice.currency) for share, part in zip(shares, found, strict=True) if share]


def taxed(amount: Decimal, like: Part, currency: str) -> Part:
    """An amount with the same share of tax as another, split so that both add up to it. Source: DOMAIN money.1."""
    tax = min(max(like.tax, ZERO), like.amount)
    return Part(amount=amount, tax=split(amount, (like.amount - tax, tax), currency)[1], tax_rate=like.tax_rate)


def _days_left(invoice: InvoiceState, billing_end: datetime, timezone: str) -> tuple[int, int]:
    if invoice.kind == "one_off" and min(invoice.issued_at, invoice.service_start or invoice.issued_at) >= billing_end:
        return 1, 1
    if invoice.kind != "subscription" or invoice.service_start is None or invoice.service_end is None:
        return 0, 0
    start, end = (x.astimezone(ZoneInfo(timezone)).date() for x in (invoice.service_start, invoice.service_end))
    days = (end - start).days
    return min((end - first_free_day(billing_end, timezone)).days, days), days


def change(
    subscription: SubscriptionState, price: Decimal, at: datetime, timezone: str, method: Rounding = "half_up"
) -> tuple[InvoiceLine, InvoiceLine]:
    """Another price or quantity in the midst of a period: the credit of the old one and the charge of the new one.

    `price` is the new one for all of the new quantity and a whole period, net. Both bill the days from `at` on, are
    rounded once, and bear the subscription's tax. Source: DOMAIN money.2.
    """
    zone = ZoneInfo(timezone)
    start, end = (x.astimezone(zone).date() for x in (subscription.period_start, subscription.period_end))
    left, days = min((end - first_free_day(at, timezone)).days, (end - start).days), (end - start).days

    def line(what: str, price: Decimal) -> InvoiceLine:
        net = rounded(price * (1 - subscription.discount) * max(left, 0) / days, subscription.currency, method)
        return InvoiceLine(
            kind="recurring",
            description=f"{what}: {subscription.description}",
            net=net,
            tax=rounded(net * subscription.tax_rate, subscription.currency, method),
            tax_rate=subscription.tax_rate,
        )

    return line("Unused days", -subscription.price), line("Remaining days", price)
