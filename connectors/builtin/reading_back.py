"""What the books hold of what an effect made. Source: DOMAIN money.5, money.7."""

from sqlmodel import Session, select

from connectors.builtin.documents import REVERSED, invoices_with, line_of, made_with
from models.money import FINAL, Document, RefundState
from models.tables.billing import CounterDocumentRow, InvoiceLineRow, InvoiceRow


def held(session: Session, account: str, key: str) -> list[Document]:
    """The charges of its final invoices and its documents, by line.

    What was reversed isn't held, nor is a refund that failed.
    """
    finals, gone = invoices_with(session, account, key), _reversed(session, account)
    names = {invoice.id: FINAL for invoice in finals}
    charges = [line for invoice in finals if invoice.id not in gone for line in _charges(session, invoice)]
    rows = [row for row in made_with(session, account, key) if row.id not in gone and row.status != "failed"]
    lines = [*charges, *((line_of(row), _document(row, names)) for row in rows)]
    return [document for _, document in sorted(lines, key=lambda line: line[0])]


def refunds(session: Session, account: str, key: str) -> list[RefundState]:
    """The refunds that it asked for; what no payment can take back isn't one yet."""
    return [
        RefundState.model_validate(
            {"refund_id": row.id, **row.model_dump(include={"currency", "amount", "status", "description"})}
        )
        for row in made_with(session, account, key)
        if row.kind == "refund" and row.payment is not None
    ]


def _reversed(session: Session, account: str) -> set[str]:
    asked = select(CounterDocumentRow.id).where(
        CounterDocumentRow.account == account, CounterDocumentRow.kind == "reversal"
    )
    return {found.removesuffix(REVERSED) for found in session.exec(asked)}


def _charges(session: Session, invoice: InvoiceRow) -> list[tuple[int, Document]]:
    rows = session.exec(select(InvoiceLineRow).where(InvoiceLineRow.invoice == invoice.id))
    return [(row.position, _charge(row, invoice.currency)) for row in rows]


def _charge(row: InvoiceLineRow, currency: str) -> Document:
    return Document(
        kind="charge",
        currency=currency,
        amount=row.net + row.tax,
        invoice_id=FINAL,
        **row.model_dump(include={"description", "tax", "tax_rate"}),
    )


def _document(row: CounterDocumentRow, names: dict[str, str]) -> Document:
    return Document(
        invoice_id=names.get(row.invoice or "", row.invoice),
        payment_id=row.payment,
        **row.model_dump(include={"kind", "currency", "amount", "description", "tax", "tax_rate"}),
    )
