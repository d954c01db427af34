"""Counter-documents and their reversals, each made once, and read back. Source: DOMAIN money.3, money.7."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlmodel import Session, col, select, update

from connectors.store.sessions import keep_once
from models.money import Document
from models.tables.billing import CounterDocumentRow, InvoiceRow, UsageRow

REVERSED = "-reversed"


def made_by(key: str, line: int | str) -> str:
    """What makes a document unique: the effect, and the line of its settlement."""
    return f"{key}#{line}"


def named(kind: str, made: str) -> str:
    """The id of what was made; it comes from the effect alone."""
    return f"{kind}-{sha256(made.encode()).hexdigest()[:16]}"


def write(session: Session, account: str, document: Document, made: str, at: datetime) -> None:
    """Makes one counter-document, unless it stands."""
    row = CounterDocumentRow(
        id=named(document.kind, made),
        account=account,
        kind=document.kind,
        description=document.description,
        currency=document.currency,
        amount=document.amount,
        tax=document.tax,
        tax_rate=document.tax_rate,
        invoice=document.invoice_id,
        payment=document.payment_id,
        made_at=at,
        made_by=made,
    )
    keep_once(session, row)


def made_with(session: Session, account: str, key: str) -> list[CounterDocumentRow]:
    """What the effect `key` made, in the order of its lines, but reversals."""
    asked = select(CounterDocumentRow).where(
        CounterDocumentRow.account == account,
        CounterDocumentRow.kind != "reversal",
        col(CounterDocumentRow.made_by).startswith(made_by(key, ""), autoescape=True),
    )
    return sorted(session.exec(asked), key=line_of)


def line_of(row: CounterDocumentRow) -> int:
    """Which line of its effect it is."""
    return int(row.made_by.rpartition("#")[2])


def invoices_with(session: Session, account: str, key: str) -> Sequence[InvoiceRow]:
    """The invoices that the effect `key` made."""
    asked = select(InvoiceRow).where(
        InvoiceRow.account == account, col(InvoiceRow.made_by).startswith(made_by(key, ""), autoescape=True)
    )
    return session.exec(asked.order_by(col(InvoiceRow.id))).all()


def reverse(session: Session, account: str, settled_by: str, key: str, at: datetime) -> int:
    """Answers what `settled_by` made by documents of the opposite amount; answers how many stand now."""
    documents, finals = made_with(session, account, settled_by), invoices_with(session, account, settled_by)
    for document in documents:
        _answer(session, document, key, at)
    for invoice in finals:
        _answer(session, _as_document(invoice), key, at)
        session.exec(update(UsageRow).where(col(UsageRow.invoice) == invoice.id).values(invoice=None))
    return len(documents) + len(finals)


def _as_document(invoice: InvoiceRow) -> CounterDocumentRow:
    return CounterDocumentRow(
        amount=invoice.total,
        invoice=invoice.id,
        made_at=invoice.issued_at,
        **invoice.model_dump(include={"id", "account", "kind", "description", "currency", "made_by"}),
    )


def _answer(session: Session, document: CounterDocumentRow, key: str, at: datetime) -> None:
    """The id comes from the document alone, so that it can be answered once only, whoever asks."""
    answer = CounterDocumentRow(
        id=document.id + REVERSED,
        kind="reversal",
        description=f"Reversed: {document.description}",
        amount=-document.amount,
        tax=-document.tax,
        made_at=at,
        made_by=made_by(key, document.id),
        **document.model_dump(include={"account", "currency", "tax_rate", "invoice", "payment"}),
    )
    keep_once(session, answer)
