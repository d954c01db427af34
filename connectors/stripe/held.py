"""What Stripe holds of a settlement, in the settlement's words where Stripe's amounts bear them out.

Where they don't, the amount is Stripe's, so that a comparison finds the difference. Source: DOMAIN money.5.
"""

from collections.abc import Iterator, Sequence

from stripe import CreditNote, Invoice, StripeClient

from connectors.stripe import marks, notes
from connectors.stripe.amounts import major
from connectors.stripe.balance import BALANCE, transactions
from connectors.stripe.books import GONE, SET_OFF, Books, lines_of
from connectors.stripe.refunds import REFUND, as_document
from models.money import FINAL, ZERO, Document


def held(client: StripeClient, customer: str, key: str) -> list[Document]:
    """Charges of its final invoices, what its credit notes say, refunds that didn't fail, what it took off balances."""
    books = Books(client, customer)
    found: list[Document] = []
    for invoice in books.invoices:
        if marks.bears(invoice, key) and invoice.status not in {"void", "draft"}:
            found += [*_charges(client, invoice, key), *_paid_from_balance(invoice), *_left(invoice, FINAL)]
        elif marks.of(invoice).get(marks.SETTLED) == key:
            found += _answers(books, invoice, key)
            found += _left(invoice, invoice.id) if marks.REVERSED not in marks.of(invoice) else []
    found += [as_document(x, payment, name) for name, payment, x in books.answers(key) if x.status not in GONE]
    return [*found, *_balance(client, customer, key)]


def _charges(client: StripeClient, invoice: Invoice, key: str) -> Iterator[Document]:
    for line in lines_of(client, invoice):
        taxes = line.taxes or []
        added = sum(tax.amount for tax in taxes if tax.tax_behavior == "exclusive")
        amount = major(line.amount + added, line.currency)
        known = [x for x in marks.documents(marks.of(line), line.currency, ["charge"]) if marks.bears(line, key)]
        other = Document(
            kind="charge", currency=invoice.currency.upper(), amount=amount, description=line.description or ""
        )
        yield (known or [other])[0].model_copy(
            update={
                "amount": amount,
                "invoice_id": FINAL,
                "tax": major(sum(tax.amount for tax in taxes), line.currency),
            }
        )


def _paid_from_balance(invoice: Invoice) -> list[Document]:
    applied = (invoice.ending_balance or 0) - invoice.starting_balance
    told = marks.documents(marks.of(invoice), invoice.currency, [SET_OFF])
    taking = [x.model_copy(update={"invoice_id": FINAL}) for x in told if x.amount < 0]
    giving = [x for x in told if x.amount > 0]
    return [*_if_true(taking, -applied, invoice, FINAL), *giving]


def _left(invoice: Invoice, name: str) -> list[Document]:
    """Forgiven, or handed over: what is still open of it."""
    kind = marks.of(invoice).get(marks.LEFT)
    if kind is None:
        return []
    told = [
        x.model_copy(update={"invoice_id": name}) for x in marks.documents(marks.of(invoice), invoice.currency, [kind])
    ]
    return _if_true(told, -invoice.amount_remaining, invoice, name)


def _answers(books: Books, invoice: Invoice, key: str) -> Iterator[Document]:
    for note in books.standing(invoice):
        if marks.bears(note, key):
            yield from _note(note, invoice)


def _note(note: CreditNote, invoice: Invoice) -> Iterator[Document]:
    """A set-off is one; else the credits, and where of them went what no refund is."""
    known = marks.of(note)
    if not known[marks.PART].startswith(notes.CREDIT):
        yield from _if_true(_of(note, [SET_OFF]), -note.total, invoice, invoice.id)
        return
    yield from _if_true(_of(note, [notes.CREDIT]), -note.total, invoice, invoice.id)
    by_hand = note.out_of_band_amount or 0
    to_balance = note.post_payment_amount - by_hand - sum(x.amount_refunded for x in note.refunds)
    yield from _if_true(_of(note, [REFUND]), by_hand, invoice, invoice.id)
    set_off = _of(note, [SET_OFF])
    yield from _if_true([x for x in set_off if x.amount > 0], to_balance, invoice, invoice.id)
    yield from (x.model_copy(update={"invoice_id": None}) for x in set_off if x.amount < 0)


def _of(note: CreditNote, kinds: Sequence[str]) -> list[Document]:
    told = marks.documents(marks.of(note), note.currency, kinds)
    return [x.model_copy(update={"invoice_id": note.invoice}) for x in told]


def _balance(client: StripeClient, customer: str, key: str) -> Iterator[Document]:
    for made in transactions(client, customer):
        if marks.bears(made, key):
            kinds = [SET_OFF, REFUND, "lapsed", "write_off", "handed_over"]
            told = marks.documents(marks.of(made), made.currency, kinds)
            amount = major(made.amount, made.currency)
            is_ours = marks.of(made)[marks.PART].startswith(BALANCE) or bool(told)
            if is_ours:
                yield from (
                    told
                    if sum((x.amount for x in told), ZERO) == amount
                    else [Document(kind="set_off", currency=made.currency.upper(), amount=amount, description=made.id)]
                )


def _if_true(told: Sequence[Document], amount: int, invoice: Invoice, name: str) -> list[Document]:
    """The settlement's documents, if they sum to what Stripe says; else one of Stripe's amount."""
    really = major(amount, invoice.currency)
    if sum((x.amount for x in told), ZERO) == really:
        return list(told)
    kind = told[0].kind if told else SET_OFF
    words = told[0].description if told else f"{name}: {invoice.description or ''}"
    return [Document(kind=kind, currency=invoice.currency.upper(), amount=really, description=words, invoice_id=name)]
