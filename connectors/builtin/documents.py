"""Final invoices, counter-documents and their reversals, each made once. Source: DOMAIN money.3, money.7."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from sqlmodel import Session, col, select, update

from connectors.store.sessions import keep_once
from models.money import Document
from models.tables.billing import CounterDocumentRow, InvoiceRow, UsageRow

REVERSED = "-reversed"


def made_by(key: str, line: int | str) -> str:
    """What makes a document unique: the effect, and the line of its settlement."""
    return f"{key}#{line}"


def bill(session: Session, account: str, documents: Sequence[Document], key: str, at: datetime) -> dict[str, str]:
    """Makes a final invoice per currency for the charges, and hangs their usage on it; answers the invoices' ids.

    Usage goes along only when the invoice is made: a repeat after a reversal must bill nothing.
    """
    charges = [document for document in documents if document.kind == "charge"]
    ids = {}
    for currency in dict.fromkeys(charge.currency for charge in charges):
        lines = [charge for charge in charges if charge.currency == currency]
        invoice, made = keep_once(session, _final_invoice(account, lines, made_by(key, f"final-{currency}"), at))
        ids[currency] = invoice.id
        if made:
            usage = [usage_id for line in lines for usage_id in line.usage_ids]
            session.exec(
                update(UsageRow)
                .where(col(UsageRow.id).in_(usage), col(UsageRow.invoice).is_(None))
                .values(invoice=invoice.id)
            )
    return ids


def write(session: Session, account: str, document: Document, made: str, at: datetime) -> None:
    """Makes one counter-document, unless it stands."""
    row = CounterDocumentRow(
        id=_named(document.kind, made),
        account=account,
        kind=document.kind,
        description=document.description,
        currency=document.currency,
        amount=document.amount,
        invoice=document.invoice_id,
        payment=document.payment_id,
        made_at=at,
        made_by=made,
    )
    keep_once(session, row)


def reverse(session: Session, account: str, settled_by: str, key: str, at: datetime) -> int:
    """Answers what `settled_by` made by documents of the opposite amount; answers how many stand now."""
    prefix = made_by(settled_by, "")
    asked = select(CounterDocumentRow).where(
        CounterDocumentRow.account == account,
        CounterDocumentRow.kind != "reversal",
        col(CounterDocumentRow.made_by).startswith(prefix, autoescape=True),
    )
    documents = session.exec(asked.order_by(col(CounterDocumentRow.id))).all()
    finals = _finals(session, account, prefix)
    for document in documents:
        _answer(session, document, key, at)
    for invoice in finals:
        _answer(session, _as_document(invoice), key, at)
        session.exec(update(UsageRow).where(col(UsageRow.invoice) == invoice.id).values(invoice=None))
    return len(documents) + len(finals)


def _finals(session: Session, account: str, prefix: str) -> Sequence[InvoiceRow]:
    asked = select(InvoiceRow).where(
        InvoiceRow.account == account, col(InvoiceRow.made_by).startswith(prefix, autoescape=True)
    )
    return session.exec(asked.order_by(col(InvoiceRow.id))).all()


def _as_document(invoice: InvoiceRow) -> CounterDocumentRow:
    return CounterDocumentRow(
        id=invoice.id,
        account=invoice.account,
        kind=invoice.kind,
        description=invoice.description,
        currency=invoice.currency,
        amount=invoice.total,
        invoice=invoice.id,
        made_at=invoice.issued_at,
        made_by=invoice.made_by or "",
    )


def _answer(session: Session, document: CounterDocumentRow, key: str, at: datetime) -> None:
    """The id comes from the document alone, so that it can be answered once only, whoever asks."""
    answer = CounterDocumentRow(
        id=document.id + REVERSED,
        account=document.account,
        kind="reversal",
        description=f"Reversed: {document.description}",
        currency=document.currency,
        amount=-document.amount,
        invoice=document.invoice,
        payment=document.payment,
        made_at=at,
        made_by=made_by(key, document.id),
    )
    keep_once(session, answer)


def _final_invoice(account: str, lines: Sequence[Document], made: str, at: datetime) -> InvoiceRow:
    invoice_id = _named("final", made)
    return InvoiceRow(
        id=invoice_id,
        account=account,
        number=invoice_id.upper(),
        kind="final",
        description="Final invoice",
        currency=lines[0].currency,
        total=sum((line.amount for line in lines), Decimal(0)),
        issued_at=at,
        due_at=at,
        made_by=made,
    )


def _named(kind: str, made: str) -> str:
    return f"{kind}-{sha256(made.encode()).hexdigest()[:16]}"
