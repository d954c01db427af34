"""Charges that appear after the end, and what gives them back. Source: DOMAIN money.9."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from stripe import Charge, Invoice, Refund, StripeClient

from connectors.errors import NotFound
from connectors.stripe import marks, notes
from connectors.stripe.amounts import major, minor
from connectors.stripe.books import Books
from connectors.stripe.errors import SYSTEM
from connectors.stripe.invoices import in_short, moment
from connectors.stripe.marks import Line, Part, once
from connectors.stripe.meanwhile import can_be_credited, goes_to, is_void, refundable
from connectors.stripe.refunds import REFUND, send_back
from models.money import Document, LateCharge

_INVOICE, _LATE = "in_", "farewell-late"


def late_charges(client: StripeClient, customer: str, since: datetime) -> list[LateCharge]:
    """Invoices from `since` on, and charges outside of any invoice, that bear no mark of ours and aren't answered.

    What was a draft when charges were frozen is on the statement, and what pays an older invoice is no late charge.
    """
    books = Books(client, customer)
    start = since.timestamp()
    new = [x for x in books.invoices if x.created >= start and x.status != "void" and not _is_known(x)]
    found = [_invoiced(books, invoice) for invoice in new]
    known = {payment for invoice in books.invoices for payment in books.payments(invoice)}
    recent = [charge for charge in books.charges if charge.created >= start]
    found += [_charged(books, charge) for charge in recent if _payment(charge) not in known]
    forgiven = [x for x in books.invoices if marks.of(x).get(marks.LEFT) == "write_off"]
    found += [late for invoice in forgiven for late in _paid_all_the_same(books, invoice, recent)]
    return sorted((x for x in found if x.amount > 0), key=lambda x: (x.at, x.charge_id))


def give_back(client: StripeClient, customer: str, charge: LateCharge, key: str) -> int:
    """Voids what isn't paid, refunds and credits what is, once whoever asks; answers in how many documents."""
    books = Books(client, customer)
    if not charge.charge_id.startswith(_INVOICE):
        return len(_send_back(client, books, charge, key, _holds(books)))
    invoice = next((x for x in books.invoices if x.id == charge.charge_id), None)
    if invoice is None:
        raise NotFound(SYSTEM, f"there is no invoice {charge.charge_id}", "look for late charges again")
    if invoice.status == "draft":
        invoice = client.v1.invoices.finalize_invoice(
            invoice.id, {"auto_advance": False}, once(_LATE, f"issue:{invoice.id}")
        )
    if invoice.status in {"open", "uncollectible"} and not invoice.amount_paid:
        client.v1.invoices.void_invoice(invoice.id, {}, once(_LATE, f"void:{invoice.id}"))
        return 1
    return 0 if is_void(invoice) else _answer(client, books, invoice, charge, key)


def _answer(client: StripeClient, books: Books, invoice: Invoice, charge: LateCharge, key: str) -> int:
    sent = _send_back(client, books, charge, key, books.payments(invoice))
    whole = Document(
        kind=notes.CREDIT,
        currency=charge.currency,
        amount=-charge.amount,
        description=f"Charged after the end: {charge.description}",
        invoice_id=invoice.id,
    )
    credit = [Line(len(charge.payments), whole)]
    part = Part(key, f"{_LATE}:{notes.CREDIT}:{invoice.id}", whoever=True)
    if part.find(books.notes[invoice.id]) is None and not can_be_credited(books, invoice, credit, key):
        return len(sent)
    notes.issue(
        client, invoice, part, credit, credit, goes_to(books, invoice, sent, minor(charge.paid, charge.currency))
    )
    return len(sent) + 1


def _send_back(
    client: StripeClient, books: Books, charge: LateCharge, key: str, holds: Mapping[str, int]
) -> list[Refund]:
    """What a person has sent back meanwhile isn't sent again."""
    parts = ((x, Part(key, f"{_LATE}:{charge.charge_id}:{x.number}", whoever=True)) for x in _refunds(charge))
    found = ((refundable(books, holds, line, part), part) for line, part in parts)
    return [send_back(client, line, part) for line, part in found if line is not None]


def _holds(books: Books) -> dict[str, int]:
    """What is left of each payment outside of any invoice."""
    return {_payment(x): x.amount_captured - books.sent_back(_payment(x)) for x in books.charges}


def _refunds(charge: LateCharge) -> Iterator[Line]:
    for number, (payment, amount) in enumerate(sorted(charge.payments.items())):
        yield Line(
            number,
            Document(
                kind=REFUND,
                currency=charge.currency,
                amount=amount,
                description=f"Refund: {charge.description}",
                payment_id=payment,
            ),
        )


def _invoiced(books: Books, invoice: Invoice) -> LateCharge:
    """What is left of it: less what was credited, but never less than what was taken."""
    held = {payment: amount for payment, amount in books.payments(invoice).items() if amount > 0}
    paid = sum(held.values())
    left = max(invoice.total - sum(note.total for note in books.standing(invoice)), paid)
    return _late(invoice.id, invoice.currency, left, invoice.created, invoice.description or invoice.number, held)


def _charged(books: Books, charge: Charge) -> LateCharge:
    payment = _payment(charge)
    held = charge.amount_captured - books.sent_back(payment)
    return _late(charge.id, charge.currency, held, charge.created, charge.description, {payment: held} if held else {})


def _paid_all_the_same(books: Books, invoice: Invoice, recent: list[Charge]) -> Iterator[LateCharge]:
    """Money for what was forgiven; what finance collects is wanted."""
    for charge in recent:
        name = _payment(charge)
        held = books.payments(invoice).get(name, 0)
        yield _late(name, invoice.currency, held, charge.created, invoice.description, {name: held} if held else {})


def _late(  # noqa: PLR0917  # the fields of one thing
    name: str, currency: str, amount: int, created: int, words: str | None, payments: dict[str, int]
) -> LateCharge:
    return LateCharge(
        charge_id=name,
        currency=currency.upper(),
        amount=major(amount, currency),
        paid=major(sum(payments.values()), currency),
        at=moment(created),
        description=in_short(words or name),
        payments={payment: major(held, currency) for payment, held in payments.items()},
    )


def _payment(charge: Charge) -> str:
    found = charge.payment_intent
    return charge.id if found is None else found if isinstance(found, str) else found.id


def _is_known(invoice: Invoice) -> bool:
    """Whether it bears any mark of ours."""
    return any(name.startswith(marks.KEY) for name in marks.of(invoice))
