"""An offer as our own people read it."""

from collections.abc import Iterator

from models.offers import Offer
from models.vocabulary import OfferKind


def told(offer: Offer) -> Iterator[str]:
    """What it is, for how long it stands, what became of it, and what to do now."""
    yield f"{offer.id}  {_plain(offer.kind)}, for the reason {_plain(offer.reason)}"
    yield from (f"  {name}: {value}" for name, value in figures(offer))
    yield f"  it rests on: {offer.citation}"
    yield f"made {offer.made_at:%Y-%m-%d %H:%M %Z}, may be accepted until {offer.until:%Y-%m-%d %H:%M %Z}"
    if offer.answer is None:
        yield f"no answer yet: farewell offer accept|decline {offer.account} --as customer, or the customer's own page"
        return
    yield f"{offer.answer} {offer.answered_at:%Y-%m-%d}"
    if offer.kept_at is not None:
        yield f"kept {offer.kept_at:%Y-%m-%d} by {offer.kept_by}"
    elif offer.answer == "accepted" and offer.kind not in {OfferKind.EXTENDED_RETRIEVAL, OfferKind.PAUSE}:
        yield f"not kept yet: do it, then farewell offer kept {offer.account}"


def figures(offer: Offer) -> Iterator[tuple[str, object]]:
    """Its terms, by name, as far as it has them. Prices are net, of a month or a year."""
    terms = offer.terms
    money = f" {terms.currency} a {terms.per}, without tax"
    named = {
        "plan": terms.plan,
        "price today": terms.price_now is not None and f"{terms.price_now:f}{money}",
        "price then": terms.price_then is not None and f"{terms.price_then:f}{money}",
        "percent off": terms.percent is not None and f"{terms.percent.normalize():f}",
        "months": terms.months,
        "days": terms.days,
        "amount": terms.amount is not None and f"{terms.amount:f} {terms.currency}",
        "of the service from" if offer.kind is OfferKind.REFUND else "from": terms.begins_on,
        "up to and including": terms.ends_on,
    }
    return ((name, value) for name, value in named.items() if value)


def summary(offer: Offer) -> list[object]:
    """Its line in a list."""
    kept = f"{offer.kept_at:%Y-%m-%d}" if offer.kept_at else ""
    answer = offer.answer or f"open until {offer.until:%Y-%m-%d}"
    return [offer.case, f"{offer.made_at:%Y-%m-%d}", _plain(offer.kind), _plain(offer.reason), answer, kept]


def _plain(word: str) -> str:
    return word.replace("_", " ")
