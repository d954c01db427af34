"""The built-in billing system. Amounts are decimals beside their currency. Source: DOMAIN money."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from models.tables.form import Row, aware, money


class SubscriptionRow(Row, table=True):
    """What is charged again and again. `renews` falls at notice; `ends_at` and `muted` at the freeze.

    `stopped_by` is the effect that stopped the renewal; `before_freeze` what an unfreeze gives back.
    """

    __tablename__ = "subscription"
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    plan: str
    interval: str
    price: Decimal = Field(sa_column=money())
    currency: str
    renews: bool = True
    dunning_muted: bool = False
    ends_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    stopped_by: str | None = None
    before_freeze: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class InvoiceRow(Row, table=True):
    """An invoice. `kind`: `subscription` `usage` `one_off` `final`; `service_*` is what it bills, half-open."""

    __tablename__ = "invoice"
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


class PaymentRow(Row, table=True):
    """Money that came in for an invoice."""

    __tablename__ = "payment"
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    invoice: str = Field(foreign_key="invoice.id", index=True)
    currency: str
    amount: Decimal = Field(sa_column=money())
    paid_at: datetime = Field(sa_column=aware())


class CounterDocumentRow(Row, table=True):
    """What answers an invoice or undoes one. `kind`: `credit` `set_off` `refund` `write_off` `handed_over` `reversal`.

    `amount` is signed: it adds to what is due on `invoice`, or, without one, takes from the credit balance.
    A reversal's id is that of the document it undoes + `-reversed`.

    `made_by` (the effect's idempotency key and line) is unique, so no retry pays twice. Source: DOMAIN money.7.
    """

    __tablename__ = "counter_document"
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    kind: str
    description: str
    currency: str
    amount: Decimal = Field(sa_column=money())
    invoice: str | None = Field(default=None, foreign_key="invoice.id")
    payment: str | None = Field(default=None, foreign_key="payment.id")
    made_at: datetime = Field(sa_column=aware())
    made_by: str = Field(unique=True)


class UsageRow(Row, table=True):
    """Usage, priced; `invoice` once it's billed."""

    __tablename__ = "usage"
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    description: str
    currency: str
    amount: Decimal = Field(sa_column=money())
    used_at: datetime = Field(sa_column=aware())
    invoice: str | None = Field(default=None, foreign_key="invoice.id")


class BalanceRow(Row, table=True):
    """What the customer has in credit with us."""

    __tablename__ = "balance"
    account: str = Field(primary_key=True, foreign_key="account.id")
    currency: str = Field(primary_key=True)
    credit: Decimal = Field(sa_column=money())
