"""Ports to the company's systems of contract and money.

Every effect takes a `key` and may be called twice with it. All raise `connectors.errors.ConnectorError`, and nothing of
the library behind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from models.money import BillingState, Document, InvoiceState, LateCharge, RefundState, Settlement
from models.payload import Receipt


class ContractSystem(Protocol):
    """State of account and contract."""

    def check(self) -> None:
        """Whether it answers, and lets us in; raises ConnectorError."""
        ...

    def state(self, account: str) -> str:
        """`active` `read_only` or `ended`."""
        ...

    def serve_notice(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """Tells it when the contract will end, and that it does not renew; a later notice moves the end."""
        ...

    def withdraw_notice(self, account: str, key: str, at: datetime) -> Receipt:
        """It renews as before."""
        ...

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Read-only."""
        ...

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """As before."""
        ...

    def terminate(self, account: str, key: str, at: datetime) -> Receipt:
        """The contracts end."""
        ...

    def recontract(self, account: str, key: str, at: datetime) -> Receipt:
        """New agreements on the terms of those that the effect `key` ended. Source: DOMAIN stages.7."""
        ...


class BillingSystem(Protocol):
    """Subscriptions, invoices, payments, refunds."""

    def check(self) -> None:
        """Whether it answers, and lets us in.

        Raises:
            ConnectorError: it doesn't.
        """
        ...

    def state(self, account: str, at: datetime) -> BillingState:
        """What is invoiced, paid and in credit now, and the unbilled usage of before `at`. Source: DOMAIN money.9."""
        ...

    def stop_renewal(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """Charges run on until `ends_at`, and not beyond; a later notice moves it. Source: DOMAIN money.4."""
        ...

    def resume_renewal(self, account: str, key: str, at: datetime) -> Receipt:
        """As before."""
        ...

    def issue_due(self, account: str, due: Sequence[InvoiceState], key: str, at: datetime) -> Receipt:
        """Makes invoices that have fallen due, each once by its id; a system that bills by itself makes none."""
        ...

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Charges stop at `at`, dunning is muted."""
        ...

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """As before."""
        ...

    def suspend(self, account: str, key: str, at: datetime) -> Receipt:
        """Nothing is charged or dunned from `at` on, until `resume`; what is paid ahead keeps.

        Source: DOMAIN modes.1.
        """
        ...

    def resume(self, account: str, key: str, at: datetime) -> Receipt:
        """Charges go on after what `key` suspended: the days that were paid ahead and not used come first."""
        ...

    def inexpressible(self, settlement: Settlement) -> list[Document]:
        """What of it the system can't express exactly: the preview refuses such a plan. Source: DOMAIN money.3."""
        ...

    def settle(self, account: str, settlement: Settlement, key: str, at: datetime) -> list[Receipt]:
        """Makes the final invoices and the documents, each once; a receipt per kind and currency.

        Source: DOMAIN money.7.
        """
        ...

    def held(self, account: str, key: str) -> list[Document]:
        """What it holds of what `settle` made with that key, a final invoice as its charges; amounts as in there."""
        ...

    def refunds(self, account: str, key: str) -> list[RefundState]:
        """The refunds that were asked for with that key, as the provider tells of them now. Source: DOMAIN money.7."""
        ...

    def reverse(self, account: str, settled_by: str, key: str, at: datetime) -> list[Receipt]:
        """Answers each document of `settled_by` by a counter-document, once."""
        ...

    def late_charges(self, account: str, since: datetime) -> list[LateCharge]:
        """What was charged or invoiced from `since` on, but by `settle`, and isn't answered yet.

        Source: DOMAIN money.9.
        """
        ...

    def give_back(self, account: str, charge: LateCharge, key: str, at: datetime) -> Receipt:
        """Voids a late charge and refunds what of it was taken, once."""
        ...
