"""What people have done at Stripe since a statement was made: it's kept, not done again, and the comparison tells.

Source: DOMAIN money.3, money.5.
"""

from collections.abc import Mapping, Sequence

from stripe import Invoice, Refund

from connectors.stripe import marks
from connectors.stripe.amounts import major, minor
from connectors.stripe.books import GONE, Books, ident
from connectors.stripe.marks import Line, Part
from connectors.stripe.notes import GoesTo


def is_void(invoice: Invoice | None) -> bool:
    """Whether nothing can be credited, paid or forgiven on it any more."""
    return invoice is not None and invoice.status == "void"


def refundable(books: Books, holds: Mapping[str, int], line: Line, part: Part) -> Line | None:
    """A refund of what its payment still `holds`, at most; the whole of it where it was made before."""
    document, payment = line.document, line.document.payment_id or ""
    if part.find(books.refunds(payment)) is not None:
        return line
    wanted = minor(document.amount, document.currency)
    left = min(holds.get(payment, wanted), wanted)
    if left <= 0:
        return None
    return line._replace(document=document.model_copy(update={"amount": major(left, document.currency)}))


def goes_to(books: Books, invoice: Invoice, sent: Sequence[Refund], wanted: int, elsewhere: int = 0) -> GoesTo:
    """Where a credit goes of which `wanted` was to be refunded, and `sent` was: the rest was refunded by hand."""
    missing = wanted - sum(refund.amount for refund in sent)
    return GoesTo(sent, elsewhere, _by_hand(books, invoice) if missing else (), missing)


def _by_hand(books: Books, invoice: Invoice) -> list[Refund]:
    """Refunds of its payments that no credit note names: ours can."""
    named = {ident(each.refund) for note in books.standing(invoice) for each in note.refunds}
    found = [refund for payment in books.payments(invoice) for refund in books.refunds(payment)]
    return [x for x in found if x.status not in GONE and x.id not in named and marks.KEY not in marks.of(x)]


def can_be_credited(books: Books, invoice: Invoice, credits_: Sequence[Line], key: str) -> bool:
    """Whether as much of it hasn't been credited yet."""
    others = sum(note.total for note in books.standing(invoice) if not marks.bears(note, key))
    return -sum(minor(x.document.amount, x.document.currency) for x in credits_) <= invoice.total - others
