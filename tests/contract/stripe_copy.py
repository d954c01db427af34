"""An account's money in the built-in books, put into Stripe as it would be there."""

from decimal import Decimal

from connectors.stripe.amounts import minor
from models.money import BillingState, InvoiceLine, InvoiceState
from tests.contract.stripe_books import StripeBooks, seconds


def copied(books: StripeBooks, state: BillingState) -> str:
    """A customer with these invoices, payments, unbilled usage and credit; its id."""
    account = books.add_account()
    for invoice in state.invoices:
        name = (
            _subscribed(books, account, invoice) if invoice.kind == "subscription" else _billed(books, account, invoice)
        )
        issued = seconds(invoice.issued_at)
        books.poke("invoice", name, created=issued, effective_at=issued, description=invoice.description)
        for amount in invoice.payments.values():
            books.take_late(account, name, str(amount), invoice.issued_at)
    for used in state.usage:
        about = {"tax_rate": str(used.tax_rate), "currency": used.currency}
        books.add_usage(account, str(used.amount - used.tax), books.period_start, **about)
    for currency, credit in state.credit.items():
        books.add_credit(account, str(credit), currency)
    return account


def _subscribed(books: StripeBooks, account: str, invoice: InvoiceState) -> str:
    """Charged in advance by a subscription of its own, and not paid yet."""
    net, rate = sum(line.net for line in invoice.lines), invoice.lines[0].tax_rate
    plan = books.add_plan(net, invoice.currency)
    made = books.client.v1.subscriptions.create(
        {
            "customer": account,
            "items": [{"plan": plan, "tax_rates": books.rates(str(rate))}],
            "backdate_start_date": seconds(invoice.service_start),
            "metadata": {"ends": str(seconds(invoice.service_end))},
        }
    )
    books.poke("invoice", str(made.latest_invoice), payment_intent="")
    return str(made.latest_invoice)


def _billed(books: StripeBooks, account: str, invoice: InvoiceState) -> str:
    v1, about = books.client.v1, {"customer": account, "currency": invoice.currency.lower()}
    made = v1.invoices.create({**about, "pending_invoice_items_behavior": "exclude"})
    for line in invoice.lines or [_whole(invoice)]:
        amount = {"amount": minor(line.net, invoice.currency), "tax_rates": books.rates(str(line.tax_rate))}
        v1.invoice_items.create({**about, **amount, "description": line.description, "invoice": made.id})
    v1.invoices.finalize_invoice(made.id)
    return made.id


def _whole(invoice: InvoiceState) -> InvoiceLine:
    return InvoiceLine(kind="other", description=invoice.description, net=Decimal(invoice.total))
