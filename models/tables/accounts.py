"""Accounts, contacts, contracts and our own people: what `farewell import` fills."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import JSON, Column
from sqlmodel import Field

from models.keys import KeyScope
from models.tables.form import Row, aware, money
from models.tables.personal import OfCustomer
from models.vocabulary import PeriodEnd


class AccountRow(OfCustomer, table=True):
    """A customer. `id` is opaque; the name is personal in a one-man company, so it stays in here.

    `billing_id` is the customer's at the payment provider.
    """

    __tablename__ = "account"
    __personal__ = ("name",)
    id: str = Field(primary_key=True, max_length=64)
    name: str
    country: str = Field(max_length=2)
    timezone: str
    currency: str = Field(max_length=3)
    language: str = Field(max_length=8)
    jurisdiction: str
    manager: str
    customer_since: date
    yearly_value: Decimal = Field(sa_column=money())
    product_root_key: str
    billing_id: str | None = None
    erased_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))

    def key_scopes(self) -> tuple[KeyScope, ...]:
        """It is the account."""
        return (KeyScope.of_account(self.id),)


class ContactRow(OfCustomer, table=True):
    """A person at the customer. `kind`: `main` `billing` `export`."""

    __tablename__ = "contact"
    __personal__ = ("name", "email", "phone")
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    kind: str
    name: str
    email: str | None = None
    phone: str | None = None
    language: str
    channel: str = "email"
    timezone: str
    hours_from: int | None = None
    hours_to: int | None = None
    come_back: bool = False
    hear_of_products: bool = False
    would_recommend: bool = False
    opted_out: bool = False


class ContractRow(OfCustomer, table=True):
    """An agreement. `state`: `active` `ended`; `signatories` are contact ids that may end it.

    `notice_ends` is one of `PeriodEnd`; `part_of` is another contract's id, of this account or of a group's head.
    Once notice is served, `ends_at` says when it ends, whatever `renews` says; `ended_by` is the effect that ended it.
    """

    __tablename__ = "contract"
    __personal__ = ("title", "erase_clause")
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    title: str
    started_on: date
    term_ends_on: date | None = None
    notice_days: int | None = None
    notice_months: int | None = None
    notice_ends: str = PeriodEnd.ANY_DAY.value
    renews: bool = True
    renewal_months: int = 12
    part_of: str | None = Field(default=None, index=True)
    early_termination: Decimal | None = Field(default=None, sa_column=money(nullable=True))
    state: str = "active"
    ends_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    ended_by: str | None = None
    erase_clause: str | None = None
    signatories: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class AccountStateRow(Row, table=True):
    """What the built-in contract system says of an account: `active` `read_only` `ended`.

    `changed_by` is the freeze that made it read-only; without one somebody else did, and no undo touches it.
    """

    __tablename__ = "account_state"
    account: str = Field(primary_key=True, foreign_key="account.id")
    state: str = "active"
    changed_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    changed_by: str | None = None


class BlockingFactRow(OfCustomer, table=True):
    """Something imported that stops an exit until it's dealt with: a dispute, a ticket, an unowned asset."""

    __tablename__ = "blocking_fact"
    __personal__ = ("text", "fix")
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    code: str
    text: str
    fix: str


class PersonRow(Row, table=True):
    """One of ours."""

    __tablename__ = "person"
    id: str = Field(primary_key=True)
    name: str
    email: str
    roles: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
