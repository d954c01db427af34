"""What each invoice, the usage and the credit balance put on the final statement. Source: DOMAIN money.3–money.5."""

from datetime import datetime
from decimal import Decimal

from models.money import FINAL, Amount, BillingState, Document, InvoiceState, StatementLine, UnbilledUsage
from models.payload import Payload
from rules.proration import unused
from rules.rounding import rounded

ZERO = Decimal(0)


class Item(Payload):
    """An invoice, or the credit balance (`invoice_id` None). `due` is negative if we owe it.

    `lines` sum to `due`; `documents` are what the billing system lacks of them.
    """

    invoice_id: str | None
    currency: str
    description: str
    due: Amount
    lines: tuple[StatementLine, ...]
    documents: tuple[Document, ...] = ()
    payments: dict[str, Amount] = {}


def items(billing: BillingState, currency: str, billing_end: datetime, timezone: str) -> list[Item]:
    """What must be settled in a currency: by time of issue, then the final invoice, then the credit balance.

    Invoices that are neither open nor have unused days to credit were settled before, and stay away.
    """
    invoices = sorted(
        (invoice for invoice in billing.invoices if invoice.currency == currency),
        key=lambda invoice: (invoice.issued_at, invoice.invoice_id),
    )
    usage = sorted(
        (usage for usage in billing.usage if usage.currency == currency),
        key=lambda usage: (usage.description, usage.amount, usage.usage_ids),
    )
    found = [_invoiced(invoice, billing_end, timezone) for invoice in invoices]
    found += [_final(usage, currency)] if usage else []
    found += [_balance(billing.credit.get(currency, ZERO), currency)]
    return [item for item in found if item.due or item.documents]


def _invoiced(invoice: InvoiceState, billing_end: datetime, timezone: str) -> Item:
    """An invoice less what was credited before and the days that won't be used, whether it's paid or not.

    Earlier credits are deducted first, so no day is credited twice. Source: DOMAIN money.3.
    """
    total, paid, credited = (rounded(x, invoice.currency) for x in (invoice.total, invoice.paid, invoice.credited))
    credit = max(unused(invoice, billing_end, timezone) - credited, ZERO)
    what, reason = invoice.description, f"Unused days: {invoice.description}"
    lines = [
        _line("charge", what, total, invoice.invoice_id),
        _line("credit", f"Credited before: {what}", -credited, invoice.invoice_id),
        _line("payment", f"Paid: {what}", -paid, invoice.invoice_id),
        _line("credit", reason, -credit, invoice.invoice_id),
    ]
    document = Document(
        kind="credit",
        currency=invoice.currency,
        amount=-credit,
        description=reason,
        invoice_id=invoice.invoice_id,
    )
    return Item(
        invoice_id=invoice.invoice_id,
        currency=invoice.currency,
        description=what,
        due=total - credited - credit - paid,
        lines=tuple(line for line in lines if line.amount or line.kind == "charge"),
        documents=(document,) if credit else (),
        payments=invoice.payments,
    )


def _final(usage: list[UnbilledUsage], currency: str) -> Item:
    """The final invoice: the usage that none carries yet, each line rounded once. Source: DOMAIN money.1, money.4."""
    charges = tuple(
        Document(
            kind="charge",
            currency=currency,
            amount=rounded(used.amount, currency),
            description=used.description,
            invoice_id=FINAL,
            usage_ids=used.usage_ids,
        )
        for used in usage
    )
    return Item(
        invoice_id=FINAL,
        currency=currency,
        description="Final invoice",
        due=sum((charge.amount for charge in charges), ZERO),
        lines=tuple(_line("charge", charge.description, charge.amount, FINAL) for charge in charges),
        documents=charges,
    )


def _balance(balance: Decimal, currency: str) -> Item:
    credit, what = rounded(balance, currency), "Credit balance"
    line = _line("credit", what, -credit, "")
    return Item(invoice_id=None, currency=currency, description=what, due=-credit, lines=(line,))


def _line(kind: str, description: str, amount: Decimal, reference: str) -> StatementLine:
    return StatementLine(kind=kind, description=description, amount=amount, reference=reference)
