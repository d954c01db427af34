"""What each invoice and the credit balance put on the final statement. Source: DOMAIN money.3–money.5."""

from datetime import datetime

from models.money import ZERO, Amount, BillingState, Document, InvoiceState, MoneyTerms, StatementLine
from models.payload import Payload
from rules.proration import Part, parts, taxed, unused
from rules.rounding import rounded, split


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


def invoiced(
    billing: BillingState, currency: str, billing_end: datetime, terms: MoneyTerms, timezone: str
) -> list[Item]:
    """The invoices that must be settled in a currency, by time of issue.

    Those that are neither open nor have unused days to credit were settled before, and stay away.
    """
    invoices = sorted(
        (invoice for invoice in billing.invoices if invoice.currency == currency),
        key=lambda invoice: (invoice.issued_at, invoice.invoice_id),
    )
    found = [_item(invoice, _credits(invoice, billing_end, terms, timezone)) for invoice in invoices]
    return [item for item in found if item.due or item.documents]


def balance(billing: BillingState, currency: str) -> list[Item]:
    """What is in credit, prepaid balances among it; a negative balance is owed. Source: DOMAIN money.3."""
    credit = rounded(billing.credit.get(currency, ZERO), currency)
    kind, what = ("credit", "Credit balance") if credit > 0 else ("charge", "Balance owed")
    line = StatementLine(kind=kind, description=what, amount=-credit)
    return [Item(invoice_id=None, currency=currency, description=what, due=-credit, lines=(line,))] if credit else []


def _credits(invoice: InvoiceState, billing_end: datetime, terms: MoneyTerms, timezone: str) -> list[Part]:
    """What won't be used, whether the invoice is paid or not, less what was credited before.

    So no day is credited twice, and a credit is shared among the rates of tax. Source: DOMAIN money.3.
    """
    found = unused(invoice, billing_end, timezone, terms.rounding)
    whole = sum((part.amount for part in found), ZERO)
    left = whole - max(rounded(invoice.credited, invoice.currency), ZERO)
    shares = split(max(left, ZERO), [part.amount for part in found], invoice.currency)
    return [taxed(share, part, invoice.currency) for share, part in zip(shares, found, strict=True) if share]


def _item(invoice: InvoiceState, credits_: list[Part]) -> Item:
    """An invoice less what was credited before, what was paid and what is credited now."""
    what, currency = invoice.description, invoice.currency
    paid, credited = (rounded(x, currency) for x in (invoice.paid, invoice.credited))
    documents = tuple(_credit(invoice, part) for part in credits_)
    before = [
        StatementLine(kind=kind, description=description, amount=amount, reference=invoice.invoice_id)
        for kind, description, amount in (
            ("credit", f"Credited before: {what}", -credited),
            ("payment", f"Paid: {what}", -paid),
        )
        if amount
    ]
    shown = [*(_charge(invoice, part) for part in parts(invoice)), *before, *(as_line(x) for x in documents)]
    return Item(
        invoice_id=invoice.invoice_id,
        currency=currency,
        description=what,
        due=sum((line.amount for line in shown), ZERO),
        lines=tuple(shown),
        documents=documents,
        payments=invoice.payments,
    )


def _charge(invoice: InvoiceState, part: Part) -> StatementLine:
    return StatementLine(
        kind="charge",
        description=invoice.description,
        amount=rounded(part.amount, invoice.currency),
        reference=invoice.invoice_id,
        tax=rounded(part.tax, invoice.currency),
        tax_rate=part.tax_rate,
    )


def _credit(invoice: InvoiceState, part: Part) -> Document:
    why = "Charged after the end" if invoice.kind == "one_off" else "Unused days"
    return Document(
        kind="credit",
        currency=invoice.currency,
        amount=-part.amount,
        description=f"{why}: {invoice.description}",
        invoice_id=invoice.invoice_id,
        tax=-part.tax,
        tax_rate=part.tax_rate,
    )


def as_line(document: Document) -> StatementLine:
    """A document as the statement shows it."""
    return StatementLine(
        kind=document.kind,
        description=document.description,
        amount=document.amount,
        reference=document.invoice_id or "",
        tax=document.tax,
        tax_rate=document.tax_rate,
    )
