"""What Stripe holds of one customer, read once, and what it adds up to. Source: DOMAIN money.3."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from stripe import Charge, CreditNote, Invoice, InvoiceLineItem, InvoicePayment, Refund, StripeClient

from connectors.stripe import marks
from connectors.stripe.marks import everything

PAGE = 100
GONE = frozenset({"failed", "canceled"})  # of a refund: no money went back
SET_OFF = "set_off"


class Books:
    """A customer's invoices, credit notes, charges and refunds."""

    def __init__(self, client: StripeClient, customer: str) -> None:
        """Reads invoices and credit notes now, the rest when it's asked for."""
        self._client, self._v1, self.customer = client, client.v1, customer
        asked = self._v1.invoices.list({"customer": customer, "limit": PAGE, "expand": ["data.payments"]})
        self.invoices = everything(asked)
        self._paid = {x.id: list(_paid(payments_of(client, x))) for x in self.invoices}
        self.notes: dict[str, list[CreditNote]] = defaultdict(list)
        for note in everything(self._v1.credit_notes.list({"customer": customer, "limit": PAGE})):
            self.notes[ident(note.invoice)].append(note)
        self._refunds: dict[str, list[Refund]] = {}

    @cached_property
    def charges(self) -> list[Charge]:
        """Money that came in, the newest first."""
        asked = self._v1.charges.list({"customer": self.customer, "limit": PAGE})
        return [charge for charge in everything(asked) if charge.status == "succeeded" and charge.captured]

    def answers(self, key: str) -> list[tuple[str, str, Refund]]:
        """The refunds that the effect `key` asked for: invoice (or nothing), payment, refund."""
        by_invoice = {payment: x.id for x in self.invoices for payment, _, _ in self._paid[x.id]}
        alone = {ident(x.payment_intent) or x.id: "" for x in self.charges}
        return [
            (invoice, payment, refund)
            for payment, invoice in {**alone, **by_invoice}.items()
            for refund in self.refunds(payment)
            if marks.bears(refund, key)
        ]

    def refunds(self, payment: str) -> list[Refund]:
        """All refunds of a payment, those that failed among them; it isn't asked where Stripe says there are none."""
        if payment in self._unrefunded:
            return []
        if payment not in self._refunds:
            self._refunds[payment] = refunds_of(self._client, payment)
        return self._refunds[payment]

    @cached_property
    def _unrefunded(self) -> set[str]:
        """Payments of invoices without credit notes, whose charges gave nothing back."""
        whole = {ident(x.payment_intent) or x.id for x in self.charges if not x.amount_refunded}
        plain = [invoice for invoice in self.invoices if not self.notes.get(invoice.id)]
        return whole & {payment for invoice in plain for payment, _, _ in self._paid[invoice.id]}

    def payments(self, invoice: Invoice) -> dict[str, int]:
        """What each payment brought in for an invoice and still holds, the newest first.

        What came in outside of Stripe can't go back through it, and isn't here.
        """
        paid = sorted(self._paid[invoice.id], key=lambda found: (-found[1], found[0]))
        return {payment: amount - self.sent_back(payment) for payment, _, amount in paid}

    def sent_back(self, payment: str) -> int:
        """What was refunded of a payment, or is on its way."""
        return sum(refund.amount for refund in self.refunds(payment) if refund.status not in GONE)

    def paid(self, invoice: Invoice) -> int:
        """The part of it that was settled by money, set-offs and the credit balance, less what went back.

        A credit note says of what it gives back after the payment where it went: refunds are counted by themselves.
        """
        came = invoice.amount_paid + _from_balance(invoice)
        back = invoice.amount_overpaid  # went to the credit balance
        back += sum(self.sent_back(payment) for payment, _, _ in self._paid[invoice.id])
        for note in self.standing(invoice):
            if marks.of(note).get(marks.PART, "").startswith(SET_OFF):
                came += note.total
            back += note.post_payment_amount - sum(refund.amount_refunded for refund in note.refunds)
        return came - back

    def due(self, invoice: Invoice) -> int:
        """What is open; less what is owed again because its refund failed."""
        failed = self._failed(invoice)
        is_left = invoice.status in {"void", "uncollectible"} or marks.LEFT in marks.of(invoice)
        is_due = marks.REVERSED in marks.of(invoice) and invoice.status != "void"
        return (0 if is_left and not is_due else invoice.amount_remaining) - failed

    def standing(self, invoice: Invoice) -> Sequence[CreditNote]:
        """Its credit notes that aren't void."""
        return [note for note in self.notes[invoice.id] if note.status == "issued"]

    def _failed(self, invoice: Invoice) -> int:
        """What credit notes sent back that never arrived, and no other refund has replaced."""
        all_ = [refund for payment, _, _ in self._paid[invoice.id] for refund in self.refunds(payment)]
        lost = {refund.id for refund in all_ if refund.status in GONE}
        linked = [each for note in self.standing(invoice) for each in note.refunds]
        failed = sum(each.amount_refunded for each in linked if ident(each.refund) in lost)
        arrived = sum(each.amount_refunded for each in linked) - failed
        return max(failed - (sum(x.amount for x in all_ if x.id not in lost) - arrived), 0) if failed else 0


def refunds_of(client: StripeClient, payment: str) -> list[Refund]:
    """All refunds of a payment."""
    if payment.startswith("pi_"):
        return everything(client.v1.refunds.list({"payment_intent": payment, "limit": PAGE}))
    return everything(client.v1.refunds.list({"charge": payment, "limit": PAGE}))


def ident(one: object) -> str:
    """The id of what may be expanded."""
    return one if isinstance(one, str) else str(getattr(one, "id", ""))


def _from_balance(invoice: Invoice) -> int:
    """What the credit balance paid of it when it was finalized: credit is negative at Stripe."""
    return 0 if invoice.ending_balance is None else invoice.ending_balance - invoice.starting_balance


def payments_of(client: StripeClient, invoice: Invoice) -> list[InvoicePayment]:
    """All payments of an invoice. The list that an invoice holds can't be paged: its next page is of all invoices."""
    if invoice.payments is None or invoice.payments.has_more:
        return everything(client.v1.invoice_payments.list({"invoice": invoice.id, "limit": PAGE}))
    return invoice.payments.data


def lines_of(client: StripeClient, invoice: Invoice) -> list[InvoiceLineItem]:
    """All lines of an invoice, which itself holds the first few."""
    if invoice.lines.has_more:
        return everything(client.v1.invoices.line_items.list(invoice.id, {"limit": PAGE}))
    return invoice.lines.data


def _paid(payments: Iterable[InvoicePayment]) -> Iterator[tuple[str, int, int]]:
    """Payment, instant and amount of what was paid by Stripe."""
    for each in payments:
        payment = each.payment.payment_intent or each.payment.charge
        if each.status == "paid" and payment:
            yield ident(payment), each.status_transitions.paid_at or each.created, each.amount_paid or 0
