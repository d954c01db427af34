"""Stripe as a billing system, by its official client. Source: DOMAIN money; docs/stripe.md; ADR 0016."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from stripe import StripeClient

from connectors.stripe import dunning, late, pausing, renewals
from connectors.stripe.amounts import inexpressible
from connectors.stripe.books import Books
from connectors.stripe.errors import translating
from connectors.stripe.held import held
from connectors.stripe.refunds import told
from connectors.stripe.settling import Settling
from connectors.stripe.state import state
from connectors.stripe.undo import Undoing
from models.money import BillingState, Document, InvoiceState, LateCharge, RefundState, Settlement
from models.payload import Receipt


class StripeBilling:
    """A `BillingSystem`. What we make bears our key in its metadata, and is looked for there before it's made.

    Source: DOMAIN money.7.
    """

    def __init__(self, client: StripeClient, customer_of: Callable[[str], str]) -> None:
        """`customer_of` tells the customer's id at Stripe of an account; it raises NotFound for one without."""
        self._client, self._customer_of = client, customer_of

    def check(self) -> None:
        """The key is good, and may read customers."""
        with translating():
            self._client.v1.customers.list({"limit": 1})

    def state(self, account: str, at: datetime) -> BillingState:
        """What is invoiced, paid and in credit now; pending invoice items from before `at` are unbilled usage."""
        with translating():
            return state(self._client, self._customer_of(account), at)

    def inexpressible(self, settlement: Settlement) -> list[Document]:
        """What of it Stripe can't express exactly: such a plan is refused in the preview. Source: DOMAIN money.3."""
        return inexpressible(settlement.documents)

    def stop_renewal(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """`cancel_at`, without proration: the statement credits the days that aren't used."""
        with translating():
            count = renewals.stop(self._client, self._customer_of(account), ends_at, key, at)
        return _receipt("stop_renewal", account, count, key, at)

    def resume_renewal(self, account: str, key: str, at: datetime) -> Receipt:
        """Those that we stopped end as they would have."""
        with translating():
            count = renewals.go_on(self._client, self._customer_of(account), key)
        return _receipt("resume_renewal", account, count, key, at)

    def issue_due(self, account: str, due: Sequence[InvoiceState], key: str, at: datetime) -> Receipt:
        """None: Stripe bills by itself, the last period cut at `cancel_at`."""
        del due
        return _receipt("issue_due", account, 0, key, at)

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Subscriptions end, and nothing is collected by itself. Source: DOMAIN money.4, money.6."""
        with translating():
            customer = self._customer_of(account)
            count = renewals.freeze(self._client, customer, key, at)
            dunning.mute(self._client, customer, key)
        return _receipt("freeze", account, count, key, at)

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Subscriptions like those that ended, for Stripe revives none; what is open is collected again."""
        with translating():
            customer = self._customer_of(account)
            count = renewals.unfreeze(self._client, customer, key, at)
            dunning.unmute(self._client, customer, key)
        return _receipt("unfreeze", account, count, key, at)

    def suspend(self, account: str, key: str, at: datetime) -> Receipt:
        """Collection is paused: invoices of the pause are void. Source: DOMAIN modes.1."""
        with translating():
            customer = self._customer_of(account)
            count = pausing.suspend(self._client, customer, key, at)
            dunning.mute(self._client, customer, key)
        return _receipt("suspend", account, count, key, at)

    def resume(self, account: str, key: str, at: datetime) -> Receipt:
        """Collection goes on after the days that were paid ahead and not used. Source: DOMAIN modes.1."""
        with translating():
            customer = self._customer_of(account)
            count = pausing.resume(self._client, customer, key, at)
            dunning.unmute(self._client, customer, key)
        return _receipt("resume", account, count, key, at)

    def settle(self, account: str, settlement: Settlement, key: str, at: datetime) -> list[Receipt]:
        """Makes final invoices, credit notes, refunds and the rest, each once; raises Rejected before anything."""
        with translating():
            Settling(self._client, self._customer_of(account), settlement.documents, key).make()
        kinds = Counter(f"{document.kind} {document.currency}" for document in settlement.documents)
        return [_receipt(kind, account, count, key, at) for kind, count in kinds.items()]

    def held(self, account: str, key: str) -> list[Document]:
        """What Stripe holds of it. Source: DOMAIN money.5."""
        with translating():
            return held(self._client, self._customer_of(account), key)

    def refunds(self, account: str, key: str) -> list[RefundState]:
        """As Stripe tells of them now. Source: DOMAIN money.7."""
        with translating():
            return [told(refund) for _, _, refund in Books(self._client, self._customer_of(account)).answers(key)]

    def reverse(self, account: str, settled_by: str, key: str, at: datetime) -> list[Receipt]:
        """Answers it by counter-documents, once, whoever asks. Source: DOMAIN stages.7."""
        with translating():
            count = Undoing(self._client, self._customer_of(account), settled_by, key).make()
        return [_receipt("reversal", account, count, key, at)]

    def late_charges(self, account: str, since: datetime) -> list[LateCharge]:
        """What appeared from `since` on and bears no mark of ours. Source: DOMAIN money.9."""
        with translating():
            return late.late_charges(self._client, self._customer_of(account), since)

    def give_back(self, account: str, charge: LateCharge, key: str, at: datetime) -> Receipt:
        """Void, or refunded and credited, once. Source: DOMAIN money.9."""
        with translating():
            count = late.give_back(self._client, self._customer_of(account), charge, key)
        return _receipt(f"give_back {charge.currency}", account, count, key, at)


def _receipt(action: str, account: str, count: int, key: str, at: datetime) -> Receipt:
    return Receipt(system="billing", action=action, subject=account, count=count, at=at, reference=key)
