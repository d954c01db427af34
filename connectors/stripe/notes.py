"""Credit notes: they reduce what is open, and say of the rest where it went. Source: DOMAIN money.3.

Source: https://docs.stripe.com/api/credit_notes/create: refunds, credit to the balance and what is paid outside of
Stripe must sum to the part beyond what was open.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from stripe import CreditNote, Invoice, Refund, StripeClient
from stripe.params import CreditNoteCreateParams, CreditNoteCreateParamsLine, CreditNoteCreateParamsRefund

from connectors.stripe.amounts import minor
from connectors.stripe.books import PAGE, SET_OFF
from connectors.stripe.marks import Line, Part, everything
from connectors.stripe.taxes import inclusive
from models.money import ZERO

CREDIT = "credit"


class GoesTo(NamedTuple):
    """Where the part of a credit note goes that the customer has paid: the rest of it goes to the balance.

    `missing` of our refunds were made `by_hand` in their place.
    """

    refunds: Sequence[Refund] = ()
    elsewhere: int = 0
    by_hand: Sequence[Refund] = ()
    missing: int = 0


def notes_of(client: StripeClient, invoice: str) -> list[CreditNote]:
    """All credit notes of an invoice."""
    return everything(client.v1.credit_notes.list({"invoice": invoice, "limit": PAGE}))


def issue(  # noqa: PLR0917  # the parts of one document
    client: StripeClient,
    invoice: Invoice,
    part: Part,
    credits_: Sequence[Line],
    stands_for: Sequence[Line],
    goes_to: GoesTo = GoesTo(),  # noqa: B008  # an immutable value
) -> None:
    """One credit note for these credits, once, without an e-mail; `stands_for` is all that it says of the settlement.

    If the customer has paid in the meantime, what that makes too much goes to the balance, and isn't lost.
    """
    total = -sum((minor(x.document.amount, x.document.currency) for x in credits_), 0)
    asked: CreditNoteCreateParams = {
        "invoice": invoice.id,
        "email_type": "none",
        "memo": credits_[0].document.description[:500],
        "metadata": part.mark(stands_for),
    }
    if invoice.automatic_tax and invoice.automatic_tax.enabled:
        asked["amount"] = total  # Stripe allows no line of one's own there
    else:
        asked["lines"] = [_line(client, x) for x in credits_]
    _send(asked, total - min(total, invoice.amount_remaining), goes_to)
    part.make(lambda: notes_of(client, invoice.id), lambda once: client.v1.credit_notes.create(asked, once))


def _send(asked: CreditNoteCreateParams, beyond: int, goes_to: GoesTo) -> None:
    linked = [*_linked(goes_to.refunds, beyond)]
    linked += _linked(goes_to.by_hand, min(goes_to.missing, beyond - _sum(linked)))
    left = beyond - _sum(linked)
    elsewhere = min(goes_to.elsewhere, left)
    if linked:
        asked["refunds"] = linked
    if elsewhere:
        asked["out_of_band_amount"] = elsewhere
    if left - elsewhere:
        asked["credit_amount"] = left - elsewhere


def _linked(refunds: Sequence[Refund], most: int) -> Iterator[CreditNoteCreateParamsRefund]:
    for refund in refunds:
        share = min(refund.amount, most)
        most -= share
        if share:
            yield {"refund": refund.id, "amount_refunded": share}


def _sum(linked: Sequence[CreditNoteCreateParamsRefund]) -> int:
    return sum(each["amount_refunded"] for each in linked)


def _line(client: StripeClient, line: Line) -> CreditNoteCreateParamsLine:
    """A set-off is a payment: it takes no tax back."""
    document = line.document
    made: CreditNoteCreateParamsLine = {
        "type": "custom_line_item",
        "description": document.description,
        "quantity": 1,
        "unit_amount": -minor(document.amount, document.currency),
    }
    rate = ZERO if document.kind == SET_OFF else Decimal(document.tax_rate)
    if rates := inclusive(client, rate):
        made["tax_rates"] = rates
    return made
