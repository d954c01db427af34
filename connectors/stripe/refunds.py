"""Refunds: looked up by our key first, then asked for with it. Source: DOMAIN money.3, money.7."""

from typing import Literal

from stripe import Refund, StripeClient
from stripe.params import RefundCreateParams

from connectors.stripe import marks
from connectors.stripe.amounts import major, minor
from connectors.stripe.books import GONE, refunds_of
from connectors.stripe.marks import Line, Part
from models.money import Document, RefundState

REFUND = "refund"


def send_back(client: StripeClient, line: Line, part: Part) -> Refund:
    """Refunds to the payment that the document names, and to no other; again finds the refund of before."""
    document, payment = line.document, line.document.payment_id or ""
    asked: RefundCreateParams = {
        "amount": minor(document.amount, document.currency),
        "metadata": part.mark([line]),
    }
    if payment.startswith("pi_"):
        asked["payment_intent"] = payment
    else:
        asked["charge"] = payment
    return part.make(lambda: refunds_of(client, payment), lambda once: client.v1.refunds.create(asked, once))


def told(refund: Refund) -> RefundState:
    """As Stripe tells of it: only `succeeded` is money that went back; what needs action is still pending."""
    status: Literal["pending", "succeeded", "failed"] = "pending"
    if refund.status == "succeeded":
        status = "succeeded"
    elif refund.status in GONE:
        status = "failed"
    documents = marks.documents(marks.of(refund), refund.currency, [REFUND])
    return RefundState(
        refund_id=refund.id,
        currency=refund.currency.upper(),
        amount=major(refund.amount, refund.currency),
        status=status,
        description=documents[0].description if documents else "",
    )


def as_document(refund: Refund, payment: str, invoice: str) -> Document:
    """What it came to, in the words of the settlement."""
    amount, currency = major(refund.amount, refund.currency), refund.currency.upper()
    known = marks.documents(marks.of(refund), currency, [REFUND])
    document = known[0] if known else Document(kind=REFUND, currency=currency, amount=amount, description=refund.id)
    return document.model_copy(update={"amount": amount, "invoice_id": invoice, "payment_id": payment})
