"""What the documents of an account add up to. Source: DOMAIN money.3."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from connectors.builtin.documents import REVERSED
from connectors.builtin.orders import charges_end, orders, pauses, subscriptions
from models.money import ZERO, BillingState, InvoiceLine, InvoiceState, SubscriptionState, UnbilledUsage
from models.tables.billing import (
    BalanceRow,
    CounterDocumentRow,
    InvoiceLineRow,
    InvoiceRow,
    PaymentRow,
    SubscriptionRow,
    UsageRow,
)

MONEY = frozenset({"refund", "set_off"})


class Books:
    """An account's invoices, payments and counter-documents.

    What was reversed, its reversal, and a refund that failed don't count.
    """

    def __init__(self, session: Session, account: str) -> None:
        """Reads documents and orders once."""
        self._session, self._account = session, account
        self._orders = orders(session, account)
        self._pauses = pauses(session, account, self._orders)
        asked = select(CounterDocumentRow).where(CounterDocumentRow.account == account)
        documents = session.exec(asked.order_by(col(CounterDocumentRow.id))).all()
        self._reversed = {row.id.removesuffix(REVERSED) for row in documents if row.kind == "reversal"}
        self.documents = [row for row in documents if row.kind != "reversal" and self._counts(row)]

    def state(self, at: datetime) -> BillingState:
        """What is charged, invoiced, paid and in credit; usage from before `at`."""
        return BillingState(
            subscriptions=tuple(self._subscription(row) for row in subscriptions(self._session, self._account)),
            invoices=tuple(state for _, state in self.invoices()),
            usage=self._usage(at),
            credit=self._credit(),
        )

    def invoices(self) -> list[tuple[InvoiceRow, InvoiceState]]:
        """Those that weren't reversed, by time of issue."""
        payments, lines = self._payments(), self._lines()
        asked = select(InvoiceRow).where(InvoiceRow.account == self._account)
        rows = self._session.exec(asked.order_by(col(InvoiceRow.issued_at), col(InvoiceRow.id)))
        standing = (row for row in rows if row.id not in self._reversed)
        return [(row, self._invoice(row, payments[row.id], lines[row.id])) for row in standing]

    def _counts(self, row: CounterDocumentRow) -> bool:
        return row.id not in self._reversed and row.status != "failed"

    def _subscription(self, row: SubscriptionRow) -> SubscriptionState:
        ends = [end for end in (row.ends_at, charges_end(self._orders)) if end is not None]
        about = row.model_dump(exclude={"id", "account", "ends_at"})
        return SubscriptionState(subscription_id=row.id, ends_at=min(ends, default=None), **about)

    def _invoice(self, row: InvoiceRow, payments: list[PaymentRow], lines: list[InvoiceLine]) -> InvoiceState:
        answers = [document for document in self.documents if document.invoice == row.id]
        back = _total(x.amount for x in answers if x.kind in MONEY)
        refunded = {p.id: _total(x.amount for x in answers if x.payment == p.id) for p in payments}
        start, end = self._service(row)
        return InvoiceState(
            invoice_id=row.id,
            kind=row.kind,
            description=row.description,
            currency=row.currency,
            total=row.total,
            paid=_total(payment.amount for payment in payments) - back,
            credited=-_total(x.amount for x in answers if x.kind not in MONEY),
            payments={payment.id: payment.amount - refunded[payment.id] for payment in payments},
            issued_at=row.issued_at,
            service_start=start,
            service_end=end,
            lines=tuple(lines),
        )

    def _service(self, row: InvoiceRow) -> tuple[datetime | None, datetime | None]:
        """The period that it bills: what a pause kept from being used comes after it. Source: DOMAIN modes.1."""
        start, end = row.service_start, row.service_end
        if row.kind != "subscription" or start is None or end is None:
            return start, end
        for pause in self._pauses:
            if row.issued_at < pause.end:
                start, end = pause.moved(start, end)
        return start, end

    def _payments(self) -> dict[str, list[PaymentRow]]:
        asked = select(PaymentRow).where(PaymentRow.account == self._account)
        newest_first = asked.order_by(col(PaymentRow.paid_at).desc(), col(PaymentRow.id))
        found: dict[str, list[PaymentRow]] = defaultdict(list)
        for payment in self._session.exec(newest_first):
            found[payment.invoice].append(payment)
        return found

    def _lines(self) -> dict[str, list[InvoiceLine]]:
        asked = select(InvoiceLineRow).where(InvoiceLineRow.account == self._account)
        found: dict[str, list[InvoiceLine]] = defaultdict(list)
        for row in self._session.exec(asked.order_by(col(InvoiceLineRow.position))):
            found[row.invoice].append(InvoiceLine(**row.model_dump(exclude={"invoice", "account", "position"})))
        return found

    def _usage(self, at: datetime) -> tuple[UnbilledUsage, ...]:
        """One line for all usage of the same description. Source: DOMAIN money.9 (nothing from `at` on)."""
        asked = select(UsageRow).where(
            UsageRow.account == self._account, col(UsageRow.invoice).is_(None), UsageRow.used_at < at
        )
        found: dict[tuple[str, str, Decimal], list[UsageRow]] = defaultdict(list)
        for row in self._session.exec(asked.order_by(col(UsageRow.id))):
            found[row.currency, row.description, row.tax_rate].append(row)
        return tuple(
            UnbilledUsage(
                description=description,
                currency=currency,
                amount=_total(row.amount for row in rows),
                usage_ids=tuple(row.id for row in rows),
                tax=_total(row.tax for row in rows),
                tax_rate=tax_rate,
            )
            for (currency, description, tax_rate), rows in sorted(found.items())
        )

    def _credit(self) -> dict[str, Decimal]:
        """The balance less what was set off or paid out from it."""
        rows = self._session.exec(select(BalanceRow).where(BalanceRow.account == self._account))
        used = [document for document in self.documents if document.invoice is None]
        return {
            row.currency: row.credit - _total(x.amount for x in used if x.currency == row.currency)
            for row in sorted(rows, key=lambda row: row.currency)
        }


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
