"""Amounts: decimal, beside their currency. Source: DOMAIN money.1."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, PlainSerializer

from models.payload import Payload

FINAL = "final"  # stands for the final invoice of a currency until the billing system has made it

Amount = Annotated[Decimal, PlainSerializer(lambda d: format(d, "f"), return_type=str)]
Rounding = Literal["half_up", "half_even"]
ZERO = Decimal(0)


class StatementLine(Payload):
    """One line; charges and refunds are +, credits, payments and write-offs are −.

    `kind`: `charge` `credit` `payment` `refund` `write_off` `handed_over` `lapsed`. `tax` is the part of `amount` that
    is tax, by `tax_rate` (0.21 is 21 %); `reference` the invoice's id.
    """

    kind: str
    description: str
    amount: Amount
    reference: str = ""
    tax: Amount = ZERO
    tax_rate: Amount = ZERO


class Statement(Payload):
    """What is settled in one currency; `total` is the sum of the lines. Source: DOMAIN money.5."""

    currency: str
    lines: tuple[StatementLine, ...]
    total: Amount

    @property
    def closed(self) -> bool:
        """Whether it closes to zero."""
        return self.total == 0


class InvoiceLine(Payload):
    """One line of an invoice. `kind`: `recurring` `usage` `minimum` `discount` `fee` `other`.

    `net` is after rounding, `tax` the tax on it by `tax_rate`; a discount is negative.
    """

    kind: str
    description: str
    net: Amount
    tax: Amount = ZERO
    tax_rate: Amount = ZERO

    @property
    def amount(self) -> Decimal:
        """With tax."""
        return self.net + self.tax


class InvoiceState(Payload):
    """An invoice as the billing system holds it; `service` is the period it bills, half-open.

    `kind`: `subscription` (in advance), `usage`, `one_off` or `final`. `lines` sum to `total`; where the system keeps
    none, they are empty. `paid` is the part settled by payments, less what went back; `payments` what each of them
    still holds, newest first; `credited` the part settled without money: by credits, write-offs and handing over.
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
    credited: Amount = ZERO
    payments: dict[str, Amount] = {}
    lines: tuple[InvoiceLine, ...] = ()

    @property
    def due(self) -> Decimal:
        """What is open; negative if too much was paid."""
        return self.total - self.credited - self.paid


class UnbilledUsage(Payload):
    """Usage that no invoice carries yet, at the price of the contract; `usage_ids` are the records behind it.

    `amount` includes the `tax`.
    """

    description: str
    currency: str
    amount: Amount
    usage_ids: tuple[str, ...] = ()
    tax: Amount = ZERO
    tax_rate: Amount = ZERO


class SubscriptionState(Payload):
    """What is charged again and again, in advance of each period, until `ends_at`.

    `price` is for one whole `interval`, net, for all of the `quantity`; `discount` is the share that a coupon takes
    off. `[period_start, period_end)` is the last period that an invoice bills; the next one begins where it ends.
    `minimum` is the least that usage costs in an interval, net: what is missing is billed on top, for the time whose
    usage no invoice carries: since `usage_since` (None: since the running period began). `contract` is the agreement
    behind it, where the system knows.
    """

    subscription_id: str
    description: str
    currency: str
    interval: Literal["day", "week", "month", "year"]
    price: Amount
    period_start: AwareDatetime
    period_end: AwareDatetime
    quantity: Amount = Decimal(1)
    tax_rate: Amount = ZERO
    discount: Amount = ZERO
    minimum: Amount | None = None
    usage_since: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    contract: str | None = None


class BillingState(Payload):
    """All that the money engine needs to know of an account at an instant.

    `credit` is what the customer has in credit with us, prepaid balances among it, as a positive amount per currency.
    """

    invoices: tuple[InvoiceState, ...] = ()
    usage: tuple[UnbilledUsage, ...] = ()
    credit: dict[str, Amount] = {}
    subscriptions: tuple[SubscriptionState, ...] = ()


class Fee(Payload):
    """What leaving before the term's end costs, net; a line of the final invoice, on which `tax_rate` comes.

    Source: DOMAIN dates.3; CJEU C-43/19 (such a fee is taxed as the service would be).
    """

    contract: str
    currency: str
    amount: Amount
    description: str
    tax_rate: Amount = ZERO


class MoneyTerms(Payload):
    """What policy and plan say about the money of an exit, in force on its dates.

    `thresholds` per currency; `pay_out_credit`: a credit balance that no payment holds is paid out, else it lapses.
    """

    thresholds: dict[str, Amount] = {}
    rounding: Rounding = "half_up"
    pay_out_credit: bool = True
    fees: tuple[Fee, ...] = ()


class Document(Payload):
    """What the billing system must make so that it agrees with a statement.

    `kind`: `charge` (a line of the final invoice, for `usage_ids`) `credit` `set_off` (paid money or credit balance
    that goes to another invoice: a pair that sums to zero) `refund` (to `payment_id`) `write_off` `handed_over`
    `lapsed` (a credit balance that isn't paid out). `amount` is signed and includes the `tax`: it adds to what is due
    on `invoice_id` (`FINAL`: on the final invoice; None: it takes from the credit balance).
    """

    kind: str
    currency: str
    amount: Amount
    description: str
    invoice_id: str | None = None
    payment_id: str | None = None
    usage_ids: tuple[str, ...] = ()
    tax: Amount = ZERO
    tax_rate: Amount = ZERO


class Settlement(Payload):
    """The statements, and the documents that make the billing system agree with them, in the order of making."""

    statements: tuple[Statement, ...]
    documents: tuple[Document, ...] = ()


class Difference(Payload):
    """A line that the billing system holds otherwise than the statement: `found` None means not at all."""

    currency: str
    line: str
    expected: Amount
    found: Amount | None = None


class RefundState(Payload):
    """A refund as the provider tells of it; only `succeeded` is money that went back. Source: DOMAIN money.7."""

    refund_id: str
    currency: str
    amount: Amount
    status: Literal["pending", "succeeded", "failed"]
    description: str = ""


class LateCharge(Payload):
    """A charge that appeared after the account's billing had ended; `paid` is the part that was taken.

    Source: DOMAIN money.9.
    """

    charge_id: str
    currency: str
    amount: Amount
    paid: Amount
    at: AwareDatetime
    description: str
    payments: dict[str, Amount] = {}
