"""The invoices that we make: what falls due, and the final ones. Source: DOMAIN money.4, money.7."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, update

from connectors.builtin.documents import made_by, named
from connectors.store.sessions import keep_once
from models.money import ZERO, Document, InvoiceLine, InvoiceState
from models.tables.billing import InvoiceLineRow, InvoiceRow, SubscriptionRow, UsageRow


def issue(session: Session, account: str, due: InvoiceState, key: str) -> None:
    """Makes one invoice that has fallen due, unless it stands, and moves its subscription's period on.

    Its id is `<subscription>-<day>`.
    """
    invoice = InvoiceRow(
        id=due.invoice_id,
        account=account,
        number=due.invoice_id.upper(),
        kind=due.kind,
        description=due.description,
        currency=due.currency,
        total=due.total,
        issued_at=due.issued_at,
        due_at=due.issued_at,
        service_start=due.service_start,
        service_end=due.service_end,
        made_by=made_by(key, due.invoice_id),
    )
    _, made = keep_once(session, invoice)
    subscription = session.get(SubscriptionRow, due.invoice_id.rpartition("-")[0])
    if made:
        session.add_all([as_row(invoice, position, line) for position, line in enumerate(due.lines)])
    if made and subscription and due.service_start and due.service_end:
        subscription.period_start, subscription.period_end = due.service_start, due.service_end


def bill(session: Session, account: str, documents: Sequence[Document], key: str, at: datetime) -> dict[str, str]:
    """Makes a final invoice per currency for the charges, and hangs their usage on it; answers the invoices' ids.

    Usage goes along only when the invoice is made: a repeat after a reversal must bill nothing.
    """
    charges = [(n, document) for n, document in enumerate(documents) if document.kind == "charge"]
    ids = {}
    for currency in dict.fromkeys(charge.currency for _, charge in charges):
        lines = [(n, charge) for n, charge in charges if charge.currency == currency]
        invoice = _final_invoice(account, [charge for _, charge in lines], made_by(key, f"final-{currency}"), at)
        ids[currency] = invoice.id
        if keep_once(session, invoice)[1]:
            session.add_all([as_row(invoice, n, _charged(charge)) for n, charge in lines])
            _carry(session, invoice.id, [usage_id for _, charge in lines for usage_id in charge.usage_ids])
    return ids


def _carry(session: Session, invoice: str, usage: Sequence[str]) -> None:
    unbilled = update(UsageRow).where(col(UsageRow.id).in_(usage), col(UsageRow.invoice).is_(None))
    session.exec(unbilled.values(invoice=invoice))


def as_row(invoice: InvoiceRow, position: int, line: InvoiceLine) -> InvoiceLineRow:
    """The row of a line."""
    return InvoiceLineRow(invoice=invoice.id, account=invoice.account, position=position, **dict(line))


def _charged(charge: Document) -> InvoiceLine:
    return InvoiceLine(
        kind="usage" if charge.usage_ids else "other",
        description=charge.description,
        net=charge.amount - charge.tax,
        tax=charge.tax,
        tax_rate=charge.tax_rate,
    )


def _final_invoice(account: str, charges: Sequence[Document], made: str, at: datetime) -> InvoiceRow:
    invoice_id = named("final", made)
    return InvoiceRow(
        id=invoice_id,
        account=account,
        number=invoice_id.upper(),
        kind="final",
        description="Final invoice",
        currency=charges[0].currency,
        total=sum((charge.amount for charge in charges), ZERO),
        issued_at=at,
        due_at=at,
        made_by=made,
    )
