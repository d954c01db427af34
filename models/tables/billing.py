"""The built-in billing system. Amounts are decimals beside their currency. Source: DOMAIN money."""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Field

from models.tables.form import Row, aware, money, number
from models.tables.personal import OfCustomer

_NONE = Decimal(0)


class SubscriptionRow(OfCustomer, table=True):
    """What is charged again and again, in advance; `price` is net, for one `interval` and all of the `quantity`.

    `period_*` is the last period that an invoice bills; usage is billed until `usage_since`. What we order of its
    charges is in `charge_order`: an order taken back leaves nothing here.
    """

    __tablename__ = "subscription"
    __personal__ = ("description",)
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    contract: str | None = None
    description: str
    currency: str
    interval: str
    price: Decimal = Field(sa_column=money())
    quantity: Decimal = Field(default=Decimal(1), sa_column=number())
    tax_rate: Decimal = Field(default=_NONE, sa_column=number())
    discount: Decimal = Field(default=_NONE, sa_column=number())
    minimum: Decimal | None = Field(default=None, sa_column=money(nullable=True))
    period_start: datetime = Field(sa_column=aware())
    period_end: datetime = Field(sa_column=aware())
    usage_since: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    ends_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))


class ChargeOrderRow(Row, table=True):
    """What an effect of ours ordered of the account's charges. `kind`: `stop_renewal` `freeze` `suspend`.

    Nothing is charged from `at` on, until the order is taken back at `ended_at`; `id` is the effect's idempotency key.
    """

    __tablename__ = "charge_order"
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    kind: str
    at: datetime = Field(sa_column=aware())
    made_at: datetime = Field(sa_column=aware())
    ended_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))


class InvoiceRow(OfCustomer, table=True):
    """An invoice. `kind`: `subscription` `usage` `one_off` `final`; `service_*` is what it bills, half-open.

    `made_by` is ours: the effect's idempotency key and what it made.
    """

    __tablename__ = "invoice"
    __personal__ = ("description",)
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    number: str
    kind: str
    description: str
    currency: str
    total: Decimal = Field(sa_column=money())
    issued_at: datetime = Field(sa_column=aware())
    due_at: datetime = Field(sa_column=aware())
    service_start: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    service_end: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    made_by: str | None = Field(default=None, unique=True)


class InvoiceLineRow(OfCustomer, table=True):
    """One line of an invoice, in the order of `position`; `net` is after rounding."""

    __tablename__ = "invoice_line"
    __personal__ = ("description",)
    invoice: str = Field(primary_key=True, foreign_key="invoice.id")
    account: str = Field(foreign_key="account.id", index=True)
    position: int = Field(primary_key=True)
    kind: str
    description: str
    net: Decimal = Field(sa_column=money())
    tax: Decimal = Field(default=_NONE, sa_column=money())
    tax_rate: Decimal = Field(default=_NONE, sa_column=number())


class PaymentRow(Row, table=True):
    """Money that came in for an invoice."""

    __tablename__ = "payment"
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    invoice: str = Field(foreign_key="invoice.id", index=True)
    currency: str
    amount: Decimal = Field(sa_column=money())
    paid_at: datetime = Field(sa_column=aware())


class CounterDocumentRow(OfCustomer, table=True):
    """What answers an invoice or undoes one: the kinds of `models.money.Document`, and `reversal`.

    `amount` is signed: it adds to what is due on `invoice`, or, without one, takes from the credit balance.
    A reversal's id is that of the document it undoes + `-reversed`. `status` is that of a refund, as the bank tells.

    `made_by` (the effect's idempotency key and line) is unique, so no retry pays twice. Source: DOMAIN money.7.
    """

    __tablename__ = "counter_document"
    __personal__ = ("description",)
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    kind: str
    description: str
    currency: str
    amount: Decimal = Field(sa_column=money())
    tax: Decimal = Field(default=_NONE, sa_column=money())
    tax_rate: Decimal = Field(default=_NONE, sa_column=number())
    invoice: str | None = Field(default=None, foreign_key="invoice.id")
    payment: str | None = Field(default=None, foreign_key="payment.id")
    status: str = "succeeded"
    made_at: datetime = Field(sa_column=aware())
    made_by: str = Field(unique=True)


class UsageRow(OfCustomer, table=True):
    """Usage, priced with its tax; `invoice` once it's billed."""

    __tablename__ = "usage"
    __personal__ = ("description",)
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    description: str
    currency: str
    amount: Decimal = Field(sa_column=money())
    tax: Decimal = Field(default=_NONE, sa_column=money())
    tax_rate: Decimal = Field(default=_NONE, sa_column=number())
    used_at: datetime = Field(sa_column=aware())
    invoice: str | None = Field(default=None, foreign_key="invoice.id")


class BalanceRow(Row, table=True):
    """What the customer has in credit with us, prepaid money among it."""

    __tablename__ = "balance"
    account: str = Field(primary_key=True, foreign_key="account.id")
    currency: str = Field(primary_key=True)
    credit: Decimal = Field(sa_column=money())
