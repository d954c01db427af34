"""An invoice of Stripe's as the money engine knows it. Source: DOMAIN money.3; money.1 (taxes per line)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from stripe import Invoice, InvoiceLineItem, StripeClient, TaxRate

from connectors.stripe import marks
from connectors.stripe.amounts import major
from connectors.stripe.books import Books, ident, lines_of
from connectors.stripe.moving import moved_by
from models.money import FINAL, ZERO, InvoiceLine, InvoiceState

_PERCENT = Decimal(100)
LONGEST = 200  # our words stand before theirs, and a transaction of the balance takes 350


class InvoiceReader:
    """Reads invoices; asks for each tax rate and price once."""

    def __init__(self, client: StripeClient, books: Books) -> None:
        """`books` of the customer whose invoices they are."""
        self._client, self._v1, self._books = client, client.v1, books
        self._rate = cache(self._asked_rate)
        self._is_metered = cache(self._asked_metered)

    def state(self, invoice: Invoice) -> InvoiceState:
        """The whole of it, in exact amounts; `credited` is what is neither paid nor due."""
        currency = invoice.currency.upper()
        paid, due = self._books.paid(invoice), self._books.due(invoice)
        lines = lines_of(self._client, invoice)
        in_advance = [x for x in lines if self._kind(x) == "recurring"]
        starts, ends = _service(in_advance or lines, moved_by(invoice))
        return InvoiceState(
            invoice_id=invoice.id,
            kind=self._kind_of(invoice, lines),
            description=_words(invoice, lines),
            currency=currency,
            total=major(invoice.total, currency),
            paid=major(paid, currency),
            credited=major(invoice.total - paid - due, currency),
            payments={name: major(held, currency) for name, held in self._books.payments(invoice).items()},
            issued_at=moment(invoice.effective_at or invoice.created),
            service_start=starts,
            service_end=ends,
            lines=self._lines(invoice, lines),
        )

    def _lines(self, invoice: Invoice, lines: list[InvoiceLineItem]) -> tuple[InvoiceLine, ...]:
        """None of them where they don't sum to the total, as with credit grants and shipping costs."""
        found = tuple(self._line(line) for line in lines)
        whole = sum((line.amount for line in found), ZERO)
        return found if whole == major(invoice.total, invoice.currency) else ()

    def _line(self, line: InvoiceLineItem) -> InvoiceLine:
        """Its discounts are in its net already."""
        taxes = line.taxes or []
        off = sum(x.amount for x in line.discount_amounts or [])
        within = sum(tax.amount for tax in taxes if tax.tax_behavior == "inclusive")
        named = [ident(tax.tax_rate_details.tax_rate) for tax in taxes if tax.tax_rate_details]
        return InvoiceLine(
            kind=self._kind(line),
            description=line.description or "",
            net=major(line.amount - off - within, line.currency),
            tax=major(sum(tax.amount for tax in taxes), line.currency),
            tax_rate=sum((self._rate(name) for name in named), ZERO),
        )

    def _kind(self, line: InvoiceLineItem) -> str:
        """`recurring` is what is paid in advance of its period."""
        if line.parent is None or line.parent.type != "subscription_item_details":
            return "other"
        price = line.pricing.price_details.price if line.pricing and line.pricing.price_details else None
        return "usage" if price and self._is_metered(ident(price)) else "recurring"

    def _kind_of(self, invoice: Invoice, lines: list[InvoiceLineItem]) -> str:
        kinds = {self._kind(line) for line in lines}
        if marks.of(invoice).get(marks.PART, "").startswith(FINAL):
            return FINAL
        if "recurring" in kinds:
            return "subscription"
        return "usage" if "usage" in kinds else "one_off"

    def _asked_rate(self, name: str) -> Decimal:
        return share_of(self._v1.tax_rates.retrieve(name))

    def _asked_metered(self, price: str) -> bool:
        recurring = self._v1.prices.retrieve(price).recurring
        return recurring is not None and recurring.usage_type == "metered"


def moment(seconds: int) -> datetime:
    """A time of Stripe's."""
    return datetime.fromtimestamp(seconds, UTC)


def share_of(rate: TaxRate) -> Decimal:
    """0.21 for 21 %, exact: there are rates such as 8.875 %."""
    return (Decimal(str(rate.percentage)) / _PERCENT).normalize()


def _service(lines: Iterable[InvoiceLineItem], later: int) -> tuple[datetime | None, datetime | None]:
    """The period that is billed, half-open; Stripe's own ends where the next one starts."""
    periods = [line.period for line in lines if line.amount > 0]
    if not periods:
        return None, None
    return moment(min(x.start for x in periods) + later), moment(max(x.end for x in periods) + later)


def _words(invoice: Invoice, lines: list[InvoiceLineItem]) -> str:
    first = lines[0].description if lines else None
    return in_short(invoice.description or first or invoice.number or invoice.id)


def in_short(text: str) -> str:
    """A description as a line of a statement can bear it: a memo may have paragraphs."""
    return " ".join(text.split())[:LONGEST].strip()
