"""All that the money engine must know of a customer. Source: DOMAIN money.3, money.4."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from stripe import Invoice, InvoiceItem, StripeClient

from connectors.errors import NotFound
from connectors.stripe.amounts import major
from connectors.stripe.books import PAGE, Books
from connectors.stripe.errors import SYSTEM
from connectors.stripe.invoices import InvoiceReader, in_short, share_of
from connectors.stripe.marks import everything
from connectors.stripe.subscriptions import standing, states
from models.money import ZERO, BillingState, UnbilledUsage


def state(client: StripeClient, customer: str, at: datetime) -> BillingState:
    """Invoices, pending invoice items from before `at` as unbilled usage, credit balance, subscriptions."""
    reader = InvoiceReader(client, books := Books(client, customer))
    return BillingState(
        invoices=tuple(reader.state(invoice) for invoice in books.invoices if is_charged(invoice)),
        usage=tuple(_usage(client, customer, at)),
        credit=credit(client, customer),
        subscriptions=tuple(each for found in standing(client, customer) for each in states(found)),
    )


def is_charged(invoice: Invoice) -> bool:
    """Whether it asks for money: it isn't void, and a draft that Stripe won't issue by itself isn't one yet."""
    return invoice.status != "void" and (invoice.status != "draft" or bool(invoice.auto_advance))


def credit(client: StripeClient, customer: str) -> dict[str, Decimal]:
    """What the customer has in credit, by currency; a balance that is owed is negative."""
    found = client.v1.customers.retrieve(customer, {"expand": ["invoice_credit_balance"]})
    if getattr(found, "deleted", False):
        raise NotFound(SYSTEM, f"customer {customer} was deleted", "correct the billing_id of the account")
    told = found.invoice_credit_balance.to_dict() if found.invoice_credit_balance else {}
    return {currency.upper(): major(-amount, currency) for currency, amount in sorted(told.items()) if amount}


def _usage(client: StripeClient, customer: str, at: datetime) -> Iterator[UnbilledUsage]:
    """Items that no invoice carries yet. Source: DOMAIN money.9 (nothing from `at` on)."""
    pending = everything(client.v1.invoice_items.list({"customer": customer, "pending": True, "limit": PAGE}))
    for item in sorted((x for x in pending if x.period.start < at.timestamp()), key=lambda x: (x.date, x.id)):
        amount, tax, rate = _taxed(item)
        yield UnbilledUsage(
            description=in_short(item.description or item.id),
            currency=item.currency.upper(),
            amount=amount + tax,
            usage_ids=(item.id,),
            tax=tax,
            tax_rate=rate,
        )


def _taxed(item: InvoiceItem) -> tuple[Decimal, Decimal, Decimal]:
    """Its net, the tax that Stripe will add to it, and the rate."""
    rate = sum((share_of(each) for each in item.tax_rates or [] if not each.inclusive), ZERO)
    net = major(item.amount, item.currency)
    unit = major(1, item.currency)
    return net, (net * rate / unit).quantize(Decimal(1), "ROUND_HALF_UP") * unit, rate
