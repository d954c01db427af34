"""What a billing system may tell: money that can't be is refused, never settled. Source: DOMAIN money.1, money.3."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from models.money import FINAL, ZERO, BillingState, InvoiceState, SubscriptionState, UnbilledUsage
from rules.rounding import MoneyRefused, exponent, is_whole

_MEND = "mend it in the billing system"


def check(billing: BillingState) -> None:
    """Whether it can be settled.

    Raises:
        MoneyRefused: a currency is unknown, an invoice doesn't add up, usage is negative, or a period ends before it
            starts; it says which.
    """
    for currency, credit in billing.credit.items():
        _whole("the credit balance", currency, [credit])
    for invoice in billing.invoices:
        _invoice(invoice)
    for used in billing.usage:
        _usage(used)
    for subscription in billing.subscriptions:
        _subscription(subscription)
    _once([FINAL, *(invoice.invoice_id for invoice in billing.invoices)])


def _invoice(invoice: InvoiceState) -> None:
    name, lines = f"invoice {invoice.invoice_id}", invoice.lines
    in_lines = [amount for line in lines for amount in (line.net, line.tax)]
    _whole(name, invoice.currency, [invoice.total, invoice.paid, invoice.credited, *in_lines])
    if lines and sum(in_lines, ZERO) != invoice.total:
        raise MoneyRefused(f"{name}: its lines sum to {sum(in_lines, ZERO)}, its total is {invoice.total}", _MEND)
    if invoice.service_start and invoice.service_end and invoice.service_end < invoice.service_start:
        raise MoneyRefused(f"{name}: its period ends before it starts", _MEND)
    if invoice.total < 0 and invoice.due:
        raise MoneyRefused(f"{name}: it came to less than nothing, {invoice.total}", "move it to the credit balance")
    if invoice.due < 0 and invoice.credited > invoice.total:
        raise MoneyRefused(
            f"{name}: more was credited than the {invoice.total} it came to", "move the rest to the credit balance"
        )


def _usage(used: UnbilledUsage) -> None:
    exponent(used.currency)
    if used.amount < 0:
        raise MoneyRefused(f"usage {used.description!r} is negative: {used.amount}", "credit the invoice it was on")
    if not 0 <= used.tax <= used.amount:
        raise MoneyRefused(f"usage {used.description!r}: {used.tax} of {used.amount} can't be tax", _MEND)


def _subscription(s: SubscriptionState) -> None:
    name = f"subscription {s.subscription_id}"
    exponent(s.currency)
    if s.period_end <= s.period_start:
        raise MoneyRefused(f"{name}: its period ends before it starts", _MEND)
    if s.price < 0 or s.tax_rate < 0 or (s.minimum or ZERO) < 0:
        raise MoneyRefused(f"{name}: its price, tax rate or minimum is negative", _MEND)
    if not 0 <= s.discount <= 1:
        raise MoneyRefused(f"{name}: a discount of {s.discount} is no share", "say 0.2 for 20 %")


def _whole(name: str, currency: str, amounts: Iterable[Decimal]) -> None:
    for amount in amounts:
        if not is_whole(amount, currency):
            raise MoneyRefused(f"{name}: {amount} {currency} has more than {exponent(currency)} decimals", _MEND)


def _once(ids: Iterable[str]) -> None:
    twice = [invoice for invoice, times in Counter(ids).items() if times > 1]
    if twice:
        raise MoneyRefused(f"there are two invoices {twice[0]}", "give each an id of its own")
