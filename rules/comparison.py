"""Whether the billing system holds what the statement says, line by line. Source: DOMAIN money.5."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest

from models.money import ZERO, BillingState, Difference, Document, Settlement
from rules.rounding import rounded

_Name = tuple[str, str, str]


def differences(settlement: Settlement, held: Sequence[Document], after: BillingState) -> list[Difference]:
    """Every document of the settlement that the system holds otherwise or not at all, and what of it none asked for.

    Then what isn't at zero `after` it was settled: invoices, usage that none bills, credit. Source: DOMAIN money.5.
    """
    return [*_documents(settlement.documents, held), *_open(after)]


def _documents(expected: Sequence[Document], held: Sequence[Document]) -> Iterator[Difference]:
    """Documents of the same currency, kind and words answer each other by their amounts, in any order."""
    wanted, found = _amounts(expected), _amounts(held)
    for name in dict.fromkeys([*wanted, *found]):
        missing, extra = wanted.get(name, Counter()), found.get(name, Counter())
        pairs = zip_longest(sorted((missing - extra).elements()), sorted((extra - missing).elements()))
        for amount, other in pairs:
            yield Difference(currency=name[0], line=name[2], expected=ZERO if amount is None else amount, found=other)


def _amounts(documents: Iterable[Document]) -> dict[_Name, Counter[Decimal]]:
    found: dict[_Name, Counter[Decimal]] = {}
    for x in documents:
        found.setdefault((x.currency, x.kind, x.description), Counter())[x.amount] += 1
    return found


def _open(after: BillingState) -> Iterator[Difference]:
    for invoice in after.invoices:
        if invoice.due:
            line = f"Still open: {invoice.description}"
            yield Difference(currency=invoice.currency, line=line, expected=ZERO, found=invoice.due)
    for used in after.usage:
        if amount := rounded(used.amount, used.currency):
            line = f"Not billed: {used.description}"
            yield Difference(currency=used.currency, line=line, expected=ZERO, found=amount)
    for currency, credit in sorted(after.credit.items()):
        if credit:
            yield Difference(currency=currency, line="Credit balance", expected=ZERO, found=-credit)
