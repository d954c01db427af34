"""Amounts: decimal, beside their currency. Source: DOMAIN money.1."""

from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer

from models.payload import Payload

FINAL = "final"  # stands for the final invoice of a currency until the billing system has made it

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

    `kind`: `subscription` (in advance), `usage`, `one_off` or `final`. `paid` is the part settled by payments, less
    what went back; `payments` what each of them still holds, newest first; `credited` the part settled without money:
    by credits, write-offs and handing over.
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
    credited: Amount = Decimal(0)
    payments: dict[str, Amount] = {}

    @property
    def due(self) -> Decimal:
        """What is open; negative if too much was paid."""
        return self.total - self.credited - self.paid


class UnbilledUsage(Payload):
    """Usage that no invoice carries yet, at the price of the contract; `usage_ids` are the records behind it."""

    description: str
    currency: str
    amount: Amount
    usage_ids: tuple[str, ...] = ()


class BillingState(Payload):
    """All that the money engine needs to know of an account at an instant.

    `credit` is what the customer has in credit with us, as a positive amount per currency.
    """

    invoices: tuple[InvoiceState, ...] = ()
    usage: tuple[UnbilledUsage, ...] = ()
    credit: dict[str, Amount] = {}


class Document(Payload):
    """What the billing system must make so that it agrees with a statement.

    `kind`: `charge` (a line of the final invoice, for `usage_ids`) `credit` `set_off` (paid money or credit balance
    that goes to another invoice: a pair that sums to zero) `refund` (to `payment_id`) `write_off` `handed_over`.
    `amount` is signed: it adds to what is due on `invoice_id` (`FINAL`: on the final invoice; None: it takes from the
    credit balance).
    """

    kind: str
    currency: str
    amount: Amount
    description: str
    invoice_id: str | None = None
    payment_id: str | None = None
    usage_ids: tuple[str, ...] = ()


class Settlement(Payload):
    """The statements, and the documents that make the billing system agree with them, in the order of making."""

    statements: tuple[Statement, ...]
    documents: tuple[Document, ...] = ()
