"""Makes Stripe agree with a statement, document by document, each once. Source: DOMAIN money.3–money.7.

What one invoice gives and another takes goes over the credit balance, as it does at Stripe: credit notes put it there,
the final invoice takes it when it's issued, and for an older invoice a credit note and a transaction do.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from stripe import Invoice, Refund, StripeClient

from connectors.errors import Conflict
from connectors.stripe import balance, marks, notes
from connectors.stripe.amounts import minor
from connectors.stripe.books import SET_OFF, Books
from connectors.stripe.errors import SYSTEM
from connectors.stripe.final import bill
from connectors.stripe.marks import Line, Part, once
from connectors.stripe.meanwhile import can_be_credited, goes_to, is_void, refundable
from connectors.stripe.refunds import REFUND, send_back
from models.money import FINAL, Document

Pair = tuple[Line, Line]  # who gives, who takes


class Settling:
    """One settlement with one key. The order matters: what pays must be in the balance before it's taken."""

    def __init__(self, client: StripeClient, customer: str, documents: Iterable[Document], key: str) -> None:
        """Reads what stands, and refuses what can't be before anything is done.

        Raises:
            Rejected: Stripe can't express an amount.
            Conflict: a document is about an invoice that Stripe doesn't have.
        """
        self._client, self._customer, self._key = client, customer, key
        lines = [Line(number, document) for number, document in enumerate(documents)]
        self._books = Books(client, customer)
        self._invoices = {invoice.id: invoice for invoice in self._books.invoices}
        for line in lines:
            _minor(line)
            self._check(line.document)
        self._pairs = [pair for pair in _pairs(lines) if all(map(self._stands, pair))]
        self._lines = [line for line in lines if self._stands(line)]

    def make(self) -> None:
        """Makes all of it. An invoice that Stripe has only drafted is issued first, or nothing could answer it."""
        named = {line.document.invoice_id for line in self._lines}
        for invoice in self._books.invoices:
            if invoice.id in named and invoice.status == "draft":
                issuing = once(self._key, f"issue:{invoice.id}")
                issued = self._client.v1.invoices.finalize_invoice(invoice.id, {"auto_advance": False}, issuing)
                self._invoices[invoice.id] = issued
        self._credits()
        for giving, taking in self._pairs:
            if taking.document.invoice_id not in {FINAL, None}:
                self._set_off(giving, taking)
        self._from_balance()
        finals = self._finals()
        for line in self._of("write_off", "handed_over"):
            name = line.document.invoice_id
            if name is not None:
                self._leave(finals[line.document.currency] if name == FINAL else self._invoices[name], line)

    def _credits(self) -> None:
        """An invoice's refunds, then one credit note that says where its money went."""
        given: dict[str, list[Line]] = defaultdict(list)
        for line in self._of("credit", REFUND, SET_OFF):
            name = line.document.invoice_id
            if name not in {FINAL, None} and (line.document.kind == "credit" or line.document.amount > 0):
                given[str(name)].append(line)
        for name, lines in given.items():
            self._settled(self._invoices[name])
            refunds = [x for x in lines if x.document.kind == REFUND]
            sent = [
                refund for x in refunds if x.document.payment_id for refund in self._send_back(self._invoices[name], x)
            ]
            credits_ = [x for x in lines if x.document.kind == "credit"]
            by_hand = sum(_minor(x) for x in refunds if not x.document.payment_id)
            told = [x for x in lines if not x.document.payment_id] + self._owed_to_balance(name)
            if credits_ and can_be_credited(self._books, self._invoices[name], credits_, self._key):
                wanted = sum(_minor(x) for x in refunds if x.document.payment_id)
                to = goes_to(self._books, self._invoices[name], sent, wanted, by_hand)
                part = Part(self._key, f"{notes.CREDIT}:{name}")
                notes.issue(self._client, self._invoices[name], part, credits_, told, to)

    def _send_back(self, invoice: Invoice, line: Line) -> Iterator[Refund]:
        part = self._part(REFUND, line)
        if (left := refundable(self._books, self._books.payments(invoice), line, part)) is not None:
            yield send_back(self._client, left, part)

    def _owed_to_balance(self, name: str) -> list[Line]:
        """What pays a debt on the balance by getting there."""
        pairs = ((giving.document, taking) for giving, taking in self._pairs)
        return [taking for giving, taking in pairs if giving.invoice_id == name and taking.document.invoice_id is None]

    def _set_off(self, giving: Line, taking: Line) -> None:
        """A debt of before that is paid from what we owe."""
        document, part = taking.document, self._part(SET_OFF, taking)
        invoice = self._invoices[str(document.invoice_id)]
        self._settled(invoice)
        own = [giving] if giving.document.invoice_id is None else []
        taken = self._part(f"{SET_OFF}:{balance.BALANCE}", taking)
        self._take(-document.amount, document.currency, taken, own)
        notes.issue(self._client, invoice, part, [taking], [taking])

    def _from_balance(self) -> None:
        """What ends with the account, or is paid out by a person; a debt on the balance that is left."""
        for line in self._of("lapsed", REFUND, "write_off", "handed_over"):
            if line.document.invoice_id is None:
                part = self._part(balance.BALANCE, line)
                self._take(line.document.amount, line.document.currency, part, [line])

    def _finals(self) -> dict[str, Invoice]:
        made = {}
        charges = self._of("charge")
        for currency in dict.fromkeys(line.document.currency for line in charges):
            mine = [line for line in charges if line.document.currency == currency]
            told = [x for pair in self._pairs for x in _on_final(pair) if x.document.currency == currency]
            made[currency] = bill(self._client, self._customer, FINAL, mine, told, self._key)
        return made

    def _leave(self, invoice: Invoice, line: Line) -> None:
        """Forgiven, or for finance: nobody duns. What is too small for Stripe to charge, it moves to the balance.

        What was paid in the meantime is left as it is: the comparison will tell.
        """
        document = line.document
        if marks.of(invoice).get(marks.REVERSED) == self._key:
            return
        if not invoice.amount_remaining:
            if (invoice.ending_balance or 0) <= 0:
                return
            self._take(document.amount, document.currency, self._part(balance.BALANCE, line), [line])
            return
        told = {marks.SETTLED: self._key, marks.LEFT: document.kind, marks.REVERSED: "", **marks.told([line])}
        self._client.v1.invoices.update(invoice.id, {"auto_advance": False, "metadata": told})
        if document.kind == "write_off" and invoice.status == "open":
            self._client.v1.invoices.mark_uncollectible(invoice.id, {}, once(self._key, f"leave:{invoice.id}"))

    def _settled(self, invoice: Invoice) -> None:
        if marks.of(invoice).get(marks.SETTLED) != self._key:
            self._client.v1.invoices.update(invoice.id, {"metadata": {marks.SETTLED: self._key}})

    def _take(self, amount: Decimal, currency: str, part: Part, lines: Sequence[Line]) -> None:
        words = lines[0].document.description if lines else "Set off"
        balance.take(self._client, self._customer, amount, currency, part, lines, words)

    def _part(self, kind: str, line: Line) -> Part:
        return Part(self._key, f"{kind}:{line.number}")

    def _of(self, *kinds: str) -> list[Line]:
        return [line for line in self._lines if line.document.kind in kinds]

    def _stands(self, line: Line) -> bool:
        return not is_void(self._invoices.get(line.document.invoice_id or ""))

    def _check(self, document: Document) -> None:
        if document.invoice_id not in {FINAL, None} and document.invoice_id not in self._invoices:
            raise Conflict(SYSTEM, f"there is no invoice {document.invoice_id}", "make the plan anew")


def _minor(line: Line) -> int:
    return minor(line.document.amount, line.document.currency)


def _pairs(lines: Sequence[Line]) -> Iterable[Pair]:
    """A set-off comes as two documents, one after the other: who gives, who takes."""
    halves = [line for line in lines if line.document.kind == SET_OFF]
    return zip(halves[::2], halves[1::2], strict=True)


def _on_final(pair: Pair) -> Sequence[Line]:
    giving, taking = pair
    if taking.document.invoice_id != FINAL:
        return []
    return [taking, *([giving] if giving.document.invoice_id is None else [])]
