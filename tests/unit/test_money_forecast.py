"""Invoices to come. Each test is named after the rule that it proves. Source: DOMAIN money.2, money.4, dates.1."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import BillingState, SubscriptionState
from rules.billing_periods import for_days
from rules.forecast import due, expected
from rules.settlement import settle
from tests.contract.settling import outstanding
from tests.unit.sample_billing import END, MADRID, NEXT, TERMS, ZONE, subscription


def of(*subscriptions: SubscriptionState) -> BillingState:
    return BillingState(subscriptions=subscriptions)


def starts(found: SubscriptionState, until: datetime) -> list[str]:
    return [x.invoice_id.removeprefix("S1-") for x in due(of(found), until, MADRID)]


def day(year: int, month: int, of_month: int) -> datetime:
    return datetime(year, month, of_month, tzinfo=ZONE)


def test_money_4_the_next_periods_fall_due_in_advance_and_the_last_one_is_cut() -> None:
    found = due(of(subscription(tax_rate=Decimal("0.21"))), day(2027, 1, 11), MADRID)
    assert [(x.invoice_id, x.description, str(x.total), x.issued_at) for x in found] == [
        ("S1-20261201", "Plan, 2026-12-01 – 2026-12-31", "121.00", NEXT),
        ("S1-20270101", "Plan, 2027-01-01 – 2027-01-10", "39.03", day(2027, 1, 1)),
    ]
    assert [(x.service_start, x.service_end) for x in found][1] == (day(2027, 1, 1), day(2027, 1, 11))
    assert [x.kind for x in found] == ["subscription", "subscription"]


def test_money_4_charges_end_where_the_subscription_ends() -> None:
    assert starts(subscription(ends_at=NEXT), day(2027, 6, 1)) == []
    (one,) = due(of(subscription(ends_at=day(2026, 12, 11))), day(2027, 6, 1), MADRID)
    assert (str(one.total), one.service_end) == ("32.26", day(2026, 12, 11))


def test_money_9_nothing_bills_a_day_from_the_end_on() -> None:
    assert due(of(subscription()), END, MADRID) == due(of(subscription()), NEXT, MADRID) == ()


def test_money_2_a_coupon_is_a_share_rounded_once_and_tax_is_that_of_the_sum() -> None:
    discounted = subscription("33.33", discount=Decimal("0.15"), tax_rate=Decimal("0.21"))
    (one,) = due(of(discounted), day(2027, 1, 1), MADRID)
    assert [(x.kind, str(x.net), str(x.tax)) for x in one.lines] == [
        ("recurring", "33.33", "7.00"),
        ("discount", "-5.00", "-1.05"),
    ]
    assert str(one.total) == "34.28"
    half = subscription("10.03", discount=Decimal("0.5"), tax_rate=Decimal("0.21"))
    (one,) = due(of(half), day(2027, 1, 1), MADRID)
    assert [str(x.tax) for x in one.lines] == ["2.11", "-1.06"]  # 21 % of 5.02 alone would be 1.05
    assert str(one.total) == "6.06"


def test_money_2_what_comes_to_nothing_is_not_invoiced() -> None:
    assert due(of(subscription("0")), day(2027, 6, 1), MADRID) == ()
    assert due(of(subscription(discount=Decimal(1))), day(2027, 6, 1), MADRID) == ()


@pytest.mark.parametrize(
    ("interval", "period", "until", "expected_starts"),
    [
        ("month", ((2027, 1, 31), (2027, 2, 28)), (2027, 5, 2), ["20270228", "20270331", "20270430"]),
        ("month", ((2027, 1, 28), (2027, 2, 28)), (2027, 5, 2), ["20270228", "20270328", "20270428"]),
        ("month", ((2028, 1, 30), (2028, 2, 29)), (2028, 5, 2), ["20280229", "20280330", "20280430"]),
        ("month", ((2026, 11, 15), (2026, 12, 1)), (2027, 1, 2), ["20261201", "20270101"]),
        ("year", ((2024, 2, 29), (2025, 2, 28)), (2028, 3, 1), ["20250228", "20260228", "20270228", "20280229"]),
        ("week", ((2026, 10, 16), (2026, 10, 23)), (2026, 11, 2), ["20261023", "20261030"]),
        ("day", ((2026, 10, 24), (2026, 10, 25)), (2026, 10, 28), ["20261025", "20261026", "20261027"]),
    ],
)
def test_dates_1_periods_keep_their_day_through_short_months_and_leap_years(
    interval: str, period: tuple[tuple[int, int, int], ...], until: tuple[int, int, int], expected_starts: list[str]
) -> None:
    start, end = (day(*each) for each in period)
    assert starts(subscription(interval=interval, period_start=start, period_end=end), day(*until)) == expected_starts


def test_dates_1_a_period_begins_at_the_same_hour_of_the_clock_through_a_change_of_it() -> None:
    """Source: Stripe's periods begin at the second of the subscription."""
    at_ten = subscription(
        period_start=datetime(2027, 2, 14, 9, 30, tzinfo=UTC), period_end=datetime(2027, 3, 14, 9, 30, tzinfo=UTC)
    )
    found = due(of(at_ten), day(2027, 4, 30), MADRID)
    assert [x.issued_at.astimezone(UTC).isoformat() for x in found] == [
        "2027-03-14T09:30:00+00:00",
        "2027-04-14T08:30:00+00:00",
    ]
    assert [str(x.total) for x in found] == ["100.00", "53.33"]
    (cut_on_its_last_day,) = due(of(at_ten), datetime(2027, 4, 14, 6, tzinfo=UTC), MADRID)
    assert str(cut_on_its_last_day.total) == "100.00"


def test_dates_1_a_period_that_would_begin_in_the_hour_that_the_clock_skips_begins_when_it_goes_on() -> None:
    at_half_past_two = subscription(
        period_start=datetime(2027, 1, 28, 2, 30, tzinfo=ZONE), period_end=datetime(2027, 2, 28, 2, 30, tzinfo=ZONE)
    )
    march = due(of(at_half_past_two), day(2027, 4, 1), MADRID)[1]
    assert march.issued_at.isoformat() == "2027-03-28T03:30:00+02:00"


def test_money_4_what_is_expected_holds_the_invoices_and_expects_no_more() -> None:
    until = day(2027, 1, 11)
    then = expected(of(subscription(), subscription("7", subscription_id="S2")), until, MADRID)
    assert [(x.invoice_id, x.due > 0) for x in then.invoices] == [
        ("S1-20261201", True),
        ("S2-20261201", True),
        ("S1-20270101", True),
        ("S2-20270101", True),
    ]
    assert due(then, until, MADRID) == ()
    assert [(x.period_start, x.period_end, x.ends_at) for x in then.subscriptions] == [
        (day(2027, 1, 1), until, until)
    ] * 2


def test_money_4_an_invoice_that_exists_is_not_made_again() -> None:
    found = due(of(subscription()), day(2027, 1, 11), MADRID)
    assert due(BillingState(invoices=found[:1], subscriptions=(subscription(),)), day(2027, 1, 11), MADRID) == found[1:]


@given(
    st.sampled_from(["day", "week", "month", "year"]),
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.integers(0, 400),
    st.decimals(10, 10_000, places=2),
)
def test_money_2_invoices_to_come_follow_each_other_and_settle_to_what_was_used(
    interval: str, first: date, days: int, price: Decimal
) -> None:
    """Whatever the day of the end: each day up to it is billed once, none after it, and nothing is credited."""
    start, until = (datetime.combine(each, time.min, tzinfo=ZONE) for each in (first, first + timedelta(days=days)))
    one = subscription(str(price), interval=interval, period_start=start - timedelta(days=1), period_end=start)
    found = due(of(one), until, MADRID)
    assert all(a.service_end == b.service_start for a, b in pairwise(found))
    assert not found or (found[0].service_start, found[-1].service_end) == (start, until)
    assert len({x.invoice_id for x in found}) == len(found)
    exact = for_days(price, one, first, until.date(), MADRID)
    assert abs(sum((x.total for x in found), Decimal(0)) - exact) <= Decimal("0.005") * len(found)
    after = expected(of(one), until, MADRID)
    assert not [x for x in settle(after, until, TERMS, MADRID).documents if x.kind in {"credit", "refund"}]
    assert outstanding(after) == ({"EUR": sum(x.total for x in found)} if found else {})
