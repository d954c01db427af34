"""Our marks in Stripe's metadata: by them everything we made is found again. Source: DOMAIN money.7.

Metadata holds at most 50 names of 40 characters, with values of 500: https://docs.stripe.com/api/metadata.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, Protocol, TypeVar

import stripe
from stripe import ListObject, RequestOptions, StripeObject

from models.money import Document

KEY = "farewell"  # the effect that made the object
PART = "farewell_part"  # which of the effect's objects it is
SETTLED, LEFT, REVERSED = "farewell_settled", "farewell_left", "farewell_reversed"
MUTED, STOPPED = "farewell_muted", "farewell_stopped"
FROZEN, FROZEN_AT = "farewell_frozen", "farewell_frozen_at"
PAUSED, MOVED, PAST, PERIOD = "farewell_paused", "farewell_moved", "farewell_past", "farewell_period"
BEFORE, REPLACES, PENDING = "farewell_before", "farewell_replaces", "farewell_pending"
_DOCUMENT = "farewell_document_"
_LONGEST, _MOST = 500, 40


class Marked(Protocol):
    """What has metadata."""

    @property
    def metadata(self) -> Any:
        """Names and values."""
        ...


Object = TypeVar("Object", bound=Marked)
Listed = TypeVar("Listed", bound=StripeObject)


class Line(NamedTuple):
    """A document of a settlement, and which one it is."""

    number: int
    document: Document


def everything(page: ListObject[Listed]) -> list[Listed]:
    """All pages of a list."""
    return list(page.auto_paging_iter())


def of(made: Marked) -> dict[str, str]:
    """All metadata of an object."""
    return dict(made.metadata.to_dict()) if made.metadata else {}


def bears(made: Marked, key: str) -> bool:
    """Whether the effect `key` made it."""
    return of(made).get(KEY) == key


class Part(NamedTuple):
    """One object that an effect makes: its `name` tells it from the effect's others.

    With `whoever` it's made once whichever effect asks for it; the first one's key stays in the metadata.
    """

    key: str
    name: str
    whoever: bool = False

    def find(self, made: Iterable[Object]) -> Object | None:
        """What was made already, if it was."""
        return next((x for x in made if of(x).get(PART) == self.name and (self.whoever or bears(x, self.key))), None)

    def make(self, listed: Callable[[], Iterable[Object]], create: Callable[[RequestOptions], Object]) -> Object:
        """What stands in the list, or what is created now with our key as the Idempotency-Key. Source: DOMAIN money.7.

        Stripe refuses a key that comes with other words: then another attempt was quicker, and what it made is listed.
        """
        made = self.find(listed())
        if made is not None:
            return made
        try:
            return create(self.once())
        except stripe.IdempotencyError:
            made = self.find(listed())
            if made is None:
                raise
            return made

    def mark(self, lines: Iterable[Line] = ()) -> dict[str, str]:
        """The metadata of what is made."""
        return {KEY: self.key, PART: self.name, **told(lines)}

    def once(self, step: str = "") -> RequestOptions:
        """The options of the request that makes it, or of a further `step`."""
        return once("farewell" if self.whoever else self.key, self.name + step)


def told(lines: Iterable[Line]) -> dict[str, str]:
    """Which documents an object stands for. Of too many the first are told, and the comparison says so."""
    return {f"{_DOCUMENT}{line.number}": _words(line.document)[:_LONGEST] for line in [*lines][:_MOST]}


def _words(document: Document) -> str:
    amounts = (format(amount, "f") for amount in (document.amount, document.tax, document.tax_rate))
    return "|".join((document.kind, *amounts, document.description))


def documents(metadata: Mapping[str, str], currency: str, kinds: Sequence[str]) -> list[Document]:
    """The documents of these kinds that an object stands for, by its metadata, without invoice and payment."""
    told = [(int(name.removeprefix(_DOCUMENT)), x) for name, x in metadata.items() if name.startswith(_DOCUMENT)]
    parts = [x.split("|", 4) for _, x in sorted(told)]
    return [
        Document(
            kind=kind,
            currency=currency.upper(),
            amount=Decimal(amount),
            tax=Decimal(tax),
            tax_rate=Decimal(rate),
            description=description,
        )
        for kind, amount, tax, rate, description in parts
        if kind in kinds
    ]


def once(key: str, part: str) -> RequestOptions:
    """The options of a request that must act once."""
    return {"idempotency_key": f"{key}:{part}"}
