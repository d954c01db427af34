"""Amounts: decimal, beside their currency. Source: DOMAIN money.1."""

from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer

from models.payload import Payload

Amount = Annotated[Decimal, PlainSerializer(lambda d: format(d, "f"), return_type=str)]


class StatementLine(Payload):
    """One line; charges and refunds are +, credits, payments and write-offs are −.

    `kind`: `charge` `credit` `payment` `refund` `write_off` `handed_over`.
    """

    kind: str
    description: str
    amount: Amount
    reference: str = ""


class Statement(Payload):
    """What is settled in one currency; `total` is the sum of the lines. Source: DOMAIN money.5."""

    currency: str
    lines: tuple[StatementLine, ...]
    total: Amount

    @property
    def closed(self) -> bool:
        """Whether it closes to zero."""
        return self.total == 0


class InvoiceState(Payload):
    """An invoice as the billing system holds it; `service` is the period it bills, half-open.

    `kind`: `subscription` (in advance), `usage` or `one_off`. `paid` is the part settled by payments.
    """

    invoice_id: str
    kind: str
    description: str
    currency: str
    total: Amount
    paid: Amount
    issued_at: AwareDatetime
    service_start: AwareDatetime | None = None
    service_end: AwareDatetime | None = None
    payment_id: str | None = None


class UnbilledUsage(Payload):
    """Usage that no invoice carries yet, at the price of the contract."""

    description: str
    currency: str
    amount: Amount


class BillingState(Payload):
    """All that the money engine needs to know of an account at an instant.

    `credit` is what the customer has in credit with us, as a positive amount per currency.
    """

    invoices: tuple[InvoiceState, ...] = ()
    usage: tuple[UnbilledUsage, ...] = ()
    credit: dict[str, Amount] = {}


class Refund(Payload):
    """Money back, to the payment it came from. Source: DOMAIN money.3."""

    invoice_id: str
    payment_id: str
    currency: str
    amount: Amount


class Settlement(Payload):
    """The statements and the documents that make the billing system agree with them."""

    statements: tuple[Statement, ...]
    charges: tuple[StatementLine, ...] = ()
    credits: tuple[StatementLine, ...] = ()
    refunds: tuple[Refund, ...] = ()
    write_offs: tuple[StatementLine, ...] = ()
    handed_over: tuple[StatementLine, ...] = ()
