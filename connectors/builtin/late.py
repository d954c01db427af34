"""Charges that appear after the end, and what gives them back. Source: DOMAIN money.9."""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, select

from connectors.builtin.accounting import Books
from models.money import ZERO, Document, InvoiceState, LateCharge
from models.tables.billing import InvoiceRow, PaymentRow


def late_charges(session: Session, account: str, since: datetime) -> list[LateCharge]:
    """Invoices from `since` on that aren't ours, and money that was taken from then on beyond what was due.

    Of an invoice that documents answer already, as a statement's, only that money; of one that was handed over, none:
    finance collects it.
    """
    books = Books(session, account)
    payments = session.exec(select(PaymentRow).where(PaymentRow.account == account, PaymentRow.paid_at >= since))
    taken_at = {row.id: row.paid_at for row in payments}
    answered = {document.invoice for document in books.documents}
    handed_over = {document.invoice for document in books.documents if document.kind == "handed_over"}
    found: list[LateCharge] = []
    for row, invoice in books.invoices():
        if row.made_by is None and row.issued_at >= since and row.id not in answered:
            found += _invoiced(invoice)
        elif row.id not in handed_over:
            found += _taken(invoice, taken_at)
    return found


def answer(session: Session, account: str, charge: LateCharge) -> list[Document]:
    """What gives a charge back, as the books are now; nothing, if it was done."""
    payment = session.get(PaymentRow, charge.charge_id)
    row = session.get_one(InvoiceRow, payment.invoice if payment else charge.charge_id)
    (invoice,) = [state for standing, state in Books(session, account).invoices() if standing.id == row.id]
    if payment:
        return _documents(invoice, ZERO, {payment.id: min(invoice.payments[payment.id], -invoice.due)})
    return _documents(invoice, invoice.total - invoice.credited, invoice.payments)


def _documents(invoice: InvoiceState, void: Decimal, refunds: dict[str, Decimal]) -> list[Document]:
    about = {"currency": invoice.currency, "invoice_id": invoice.invoice_id}
    what = invoice.description
    voided = Document(kind="credit", amount=-void, description=f"Charged after the end: {what}", **about)
    back = [
        Document(kind="refund", amount=held, description=f"Refund: {what}", payment_id=payment_id, **about)
        for payment_id, held in refunds.items()
    ]
    return [*([voided] if void > 0 else []), *(document for document in back if document.amount > 0)]


def _invoiced(invoice: InvoiceState) -> list[LateCharge]:
    payments = {payment: held for payment, held in invoice.payments.items() if held > 0}
    left, paid = invoice.total - invoice.credited, sum(payments.values(), ZERO)
    charge = LateCharge(
        charge_id=invoice.invoice_id,
        currency=invoice.currency,
        amount=max(left, paid),
        paid=paid,
        at=invoice.issued_at,
        description=invoice.description,
        payments=payments,
    )
    return [charge] if charge.amount > 0 else []


def _taken(invoice: InvoiceState, taken_at: dict[str, datetime]) -> list[LateCharge]:
    """Of what was paid too much, the newest payments first."""
    too_much, found = -invoice.due, []
    for payment_id, held in invoice.payments.items():
        share = min(too_much, held)
        if share > 0 and payment_id in taken_at:
            too_much -= share
            about = {"charge_id": payment_id, "currency": invoice.currency, "at": taken_at[payment_id]}
            money = {"amount": share, "paid": share, "payments": {payment_id: share}}
            found.append(LateCharge(description=invoice.description, **about, **money))
    return found
