"""What the rules are told of an account: values, never rows."""

from datetime import date
from typing import Literal

from models.payload import AccountId, Payload
from models.vocabulary import Channel, Role


class Account(Payload):
    """A customer. `root_key` is its key in the product database."""

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


class Contact(Payload):
    """A person at the customer."""

    id: str
    kind: Literal["main", "billing", "export"]
    name: str
    email: str | None
    language: str
    channel: Channel
    timezone: str


class Contract(Payload):
    """An agreement; `notice_days` overrides the policy where it is set."""

    id: str
    title: str
    started_on: date
    term_ends_on: date | None
    notice_days: int | None
    renews: bool
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
