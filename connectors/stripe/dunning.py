"""Invoices that Stripe no longer collects by itself, and does again. Source: DOMAIN money.6."""

from stripe import StripeClient

from connectors.stripe import marks
from connectors.stripe.books import PAGE
from connectors.stripe.marks import everything, once
from connectors.stripe.past import is_past, past


def mute(client: StripeClient, customer: str, key: str) -> None:
    """No charge, retry or mail for what is open; a draft of Stripe's is issued, so that the statement can answer it."""
    for status in ("draft", "open"):
        for invoice in everything(client.v1.invoices.list({"customer": customer, "status": status, "limit": PAGE})):
            if is_past(invoice, key):
                continue
            if invoice.auto_advance:
                client.v1.invoices.update(invoice.id, {"auto_advance": False, "metadata": {marks.MUTED: key}})
            if invoice.status == "draft" and (invoice.auto_advance or marks.of(invoice).get(marks.MUTED) == key):
                issuing = once(key, f"issue:{invoice.id}")
                client.v1.invoices.finalize_invoice(invoice.id, {"auto_advance": False}, issuing)


def unmute(client: StripeClient, customer: str, key: str) -> None:
    """What the effect `key` muted and is still open is collected again."""
    for invoice in everything(client.v1.invoices.list({"customer": customer, "status": "open", "limit": PAGE})):
        if marks.of(invoice).get(marks.MUTED) == key:
            client.v1.invoices.update(
                invoice.id, {"auto_advance": True, "metadata": {**past(invoice, key), marks.MUTED: ""}}
            )
