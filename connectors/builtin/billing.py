"""The built-in billing system: Farewell's own tables. Source: DOMAIN money.

Nothing is deleted and no amount is changed: a document answers an invoice, a reversal answers a document.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, select

from connectors.builtin import late, orders
from connectors.builtin.accounting import Books
from connectors.builtin.documents import invoices_with, made_by, made_with, reverse, write
from connectors.builtin.invoices import bill, issue
from connectors.builtin.reading_back import held, refunds
from connectors.store.sessions import alone, reading, writing
from models.money import FINAL, BillingState, Document, InvoiceState, LateCharge, RefundState, Settlement
from models.payload import Receipt
from models.tables.billing import InvoiceRow


class BuiltinBilling:
    """A `BillingSystem`. Every document bears the key of its effect and its line, so no retry pays twice.

    Source: DOMAIN money.7.
    """

    def __init__(self, engine: Engine) -> None:
        """Keeps the engine; each method is one transaction."""
        self._engine = engine

    def check(self) -> None:
        """Its tables are there."""
        with reading(self._engine) as session:
            session.exec(select(InvoiceRow.id).limit(1)).first()

    def state(self, account: str, at: datetime) -> BillingState:
        """What is charged, invoiced, paid and in credit now, and the unbilled usage of before `at`.

        In a pause, charges end with its beginning. After it, what was paid ahead comes later by the days of the
        pause: periods of subscriptions, and what the invoices from before its end bill.
        """
        with reading(self._engine) as session:
            return Books(session, account).state(at)

    def dunning_muted(self, account: str) -> bool:
        """Whether whoever duns from these tables must be silent. Source: DOMAIN money.6."""
        with reading(self._engine) as session:
            return orders.is_muted(orders.orders(session, account))

    def stop_renewal(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """Charges run on until `ends_at`; of several notices the newest counts."""
        return self._order(account, orders.STOP, key, (ends_at, at))

    def resume_renewal(self, account: str, key: str, at: datetime) -> Receipt:
        """No notice stands; a late attempt at the one of `key` won't either."""
        return self._end_order(account, orders.STOP, key, at)

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """No subscription charges from `at` on, and nobody duns. Source: DOMAIN money.4, money.6."""
        return self._order(account, orders.FREEZE, key, (at, at))

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Subscriptions end and dun as they did before the freeze."""
        return self._end_order(account, orders.FREEZE, key, at)

    def suspend(self, account: str, key: str, at: datetime) -> Receipt:
        """No subscription charges from `at` on, and nobody duns. Source: DOMAIN modes.1."""
        return self._order(account, orders.SUSPEND, key, (at, at))

    def resume(self, account: str, key: str, at: datetime) -> Receipt:
        """Charges go on, the running periods later by the days of the pause. Source: DOMAIN modes.1."""
        return self._end_order(account, orders.SUSPEND, key, at)

    def issue_due(self, account: str, due: Sequence[InvoiceState], key: str, at: datetime) -> Receipt:
        """Makes the invoices that aren't there yet; one of that id that stands stays as it is."""
        with self._settling(account) as session:
            for invoice in due:
                issue(session, account, invoice, key)
            count = len(invoices_with(session, account, key))
        return _receipt("issue_due", account, count, key, at)

    def inexpressible(self, settlement: Settlement) -> list[Document]:  # noqa: ARG002 - a port's
        """None: these tables hold what ISO 4217 can say."""
        return []

    def settle(self, account: str, settlement: Settlement, key: str, at: datetime) -> list[Receipt]:
        """Makes a final invoice per currency and every document, in one transaction; again makes nothing."""
        with self._settling(account) as session:
            finals = bill(session, account, settlement.documents, key, at)
            for line, document in enumerate(settlement.documents):
                if document.kind != "charge":
                    invoice = finals[document.currency] if document.invoice_id == FINAL else document.invoice_id
                    write(session, account, document.model_copy(update={"invoice_id": invoice}), made_by(key, line), at)
        kinds = Counter(f"{document.kind} {document.currency}" for document in settlement.documents)
        return [_receipt(kind, account, count, key, at) for kind, count in kinds.items()]

    def held(self, account: str, key: str) -> list[Document]:
        """What stands of what `settle` made with that key, in the order of its lines."""
        with reading(self._engine) as session:
            return held(session, account, key)

    def refunds(self, account: str, key: str) -> list[RefundState]:
        """The refunds of that key; whoever sends the money keeps their `status`."""
        with reading(self._engine) as session:
            return refunds(session, account, key)

    def reverse(self, account: str, settled_by: str, key: str, at: datetime) -> list[Receipt]:
        """Answers each document of `settled_by` by a reversal, the final invoices too; again makes nothing.

        The usage that a reversed final invoice carried is unbilled again. Source: DOMAIN stages.7.
        """
        with self._settling(account) as session:
            return [_receipt("reversal", account, reverse(session, account, settled_by, key, at), key, at)]

    def late_charges(self, account: str, since: datetime) -> list[LateCharge]:
        """Invoices from `since` on that we didn't make, and what was taken since then beyond what was due."""
        with reading(self._engine) as session:
            return late.late_charges(session, account, since)

    def give_back(self, account: str, charge: LateCharge, key: str, at: datetime) -> Receipt:
        """Credits what is left of the charge and refunds what was taken, as the books are now. Source: money.9."""
        with self._settling(account) as session:
            for line, document in enumerate(late.answer(session, account, charge)):
                write(session, account, document, made_by(key, line), at)
            count = len(made_with(session, account, key))
        return _receipt(f"give_back {charge.currency}", account, count, key, at)

    def _order(self, account: str, kind: str, key: str, times: tuple[datetime, datetime]) -> Receipt:
        with writing(self._engine) as session:
            orders.give(session, account, kind, key, times)
            return _receipt(kind, account, len(orders.subscriptions(session, account)), key, times[1])

    def _end_order(self, account: str, kind: str, key: str, at: datetime) -> Receipt:
        with writing(self._engine) as session:
            ended = orders.take_back(session, account, kind, key, at)
            if kind == orders.SUSPEND:
                orders.move_periods(session, account, ended)
            count = len(orders.subscriptions(session, account))
            return _receipt(f"end {kind}", account, count, key, at)

    @contextmanager
    def _settling(self, account: str) -> Iterator[Session]:
        """One at a time: what is made depends on what stands."""
        with writing(self._engine) as session:
            alone(session.connection(), f"charges:{account}")
            yield session


def _receipt(action: str, account: str, count: int, key: str, at: datetime) -> Receipt:
    return Receipt(system="billing", action=action, subject=account, count=count, at=at, reference=key)
