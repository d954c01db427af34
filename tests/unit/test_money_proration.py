"""Days not used, changes in mid-period, taxes. Each test is named after the rule that it proves. Source: DOMAIN money.2."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import BillingState, InvoiceState
from rules.calendar import ONE_DAY, midnight
from rules.forecast import due
from rules.proration import change, unused
from tests.unit.sample_billing import END, MADRID, NEXT, START, ZONE, invoice, itemised, lines, settled, subscription


def credited(found: InvoiceState, billing_end: datetime = END, timezone: str = MADRID) -> str:
    return str(sum((part.amount for part in unused(found, billing_end, timezone)), Decimal("0.00")))


def test_money_2_proration_counts_days_of_the_customers_zone_across_a_clock_change() -> None:
    october = invoice("31.00", service_start=datetime(2026, 10, 1, tzinfo=ZONE), service_end=START)
    assert credited(october, datetime(2026, 10, 26, tzinfo=ZONE)) == "6.00"


@pytest.mark.parametrize(
    ("billing_end", "expected"),
    [
        (END, "15.00"),
        (END + timedelta(hours=1), "14.00"),
        (datetime(2026, 10, 1, tzinfo=UTC), "30.00"),
        (datetime(2026, 11, 30, 23, tzinfo=UTC), "0.00"),
        (datetime(2027, 1, 1, tzinfo=UTC), "0.00"),
    ],
)
def test_money_2_a_day_that_began_is_used_and_no_more_than_the_period(billing_end: datetime, expected: str) -> None:
    assert credited(invoice(), billing_end) == expected


@pytest.mark.parametrize(("timezone", "expected"), [("Pacific/Kiritimati", "14.00"), ("Pacific/Pago_Pago", "15.00")])
def test_money_2_the_day_is_the_customers_wherever_they_are(timezone: str, expected: str) -> None:
    """16 November 11:30 UTC is the 17th, half past one, in Kiritimati, and the 16th, half past midnight, in Pago Pago."""
    zone = ZoneInfo(timezone)
    november = invoice(service_start=datetime(2026, 11, 1, tzinfo=zone), service_end=datetime(2026, 12, 1, tzinfo=zone))
    at = datetime(2026, 11, 16, 11, 30, tzinfo=UTC)
    days = {"Pacific/Kiritimati": "13.00", "Pacific/Pago_Pago": "14.00"}
    assert credited(november, at, timezone) == days[timezone]
    assert credited(november, at.astimezone(zone).replace(hour=0, minute=0), timezone) == expected


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("Africa/Cairo", date(2026, 4, 24)),
        ("America/Santiago", date(2026, 9, 6)),
        ("Asia/Beirut", date(2026, 3, 29)),
        ("America/Havana", date(2026, 11, 1)),  # it has two midnights
    ],
)
def test_dates_1_a_day_whose_midnight_the_clock_skips_or_repeats_has_not_begun_with_it(
    timezone: str, day: date
) -> None:
    """It begins at one: nothing of it is used when the account ends with the day before."""
    zone = ZoneInfo(timezone)
    starts = (datetime.combine(day + timedelta(days=days), time.min, zone) for days in (-10, 10))
    period = dict(zip(("service_start", "service_end"), starts, strict=True))
    end = midnight(day, timezone)
    assert credited(invoice("20.00", **period), end, timezone) == "10.00"
    assert credited(invoice("20.00", **period), end + timedelta(seconds=1), timezone) == "9.00"
    periods = {"period_start": midnight(day - 2 * ONE_DAY, timezone), "period_end": midnight(day - ONE_DAY, timezone)}
    daily = BillingState(subscriptions=(subscription("10", interval="day", **periods),))
    (last,) = due(daily, end, timezone)
    assert (str(last.total), last.description) == ("10.00", f"Plan, {day - ONE_DAY} – {day - ONE_DAY}")


def test_money_2_what_was_no_subscription_or_has_no_days_is_used() -> None:
    assert credited(invoice(kind="usage")) == "0.00"
    assert credited(invoice(service_start=None)) == "0.00"
    assert credited(invoice(service_start=NEXT, service_end=NEXT)) == "0.00"


def test_money_2_usage_minimums_and_fees_on_the_invoice_are_used_whatever_the_day() -> None:
    mixed = itemised(("recurring", "30.00", "0.21"), ("usage", "50.00", "0.21"), ("minimum", "5.00", "0.21"))
    assert credited(mixed) == "18.15"


def test_money_2_a_coupon_lowers_what_is_credited() -> None:
    assert credited(itemised(("recurring", "30.00", "0.21"), ("discount", "-6.00", "0.21"))) == "14.52"
    assert credited(itemised(("recurring", "30.00", "0"), ("discount", "-30.00", "0"))) == "0.00"


def test_money_2_a_coupon_at_another_rate_lowers_what_is_credited_all_the_same() -> None:
    assert credited(itemised(("recurring", "100.00", "0.21"), ("discount", "-50.00", "0.10"))) == "33.00"


def test_money_3_no_more_is_unused_than_was_invoiced() -> None:
    """Else more would go back than was ever paid."""
    goodwill = itemised(
        ("recurring", "100.00", "0"), ("other", "-80.00", "0"), paid=Decimal(20), payments={"P1": Decimal(20)}
    )
    assert lines(settled(goodwill))[-2:] == [("credit", "-20.00"), ("refund", "20.00")]
    assert credited(itemised(("recurring", "100.00", "0"), ("other", "-120.00", "0"))) == "0.00"


def test_money_9_what_was_charged_once_the_account_had_ended_is_unused_but_not_what_it_bills_from_before() -> None:
    late = invoice("40.00", paid="40.00", kind="one_off", issued_at=END, service_start=None, service_end=None)
    assert lines(settled(late))[-2:] == [("credit", "-40.00"), ("refund", "40.00")]
    assert settled(late).documents[0].description == "Charged after the end: Plan, November"
    assert credited(late.model_copy(update={"service_start": END})) == "40.00"
    assert credited(late.model_copy(update={"service_start": END - timedelta(days=1)})) == "0.00"
    assert credited(late.model_copy(update={"issued_at": END - timedelta(seconds=1)})) == "0.00"
    assert credited(late.model_copy(update={"kind": "usage"})) == "0.00"


def test_money_2_each_rate_of_tax_is_credited_by_itself_and_split_so_that_net_and_tax_add_up() -> None:
    mixed = itemised(("recurring", "100.00", "0.21"), ("recurring", "33.33", "0.10"), paid="157.66")
    found = unused(mixed, END, MADRID)
    assert [(str(x.amount), str(x.tax), str(x.tax_rate)) for x in found] == [
        ("18.33", "1.66", "0.10"),
        ("60.50", "10.50", "0.21"),
    ]
    documents = [x for x in settled(mixed).documents if x.kind == "credit"]
    assert [(x.amount, x.tax, x.tax_rate) for x in documents] == [(-x.amount, -x.tax, x.tax_rate) for x in found]


def test_money_2_a_change_in_mid_period_gives_the_credit_and_the_charge_up_and_down() -> None:
    taxed = subscription("100", tax_rate=Decimal("0.21"))
    up = change(taxed, Decimal(160), END, MADRID)
    assert [(x.description, str(x.net), str(x.tax)) for x in up] == [
        ("Unused days: Plan", "-50.00", "-10.50"),
        ("Remaining days: Plan", "80.00", "16.80"),
    ]
    assert [str(x.net) for x in change(taxed, Decimal(40), END, MADRID)] == ["-50.00", "20.00"]


def test_money_2_seats_that_come_or_go_in_mid_period_are_charged_by_their_days() -> None:
    five = subscription("50", quantity=Decimal(5), discount=Decimal("0.1"))
    credit, charge = change(five, Decimal(80), datetime(2026, 11, 21, tzinfo=ZONE), MADRID)
    assert (str(credit.net), str(charge.net)) == ("-15.00", "24.00")


def test_money_2_a_change_at_the_end_of_the_period_changes_nothing_in_it() -> None:
    for at in (NEXT, NEXT + timedelta(days=3)):
        assert [x.net for x in change(subscription(), Decimal(160), at, MADRID)] == [0, 0]


@given(st.decimals(0, 10**6, places=2), st.integers(0, 60), st.decimals(0, "0.27", places=2))
def test_money_2_what_is_used_and_what_is_not_add_up_to_the_invoice(net: Decimal, day: int, rate: Decimal) -> None:
    one = itemised(("recurring", str(net), str(rate)))
    at = datetime(2026, 10, 20, tzinfo=ZONE) + timedelta(days=day)
    (part,) = unused(one, at, MADRID) or [None]
    left = part.amount if part else Decimal(0)
    assert 0 <= left <= one.total
    assert part is None or 0 <= part.tax <= part.amount
    used_days = min(max((at.date() - START.date()).days, 0), 30)
    assert abs((one.total - left) - one.total * used_days / 30) <= Decimal("0.005")
