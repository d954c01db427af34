"""The final invoice: made as a draft, filled line by line, then issued; nobody is charged or written to by Stripe.

Source: DOMAIN money.4, money.7.
"""

from collections.abc import Sequence

from stripe import Invoice, StripeClient
from stripe.params import InvoiceItemCreateParams

from connectors.stripe import marks
from connectors.stripe.amounts import minor
from connectors.stripe.books import PAGE
from connectors.stripe.marks import Line, Part, everything
from connectors.stripe.taxes import inclusive
from models.money import FINAL

_PENDING = "ii_"


def bill(  # noqa: PLR0917  # whose, what, and why
    client: StripeClient, customer: str, name: str, charges: Sequence[Line], stands_for: Sequence[Line], key: str
) -> Invoice:
    """The invoice of these charges in one currency, once; when it's issued, the credit balance pays what it can."""
    currency = charges[0].document.currency
    part = Part(key, f"{name}:{currency}")
    known = everything(client.v1.invoices.list({"customer": customer, "limit": PAGE}))
    invoice = part.find(known) or client.v1.invoices.create(
        {
            "customer": customer,
            "currency": currency.lower(),
            "auto_advance": False,
            "collection_method": "charge_automatically",
            "pending_invoice_items_behavior": "exclude",
            "description": "Final invoice" if name == FINAL else charges[0].document.description,
            "metadata": part.mark(stands_for),
        },
        part.once(),
    )
    if invoice.status != "draft":
        return invoice
    _fill(client, customer, invoice, charges, key)
    return client.v1.invoices.finalize_invoice(invoice.id, {"auto_advance": False}, part.once(":issue"))


def _fill(client: StripeClient, customer: str, invoice: Invoice, charges: Sequence[Line], key: str) -> None:
    """Adds the lines that it lacks: items of Stripe's that it carries from now on, and ours."""
    lines = everything(client.v1.invoices.line_items.list(invoice.id, {"limit": PAGE}))
    for charge in charges:
        part = Part(key, f"line:{charge.number}")
        if part.find(lines) is None:
            pending = [name for name in charge.document.usage_ids if name.startswith(_PENDING)]
            if pending:
                _attach(client, invoice, pending, charge, part)
            else:
                _add(client, customer, invoice, charge, part)


def _attach(client: StripeClient, invoice: Invoice, pending: Sequence[str], charge: Line, part: Part) -> None:
    told = {**part.mark([charge]), marks.PENDING: "yes"}
    client.v1.invoices.add_lines(
        invoice.id, {"lines": [{"invoice_item": name, "metadata": told} for name in pending]}, part.once()
    )


def _add(client: StripeClient, customer: str, invoice: Invoice, charge: Line, part: Part) -> None:
    document = charge.document
    asked: InvoiceItemCreateParams = {
        "customer": customer,
        "invoice": invoice.id,
        "amount": minor(document.amount, document.currency),
        "currency": document.currency.lower(),
        "description": document.description,
        "discountable": False,
        "metadata": part.mark([charge]),
    }
    if rates := inclusive(client, document.tax_rate):
        asked["tax_rates"] = rates
    client.v1.invoice_items.create(asked, part.once())
