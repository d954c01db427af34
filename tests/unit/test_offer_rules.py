"""Which offer is made to whom, and that its figures are true. Source: DOMAIN messages.4, money.1."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import BillingState
from models.offers import Terms
from models.vocabulary import STAYING, Cause, Mode, OfferKind, Reason, Stage
from rules.calendar import midnight
from rules.leaving import AFTER_FREEZE, BEFORE_FREEZE, Leaving
from rules.offers import come_back_offer, offer_for
from rules.rounding import exponent, is_whole
from tests.unit.sample_billing import MADRID, invoice, subscription
from tests.unit.sample_facts import POLICY, facts
from tests.unit.sample_policy import clause, with_clauses

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ENDS = datetime(2027, 1, 1, tzinfo=ZoneInfo(MADRID))
WINDOW = datetime(2027, 2, 1, tzinfo=ZoneInfo(MADRID))
A_YEAR = {"interval": "year", "period_start": datetime(2026, 3, 1, tzinfo=UTC), "period_end": ENDS}


def offer(kind, **fields):
    return clause(**{"kind": kind, "reasons": ["price"], "rule": "messages.4", **fields})


def leaving(*subscriptions, reason=Reason.PRICE, invoices=(), **fields):
    about = {
        "case": "acme-1",
        "facts": facts(),
        "mode": Mode.STOP,
        "stage": Stage.NOTICE,
        "effective_date": ENDS,
        "retrieval_end": WINDOW,
        "billing": BillingState(subscriptions=subscriptions, invoices=invoices),
    }
    return Leaving(reason=reason, **{**about, **fields})


def made(written, *subscriptions, **fields):
    """The offer of this one clause."""
    return offer_for(with_clauses("offer", *written), leaving(*subscriptions, **fields), NOW)


def terms(written, *subscriptions, **fields):
    found = made([written], *subscriptions, **fields)
    return found and found.terms


DISCOUNT = offer("discount", percent="20", months=6)


def test_messages_4_a_discount_says_both_prices_and_from_when_until_when():
    found = made([DISCOUNT], subscription("99.99"))
    assert found.terms == Terms(
        currency="EUR",
        per="month",
        price_now=Decimal("99.99"),
        price_then=Decimal("79.99"),
        percent=Decimal(20),
        months=6,
        begins_on=date(2027, 1, 1),
        ends_on=date(2027, 6, 30),
    )
    assert found.until == midnight(date(2026, 12, 5), MADRID)  # fourteen days, of which today is none
    assert (found.id, found.reason, found.citation) == ("acme-1-offer", Reason.PRICE, "house policy: a test")


def test_money_1_each_line_is_rounded_once_and_coupons_count_before_the_offer():
    two = subscription("33.33", discount=Decimal("0.1")), subscription("10.01", subscription_id="S2")
    found = terms(DISCOUNT, *two)
    assert (found.price_now, found.price_then) == (Decimal("40.01"), Decimal("24.00") + Decimal("8.01"))


@pytest.mark.parametrize(
    "subscriptions",
    [
        (),
        (subscription("0"),),
        (subscription("100", interval="week"),),
        (subscription("100"), subscription("5", subscription_id="S2", currency="USD")),
        (subscription("100"), subscription("5", subscription_id="S2", **A_YEAR)),
        (subscription("100", ends_at=ENDS - timedelta(days=1)),),
        (subscription("100", discount=Decimal(2)),),
    ],
    ids=["none", "free", "weekly", "two currencies", "two rhythms", "ends anyway", "can't be"],
)
def test_messages_4_without_one_true_price_no_price_is_offered(subscriptions):
    assert terms(DISCOUNT, *subscriptions) is None


def test_messages_4_the_notice_of_this_exit_makes_no_price_untrue():
    assert terms(DISCOUNT, subscription("100", ends_at=ENDS)).price_then == 80


def test_messages_4_nobody_knows_a_price_where_billing_knows_nobody():
    assert terms(DISCOUNT, billing=None) is None
    assert terms(offer("person"), billing=None) == Terms()


def test_messages_4_a_price_of_a_year_is_lowered_for_whole_years():
    yearly = subscription("1200", **A_YEAR)
    assert terms(DISCOUNT, yearly) is None
    found = terms(offer("discount", percent="10", months=12), yearly)
    assert (found.per, found.price_then) == ("year", 1080)
    assert (found.begins_on, found.ends_on) == (date(2027, 1, 1), date(2027, 12, 31))


def test_messages_4_free_months_say_what_they_save_and_are_free():
    free = offer("free_months", months=2)
    found = terms(free, subscription("99.99"))
    assert (found.price_then, found.amount, found.ends_on) == (0, Decimal("199.98"), date(2027, 2, 28))
    assert terms(free, subscription("1000", **A_YEAR)).amount == Decimal("166.67")
    assert terms(free, subscription("99.99", minimum=Decimal(5))) is None


def test_messages_4_a_smaller_plan_costs_less_in_the_same_rhythm():
    smaller = offer("smaller_plan", plan="Small", price={"EUR": "40.00"})
    assert terms(smaller, subscription("100")).price_then == 40
    for dear in (subscription("40"), subscription("100", **A_YEAR), subscription("100", currency="USD")):
        assert terms(smaller, dear) is None
    assert terms(smaller, subscription("60"), subscription("60", subscription_id="S2")) is None


def test_modes_1_a_pause_is_offered_while_one_is_allowed():
    pause = offer("pause", days=90)
    assert terms(pause, subscription("100")) == Terms(
        currency="EUR", per="month", price_now=Decimal("100.00"), price_then=Decimal(0), days=90
    )
    assert terms(pause, billing=None) == Terms(days=90)
    assert terms(pause, pauses_before=2) is None


def test_money_3_no_more_goes_back_than_was_paid_and_the_exit_does_not_return():
    back = offer("refund", share="0.5")
    november = invoice("30.00", paid="30.00")
    found = terms(back, invoices=(november,))
    assert (found.amount, found.begins_on, found.ends_on) == (15, date(2026, 11, 1), date(2026, 11, 30))
    half = datetime(2026, 11, 16, tzinfo=ZoneInfo(MADRID))
    later = leaving(invoices=(november,), effective_date=half + timedelta(days=10)).model_copy(
        update={"effective_date": half}
    )
    over = offer_for(with_clauses("offer", back), later, NOW - timedelta(days=10))
    assert over.terms.amount == Decimal("7.50")
    for wrong in (invoice("30.00"), invoice("30.00", paid="29.99"), invoice("30.00", paid="30.00", kind="usage")):
        assert terms(back, invoices=(wrong,)) is None
    newer = invoice("30.00", invoice_id="I2", issued_at=NOW)
    assert terms(back, invoices=(november, newer)) is None


def test_messages_4_more_time_says_until_when():
    more = offer("extended_retrieval", days=30)
    assert terms(more) == Terms(days=30, ends_on=date(2027, 3, 2))
    assert terms(more, retrieval_end=None) == Terms(days=30)
    assert terms(more, retrieval_end=NOW) is None


@pytest.mark.parametrize("kind", OfferKind)
def test_messages_4_who_cannot_stay_any_more_is_not_asked_to(kind):
    figures = {"percent": "20", "months": 6} if kind is OfferKind.DISCOUNT else {}
    figures |= {"months": 2} if kind is OfferKind.FREE_MONTHS else {}
    figures |= {"days": 30} if kind in {OfferKind.PAUSE, OfferKind.EXTENDED_RETRIEVAL} else {}
    figures |= {"plan": "S", "price": {"EUR": "1"}} if kind is OfferKind.SMALLER_PLAN else {}
    figures |= {"share": "1"} if kind is OfferKind.REFUND else {}
    one, paid = [offer(kind, **figures)], (invoice("30.00", paid="30.00"),)
    found = {s: made(one, subscription("100"), stage=s, invoices=paid) is not None for s in Stage}
    where = set(BEFORE_FREEZE) | (set() if kind in STAYING | {OfferKind.REFUND} else set(AFTER_FREEZE))
    assert {stage for stage, offered in found.items() if offered} == where


def test_messages_4_an_offer_stands_no_longer_than_it_can_be_taken():
    soon = NOW + timedelta(days=3)
    assert made([DISCOUNT], subscription("100"), effective_date=soon).until == soon
    assert made([offer("extended_retrieval", days=9)], retrieval_end=soon).until == soon
    assert made([DISCOUNT], subscription("100"), effective_date=NOW) is None


def test_messages_4_the_first_that_fits_and_is_true_counts_the_contracts_own_before_all():
    general = offer("discount", percent="20", months=6), offer("person", reasons=["price", "other"])
    assert made(general, subscription("100")).kind is OfferKind.DISCOUNT
    assert made(general).kind is OfferKind.PERSON
    own = offer("extended_retrieval", days=9, contract="acme-contract")
    local = offer("extended_retrieval", days=8, jurisdiction="EU")
    assert made([*general, local, own], subscription("100")).terms.days == 9
    assert made([*general, local], subscription("100")).terms.days == 8
    assert made(general, reason=Reason.COMPETITOR) is None


def test_messages_4_an_offer_for_larger_accounts_is_for_larger_accounts():
    dear = offer("person", least_yearly_value={"EUR": "1000"})
    account = facts().account.model_copy(update={"yearly_value": Decimal(1000)})
    assert made([dear]) is None
    assert made([dear], facts=facts(account=account)) is not None
    assert made([dear], facts=facts(account=account.model_copy(update={"currency": "USD"}))) is None


@pytest.mark.parametrize(
    "fields",
    [{"mode": Mode.PAUSE}, *({"mode": Mode.EJECT, "cause": c} for c in Cause if c is not Cause.CUSTOMER_DEMAND)],
)
def test_messages_5_modes_3_who_pauses_or_is_put_out_is_offered_nothing(fields):
    assert made([offer("person")], **fields) is None
    assert made([offer("person")], mode=Mode.EJECT, cause=Cause.CUSTOMER_DEMAND) is not None


def test_messages_5_the_come_back_offer_is_for_who_left_and_true_by_the_policy_of_the_day():
    policy = with_clauses(
        "offer", offer("free_months", months=2, reasons=[], come_back=True, valid_to=date(2027, 1, 1))
    )
    account = facts().account
    assert offer_for(policy, leaving(subscription("100")), NOW) is None
    found = come_back_offer(policy, account, "acme-1", Reason.PRICE, NOW)
    assert (found.kind, found.terms, found.id) == (OfferKind.FREE_MONTHS, Terms(months=2), "acme-1-come-back")
    assert come_back_offer(policy, account, "acme-1", Reason.PRICE, ENDS) is None
    smaller = offer("smaller_plan", plan="S", price={"EUR": "9"}, reasons=[], come_back=True)
    found = come_back_offer(with_clauses("offer", smaller), account, "acme-1", Reason.PRICE, NOW)
    assert (found.terms.plan, found.terms.price_then) == ("S", 9)
    other = account.model_copy(update={"currency": "USD"})
    assert come_back_offer(with_clauses("offer", smaller), other, "acme-1", Reason.PRICE, NOW) is None


CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


@given(
    st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 99)), min_size=1, max_size=4),
    CURRENCIES,
    st.decimals("0.01", "99.99", places=2),
    st.integers(0, 365 * 24 * 60),
)
def test_money_1_a_discounts_figures_are_whole_lower_and_dated_after_the_answer(prices, currency, percent, minutes):
    at = NOW + timedelta(minutes=minutes)
    minor = Decimal(1).scaleb(-exponent(currency))
    several = [
        subscription(str(units * minor), subscription_id=f"S{n}", currency=currency, discount=Decimal(off) / 100)
        for n, (units, off) in enumerate(prices)
    ]
    policy = with_clauses("offer", offer("discount", percent=str(percent), months=6))
    found = offer_for(policy, leaving(*several, effective_date=at + timedelta(days=60)), at)
    if found is None:  # so little is paid that nothing can be taken off
        return
    now_then = found.terms.price_now, found.terms.price_then
    assert all(is_whole(amount, currency) for amount in now_then)
    assert 0 <= now_then[1] < now_then[0]
    assert found.until.astimezone(ZoneInfo(MADRID)).date() <= found.terms.begins_on < found.terms.ends_on
    assert at < found.until


def test_messages_4_every_reason_has_an_answer_in_the_shipped_policy():
    some = {"invoices": (invoice("30.00", paid="30.00"),)}
    found = {reason: offer_for(POLICY, leaving(subscription("100"), reason=reason, **some), NOW) for reason in Reason}
    assert {reason: offer.kind for reason, offer in found.items()} == {
        Reason.PRICE: OfferKind.DISCOUNT,
        Reason.MISSING_FEATURE: OfferKind.PERSON,
        Reason.TOO_LITTLE_USE: OfferKind.PAUSE,
        Reason.COMPETITOR: OfferKind.EXTENDED_RETRIEVAL,
        Reason.COMPANY_CLOSED: OfferKind.EXTENDED_RETRIEVAL,
        Reason.SERVICE_QUALITY: OfferKind.REFUND,
        Reason.OTHER: OfferKind.PERSON,
    }
