"""What the documents of an account add up to. Source: DOMAIN money.3."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from connectors.builtin.documents import REVERSED
from models.money import BillingState, InvoiceState, UnbilledUsage
from models.tables.billing import BalanceRow, CounterDocumentRow, InvoiceRow, PaymentRow, UsageRow

ZERO = Decimal(0)
MONEY = frozenset({"refund", "set_off"})


class Books:
    """An account's invoices, payments and counter-documents; what was reversed, and its reversal, don't count."""

    def __init__(self, session: Session, account: str) -> None:
        """Reads the documents once."""
        self._session, self._account = session, account
        asked = select(CounterDocumentRow).where(CounterDocumentRow.account == account)
        documents = session.exec(asked.order_by(col(CounterDocumentRow.id))).all()
        self._reversed = {row.id.removesuffix(REVERSED) for row in documents if row.kind == "reversal"}
        self._documents = [row for row in documents if row.kind != "reversal" and row.id not in self._reversed]

    def state(self, at: datetime) -> BillingState:
        """What is invoiced, paid and in credit; usage from before `at`."""
        return BillingState(invoices=self._invoices(), usage=self._usage(at), credit=self._credit())

    def _invoices(self) -> tuple[InvoiceState, ...]:
        asked = select(InvoiceRow).where(InvoiceRow.account == self._account)
        rows = self._session.exec(asked.order_by(col(InvoiceRow.issued_at), col(InvoiceRow.id)))
        payments = self._payments()
        return tuple(self._invoice(row, payments[row.id]) for row in rows if row.id not in self._reversed)

    def _invoice(self, row: InvoiceRow, payments: list[PaymentRow]) -> InvoiceState:
        answers = [document for document in self._documents if document.invoice == row.id]
        back = _total(x.amount for x in answers if x.kind in MONEY)
        refunded = {p.id: _total(x.amount for x in answers if x.payment == p.id) for p in payments}
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
            service_start=row.service_start,
            service_end=row.service_end,
        )

    def _payments(self) -> dict[str, list[PaymentRow]]:
        asked = select(PaymentRow).where(PaymentRow.account == self._account)
        newest_first = asked.order_by(col(PaymentRow.paid_at).desc(), col(PaymentRow.id))
        found: dict[str, list[PaymentRow]] = defaultdict(list)
        for payment in self._session.exec(newest_first):
            found[payment.invoice].append(payment)
        return found

    def _usage(self, at: datetime) -> tuple[UnbilledUsage, ...]:
        """One line for all usage of the same description. Source: DOMAIN money.9 (nothing from `at` on)."""
        asked = select(UsageRow).where(
            UsageRow.account == self._account, col(UsageRow.invoice).is_(None), UsageRow.used_at < at
        )
        found: dict[tuple[str, str], list[UsageRow]] = defaultdict(list)
        for row in self._session.exec(asked.order_by(col(UsageRow.id))):
            found[row.currency, row.description].append(row)
        return tuple(
            UnbilledUsage(
                description=description,
                currency=currency,
                amount=_total(row.amount for row in rows),
                usage_ids=tuple(row.id for row in rows),
            )
            for (currency, description), rows in sorted(found.items())
        )

    def _credit(self) -> dict[str, Decimal]:
        """The balance less what was set off or paid out from it."""
        rows = self._session.exec(select(BalanceRow).where(BalanceRow.account == self._account))
        used = [document for document in self._documents if document.invoice is None]
        return {
            row.currency: row.credit - _total(x.amount for x in used if x.currency == row.currency)
            for row in sorted(rows, key=lambda row: row.currency)
        }


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
