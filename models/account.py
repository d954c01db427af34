"""What the rules are told of an account: values, never rows."""

from datetime import date
from decimal import Decimal
from typing import Literal

from models.money import Amount
from models.payload import AccountId, Payload
from models.vocabulary import Channel, PeriodEnd, Role


class Account(Payload):
    """A customer. `root_key` is its key in the product database, `billing_id` the one at the payment provider.

    `yearly_value` is in `currency`.
    """

    id: AccountId
    name: str
    country: str
    timezone: str
    currency: str
    language: str
    jurisdiction: str
    manager: str
    customer_since: date
    root_key: str
    yearly_value: Amount = Decimal(0)
    billing_id: str | None = None


class Contact(Payload):
    """A person at the customer, and how they want to be written to.

    `hours_from` and `hours_to` are hours of their day, `[from, to)`. The three quiet choices are no until they say yes:
    `come_back` (one offer, months later), `hear_of_products`, `would_recommend`. Source: DOMAIN messages.2; SEEDS 000.
    """

    id: str
    kind: Literal["main", "billing", "export"]
    name: str
    email: str | None
    phone: str | None = None
    language: str
    channel: Channel
    timezone: str
    hours_from: int | None = None
    hours_to: int | None = None
    come_back: bool = False
    hear_of_products: bool = False
    would_recommend: bool = False


class Contract(Payload):
    """An agreement. Its own notice, where it has one, goes before the policy's, within what the law allows.

    `term_ends_on` is the last day of the running term; where it `renews`, another `renewal_months` follow unless
    notice was given in time. `part_of` names the contract that this one belongs to: an add-on's main one, or the one
    of the group that an affiliate has joined; it ends with that one at the latest. `members` are the other accounts
    that have joined this one and haven't left. `early_termination` is the share of the remaining price that leaving
    before the term's end costs; None: the contract names none.
    """

    id: str
    title: str
    started_on: date
    term_ends_on: date | None
    notice_days: int | None
    notice_months: int | None = None
    notice_ends: PeriodEnd = PeriodEnd.ANY_DAY
    renews: bool
    renewal_months: int = 12
    part_of: str | None = None
    members: tuple[str, ...] = ()
    early_termination: Amount | None = None
    state: str
    signatories: tuple[str, ...]


class BlockingFact(Payload):
    """Something known that stops a plan; `code` is one of the blockers' codes."""

    code: str
    text: str
    fix: str


class AccountFacts(Payload):
    """All of an account that a plan needs."""

    account: Account
    contacts: tuple[Contact, ...]
    contracts: tuple[Contract, ...]
    blocking: tuple[BlockingFact, ...] = ()


class Person(Payload):
    """One of ours, and what they may do."""

    id: str
    name: str
    email: str
    roles: frozenset[Role]


class Actor(Payload):
    """Who sent an update: a person's id and roles as the sender looked them up, or `customer`."""

    id: str
    roles: tuple[Role, ...] = ()

    @property
    def is_customer(self) -> bool:
        """Whether the leaving customer speaks."""
        return self.id == "customer"
