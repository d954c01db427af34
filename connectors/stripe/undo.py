"""Answers a settlement by counter-documents, once each. Source: DOMAIN stages.7.

Money that went back stays with the customer: the days that it was for are charged again by an invoice of their own,
which nobody collects by itself. Set-offs stay: both sides of them are real.
"""

from collections.abc import Iterator
from decimal import Decimal

from stripe import Invoice, InvoiceLineItem, StripeClient

from connectors.stripe import balance, marks, notes
from connectors.stripe.amounts import major
from connectors.stripe.books import Books, ident, lines_of
from connectors.stripe.final import bill
from connectors.stripe.marks import Line, Part, everything, once
from models.money import Document

CHARGED_AGAIN = "again"


class Undoing:
    """What the settlement `settled_by` made of one customer's money, answered by the effect `key`."""

    def __init__(self, client: StripeClient, customer: str, settled_by: str, key: str) -> None:
        """Reads what stands."""
        self._client, self._customer, self._by, self._key = client, customer, settled_by, key
        self._books = Books(client, customer)

    def make(self) -> int:
        """Answers how many objects of the settlement are answered now."""
        finals = [x for x in self._books.invoices if marks.bears(x, self._by)]
        touched = [x for x in self._books.invoices if marks.of(x).get(marks.SETTLED) == self._by]
        for invoice in finals:
            self._take_back(invoice)
        again = [line for invoice in touched for line in self._credits(invoice)]
        for currency in dict.fromkeys(line.document.currency for line in again):
            mine = [Line(n, x.document) for n, x in enumerate(again) if x.document.currency == currency]
            bill(self._client, self._customer, CHARGED_AGAIN, mine, (), self._made)
        for invoice in touched:
            if marks.LEFT in marks.of(invoice):
                self._reversed(invoice)
        return len(finals) + len(touched) + self._balances()

    @property
    def _made(self) -> str:
        """Counter-documents are named after what they answer, so that a second undo makes none."""
        return f"{self._by}:undo"

    def _take_back(self, invoice: Invoice) -> None:
        """Void, if nothing paid it; else its money goes to the balance. What Stripe will bill of it comes anew."""
        if invoice.status in {"open", "uncollectible"}:
            self._again_pending(invoice)
            self._client.v1.invoices.void_invoice(invoice.id, {}, once(self._made, f"void:{invoice.id}"))
        elif invoice.status == "paid" and invoice.total:
            self._again_pending(invoice)
            whole = Document(
                kind=notes.CREDIT,
                currency=invoice.currency.upper(),
                amount=-major(invoice.total, invoice.currency),
                description=f"Reversed: {invoice.description or invoice.id}",
                invoice_id=invoice.id,
            )
            line = [Line(0, whole)]
            part = Part(self._made, f"{notes.CREDIT}:{invoice.id}")
            notes.issue(self._client, invoice, part, line, line)
        self._reversed(invoice)

    def _again_pending(self, invoice: Invoice) -> None:
        """Items that Stripe had pending are pending again; fees of leaving aren't asked for any more."""
        pending = everything(self._client.v1.invoice_items.list({"customer": self._customer, "limit": 100}))
        for line in lines_of(self._client, invoice):
            item = line.parent.invoice_item_details if line.parent else None
            part = Part(self._made, marks.of(line).get(marks.PART, line.id))
            if item and part.find(pending) is None and marks.PENDING in marks.of(line):
                self._client.v1.invoice_items.create(
                    {
                        "customer": self._customer,
                        "amount": line.amount,
                        "currency": line.currency,
                        "description": line.description or "",
                        "period": {"start": line.period.start, "end": line.period.end},
                        "tax_rates": _rates(line),
                        "metadata": part.mark(),
                    },
                    part.once(),
                )

    def _credits(self, invoice: Invoice) -> Iterator[Line]:
        """A credit note is void where Stripe allows it: nothing has gone back. Else its days are charged again."""
        for note in self._books.notes[invoice.id]:
            is_credit = marks.of(note).get(marks.PART, "").startswith(notes.CREDIT)
            if not marks.bears(note, self._by) or not is_credit or note.status == "void":
                continue
            if invoice.status == "open" and not note.post_payment_amount:
                self._client.v1.credit_notes.void_credit_note(note.id, {}, once(self._made, f"void:{note.id}"))
                continue
            yield from (
                Line(0, x.model_copy(update={"kind": "charge", "amount": -x.amount}))
                for x in marks.documents(marks.of(note), note.currency, [notes.CREDIT])
            )

    def _balances(self) -> int:
        """What ended or was to be paid out is in credit again."""
        made = balance.transactions(self._client, self._customer)
        mine = [x for x in made if marks.bears(x, self._by) and marks.of(x)[marks.PART].startswith(balance.BALANCE)]
        for each in mine:
            amount: Decimal = -major(each.amount, each.currency)
            words = f"Reversed: {each.description or each.id}"
            part = Part(self._made, marks.of(each)[marks.PART])
            currency = each.currency.upper()
            balance.take(self._client, self._customer, amount, currency, part, description=words)
        return len(mine)

    def _reversed(self, invoice: Invoice) -> None:
        """Due again, and a late attempt at the settlement leaves it so."""
        told = {marks.REVERSED: self._by, marks.LEFT: ""}
        self._client.v1.invoices.update(invoice.id, {"metadata": told})


def _rates(line: InvoiceLineItem) -> list[str]:
    return [ident(tax.tax_rate_details.tax_rate) for tax in line.taxes or [] if tax.tax_rate_details]
