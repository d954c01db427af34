"""Offers that nobody could get, that contradict another clause, or that couldn't be true. Source: DOMAIN messages.4."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from models.policy import MOST_MONTHS, OfferClause, PauseClause, Policy
from models.vocabulary import STAYING, OfferKind, Reason
from rules.policy_check_amounts import decimals, wrong_amounts
from rules.policy_found import Finding, Placed, placed, together
from rules.policy_words import in_words

OWN = {
    OfferKind.PAUSE: ("days",),
    OfferKind.SMALLER_PLAN: ("plan", "price"),
    OfferKind.DISCOUNT: ("percent", "months"),
    OfferKind.FREE_MONTHS: ("months",),
    OfferKind.EXTENDED_RETRIEVAL: ("days",),
    OfferKind.REFUND: ("share",),
    OfferKind.PERSON: (),
}
"""The figures that make each kind of offer."""
_FIGURES = {
    "plan": '"Small"',
    "price": '{ EUR = "9.00" }',
    "percent": "20",
    "months": "6",
    "days": "30",
    "share": '"0.5"',
}
_WAYS_BACK = (OfferKind.SMALLER_PLAN, OfferKind.DISCOUNT, OfferKind.FREE_MONTHS, OfferKind.PERSON)
_NOTHING_LEFT = 100


def offers_wrong(policy: Policy) -> Iterator[Finding]:
    """All that is wrong with the offers, clause by clause."""
    offers = [each for each in placed(policy)["offer"] if isinstance(each.clause, OfferClause)]
    for each in offers:
        offer = each.clause
        if isinstance(offer, OfferClause):
            for what, fix in (*_figures(offer), *_addressed(offer), *_untrue(offer)):
                yield Finding(where=str(each), what=what, fix=fix)
            yield from wrong_amounts(each, "price", offer.price)
            yield from wrong_amounts(each, "least_yearly_value", offer.least_yearly_value)
        yield from _never_reached(each, offers)
        yield from _against_pauses(each, policy)


def _figures(offer: OfferClause) -> Iterator[tuple[str, str]]:
    """Of its kind's figures none is missing, and no other one stands there: it would say nothing."""
    own = OWN[offer.kind]
    for name in own:
        if not getattr(offer, name):
            yield f"a {_plain(offer.kind)} without {name} offers nothing", f"write {name} = {_FIGURES[name]}"
    for name in (*_FIGURES, "per"):
        priced = name == "per" and offer.kind is OfferKind.SMALLER_PLAN
        if name in offer.model_fields_set and name not in own and not priced:
            yield f"{name} says nothing of a {_plain(offer.kind)}", "take it out"


def _addressed(offer: OfferClause) -> Iterator[tuple[str, str]]:
    if not offer.reasons and not offer.come_back:
        reasons = ", ".join(f'"{reason}"' for reason in Reason)
        yield "it answers no reason, so nobody can get it", f"name reasons of {reasons}, or write come_back = true"
    if offer.reasons and offer.come_back:
        yield "who left long ago gives no reason any more", "take out reasons or come_back: they are two offers"
    if len(set(offer.reasons)) < len(offer.reasons):
        yield "it names a reason twice", "name each once"
    if offer.come_back and offer.kind not in _WAYS_BACK:
        fix = f"offer one of {', '.join(_WAYS_BACK)}"
        yield f"to one who has left, a {_plain(offer.kind)} is no way back", fix


def _untrue(offer: OfferClause) -> Iterator[tuple[str, str]]:
    """What couldn't be kept, or isn't what it says. Source: DOMAIN messages.4."""
    if offer.kind in STAYING and Reason.COMPANY_CLOSED in offer.reasons:
        fix = 'take "company_closed" out; extended_retrieval, refund or person may answer it'
        yield f"a company that closes can't stay, so a {_plain(offer.kind)} is no answer", fix
    if offer.percent == _NOTHING_LEFT:
        yield "100 % off is no discount but free months", 'write kind = "free_months"'
    if offer.percent is not None and decimals(offer.percent) > 2:  # noqa: PLR2004  # what a mail can say
        yield f"{offer.percent} % is finer than anybody reads", "write two decimals at most"
    if offer.months is not None and offer.months > MOST_MONTHS:
        yield f"{offer.months} months is longer than anybody can promise", f"write {MOST_MONTHS} at most"
    if offer.plan is not None and not (offer.plan.strip() and offer.plan.isprintable()):
        yield "plan is empty, or more than one line", "write the plan's name"


def _never_reached(each: Placed, offers: list[Placed]) -> Iterator[Finding]:
    before = [other for other in offers if other.number < each.number]
    for other in before:
        if _takes_all(other, each):
            what = f'it can\'t be reached: {other.name} ({other.whom}) says "{in_words(other.clause)}" first'
            yield Finding(where=str(each), what=what, fix="put it before that one, or take one out")
            return


def _takes_all(other: Placed, each: Placed) -> bool:
    """Whether whoever could get this one gets the other one: it comes first, always fits, and names all reasons."""
    a, b = each.clause, other.clause
    if not isinstance(a, OfferClause) or not isinstance(b, OfferClause) or other.whom != each.whom:
        return False
    longer = b.valid_from <= a.valid_from and (b.valid_to or date.max) >= (a.valid_to or date.max)
    reasons = a.come_back == b.come_back and set(a.reasons) <= set(b.reasons)
    return longer and reasons and _asks_no_more(b, a) and _fits_whenever(b, a)


def _asks_no_more(b: OfferClause, a: OfferClause) -> bool:
    """Whether each account that is worth enough for `a` is so for `b`."""
    if not b.least_yearly_value:
        return True
    least: Mapping[str, Decimal] = b.least_yearly_value
    return bool(a.least_yearly_value) and all(
        least.get(currency, Decimal("Infinity")) <= worth for currency, worth in a.least_yearly_value.items()
    )


def _fits_whenever(b: OfferClause, a: OfferClause) -> bool:
    """A talk fits everybody; of one kind, what can't be said truly of the first can't of the second either."""
    if b.kind is OfferKind.PERSON:
        return True
    alike = b.kind is a.kind and b.per == a.per and set(a.price) <= set(b.price)
    return alike and b.kind is not OfferKind.SMALLER_PLAN and (b.kind is not OfferKind.DISCOUNT or b.months == a.months)


def _against_pauses(each: Placed, policy: Policy) -> Iterator[Finding]:
    """A pause that the clauses on pauses don't allow at all, or not for so long. Source: DOMAIN modes.1."""
    offer = each.clause
    if not isinstance(offer, OfferClause) or offer.kind is not OfferKind.PAUSE:
        return
    for rule in placed(policy)["pause"]:
        pause = rule.clause
        if not isinstance(pause, PauseClause) or rule.whom != each.whom or not together(rule, each):
            continue
        if not pause.allowed:
            what = f"it offers a pause, and {rule.name} ({rule.whom}) allows none"
            yield Finding(where=str(each), what=what, fix="allow it there, or take this one out")
        elif offer.days is not None and offer.days > pause.most_days:
            what = f"a pause of {offer.days} days is longer than the {pause.most_days} of {rule.name} ({rule.whom})"
            yield Finding(where=str(each), what=what, fix=f"write days = {pause.most_days}, or fewer")


def _plain(kind: OfferKind) -> str:
    return kind.replace("_", " ")
