"""The port `Offers` on both databases. Source: DOMAIN messages.4."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from connectors.errors import NotFound
from connectors.store.offers import SqlOffers
from models.offers import Offer, Terms
from models.vocabulary import OfferKind, Reason
from tests.contract.sample_account import new_id

MADE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
LATER = MADE + timedelta(days=2)
FULL = Terms(
    currency="KWD",
    per="year",
    price_now=Decimal("4080.000"),
    price_then=Decimal("3672.000"),
    percent=Decimal("10.5"),
    months=12,
    days=9,
    plan="Bancada «Taller»",
    begins_on=date(2027, 7, 17),
    ends_on=date(2028, 7, 16),
    amount=Decimal("0.125"),
)


@pytest.fixture
def offers(engine: Engine) -> SqlOffers:
    return SqlOffers(engine)


def offer(terms: Terms = FULL, made_at: datetime = MADE) -> Offer:
    account = new_id()
    return Offer(
        id=f"{account}-1-offer",
        case=f"{account}-1",
        account=account,
        kind=OfferKind.DISCOUNT,
        reason=Reason.PRICE,
        terms=terms,
        citation="house policy: ñ",
        made_at=made_at,
        until=made_at + timedelta(days=14),
    )


@pytest.mark.parametrize("terms", [FULL, Terms()], ids=["all", "nothing"])
def test_what_is_kept_is_read_back_as_it_was(offers: SqlOffers, terms: Terms) -> None:
    made = offer(terms)
    assert offers.keep(made) == made
    read = offers.of(made.case)
    assert read == made
    assert read.terms.model_dump_json() == terms.model_dump_json()


def test_messages_4_a_case_has_one_offer_the_first(offers: SqlOffers) -> None:
    first = offer()
    offers.keep(first)
    other = first.model_copy(update={"id": "another", "kind": OfferKind.PERSON, "terms": Terms()})
    assert offers.keep(other) == first
    assert offers.of("nobody-1") is None


def test_messages_4_the_first_answer_stands(offers: SqlOffers) -> None:
    made = offers.keep(offer())
    assert offers.answer(made.id, "declined", LATER).answer == "declined"
    again = offers.answer(made.id, "accepted", LATER + timedelta(days=1))
    assert (again.answer, again.answered_at) == ("declined", LATER)


def test_messages_4_a_promise_is_kept_once(offers: SqlOffers) -> None:
    made = offers.keep(offer())
    offers.answer(made.id, "accepted", LATER)
    offers.kept(made.id, "ana", LATER)
    again = offers.kept(made.id, "eva", LATER + timedelta(days=1))
    assert (again.kept_by, again.kept_at) == ("ana", LATER)


def test_what_nobody_made_is_not_found(offers: SqlOffers) -> None:
    for change in (lambda: offers.answer("none", "accepted", MADE), lambda: offers.kept("none", "ana", MADE)):
        with pytest.raises(NotFound):
            change()


def test_those_of_a_time_are_half_open_and_in_order(offers: SqlOffers) -> None:
    long_ago = MADE - timedelta(days=5000)
    made = [offers.keep(offer(made_at=long_ago + timedelta(days=n))) for n in (2, 0, 1)]
    found = offers.since(long_ago, long_ago + timedelta(days=2))
    assert [each.id for each in found if each in made] == [made[1].id, made[2].id]
