"""Published examples of others, computed by hand here. Each names its source; no code of theirs is used.

Source: DOMAIN money.1–money.3.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from models.money import BillingState, InvoiceState, MoneyTerms, SubscriptionState, UnbilledUsage
from rules.billing_periods import for_days
from rules.forecast import due, expected
from rules.proration import change, unused
from rules.rounding import rounded
from rules.settlement import settle
from tests.unit.sample_billing import TERMS, itemised, subscription

UTC_ZONE = "Etc/UTC"


def at(year: int, month: int, day: int, hour: int = 0, zone: str = UTC_ZONE) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZoneInfo(zone))


def monthly(price: str, start: datetime, end: datetime, currency: str = "USD") -> SubscriptionState:
    return subscription(price, currency=currency, period_start=start, period_end=end)


def test_money_2_stripe_an_upgrade_halfway_from_10_to_20_usd_is_billed_5_more() -> None:
    """Source: https://docs.stripe.com/billing/subscriptions/prorations, How prorations work: −5 and +10 USD."""
    april = monthly("10", at(2026, 4, 1), at(2026, 5, 1))
    assert [str(x.net) for x in change(april, Decimal(20), at(2026, 4, 16), UTC_ZONE)] == ["-5.00", "10.00"]


def test_money_3_stripe_a_credit_note_before_payment_reduces_what_is_due() -> None:
    """Source: https://docs.stripe.com/revenue-recognition/examples/credit-notes: 120 USD, 30 credited before payment.

    90 USD are left, over 31 + 28 + 31 days from 1 January 2026, of which January's are 31; by the end of January 59
    of them aren't used.
    """
    quarter = InvoiceState(
        invoice_id="I1",
        kind="subscription",
        description="Quarter",
        currency="USD",
        total=Decimal(90),
        paid=Decimal(90),
        payments={"P1": Decimal(90)},
        issued_at=at(2026, 1, 1),
        service_start=at(2026, 1, 1),
        service_end=at(2026, 4, 1),
    )
    assert [str(x.amount) for x in unused(quarter, at(2026, 2, 1), UTC_ZONE)] == ["59.00"]
    unpaid = quarter.model_copy(update={"total": Decimal(120), "credited": Decimal(30), "paid": Decimal(0)})
    documents = settle(BillingState(invoices=(unpaid,)), at(2026, 4, 1), MoneyTerms(), UTC_ZONE).documents
    assert [(x.kind, str(x.amount)) for x in documents] == [("handed_over", "-90.00")]


_THE_15TH = at(2022, 10, 15, 10)


def lago(*, credited: str = "0", coupon: str = "0", end: datetime = _THE_15TH, zone: str = UTC_ZONE) -> list[str]:
    """31 EUR and 20 % for October 2022, paid in advance: total credited and its tax.

    Source: getlago/lago-api, spec/services/credit_notes/create_from_termination_spec.rb (#4025 spells it out).
    """
    october = itemised(
        ("recurring", "31.00", "0.20"),
        *([("discount", f"-{coupon}", "0.20")] if Decimal(coupon) else []),
        credited=Decimal(credited),
        paid=Decimal("37.20"),
        service_start=at(2022, 10, 1, zone=zone),
        service_end=at(2022, 11, 1, zone=zone),
    )
    documents = settle(BillingState(invoices=(october,)), end, TERMS, zone).documents
    return [str(amount) for x in documents if x.kind == "credit" for amount in (-x.amount, -x.tax)]


def test_money_2_lago_a_termination_on_the_15th_credits_16_days_with_their_tax() -> None:
    assert lago() == ["19.20", "3.20"]


def test_money_3_lago_what_was_credited_before_is_deducted_first() -> None:
    """Lago counts the earlier 10.00 net; with their tax they are 12.00."""
    assert lago(credited="12.00") == ["7.20", "1.20"]


def test_money_2_lago_a_coupon_lowers_the_credit() -> None:
    assert lago(coupon="10.00") == ["13.01", "2.17"]


@pytest.mark.parametrize(
    ("zone", "expected"), [("America/Los_Angeles", ["20.40", "3.40"]), ("Europe/Paris", ["19.20", "3.20"])]
)
def test_dates_1_lago_the_day_of_termination_is_that_of_the_customers_zone(zone: str, expected: list[str]) -> None:
    """01:00 UTC on the 15th is still the 14th in Los Angeles: a day more to credit."""
    assert lago(end=at(2022, 10, 15, 1), zone=zone) == expected


def test_money_2_lago_a_subscription_that_ends_on_its_first_day_is_billed_that_day() -> None:
    """Source: getlago/lago-api#1863: of 29.00 for the 29 days of February 2024, 28.00 come back."""
    february = itemised(
        ("recurring", "29.00", "0"), service_start=at(2024, 2, 1), service_end=at(2024, 3, 1), paid=Decimal(29)
    )
    assert [str(x.amount) for x in unused(february, at(2024, 2, 1, 15), UTC_ZONE)] == ["28.00"]


def test_money_3_lago_an_unpaid_invoice_gives_no_money_back() -> None:
    """Source: getlago/lago#212: who cancelled and hadn't paid got a credit note that they could spend."""
    open_ = itemised(("recurring", "30.00", "0"), service_start=at(2023, 3, 1), service_end=at(2023, 3, 31))
    documents = settle(BillingState(invoices=(open_,)), at(2023, 3, 1), MoneyTerms(), UTC_ZONE).documents
    assert [(x.kind, str(x.amount), x.invoice_id) for x in documents] == [("credit", "-30.00", "I1")]


@pytest.mark.parametrize("issued_first", [True, False])
def test_money_3_lago_ending_on_the_billing_day_credits_nothing_that_was_not_invoiced(issued_first: bool) -> None:
    """Source: getlago/lago-api#1754, #1755: whether billing or termination ran first on that day decided on a credit note."""
    day = at(2024, 3, 1)
    state = BillingState(subscriptions=(monthly("50", at(2024, 2, 1), day),))
    if issued_first:
        state = expected(state, day + timedelta(days=31), UTC_ZONE)
    documents = settle(state, day, MoneyTerms(), UTC_ZONE).documents
    assert [(x.kind, str(x.amount)) for x in documents] == ([("credit", "-50.00")] if issued_first else [])
    assert due(state, day, UTC_ZONE) == ()


@pytest.mark.parametrize(
    ("price", "month", "start", "end", "amount"),
    [
        ("100", (2026, 1), 1, 15, "45.16"),
        ("40", (2023, 5), 11, 32, "27.10"),
        ("50", (2023, 4), 6, 31, "41.67"),
    ],
)
def test_money_2_lago_a_part_of_a_month_costs_its_days(
    price: str, month: tuple[int, int], start: int, end: int, amount: str
) -> None:
    """14/31 × 100, 21/31 × 40, 25/30 × 50.

    Source: https://getlago.com/docs/guide/subscriptions/upgrades-downgrades; getlago/lago-docs,
    docs/guide/05_plans/upgrades-downgrades.md and plan-model.md.
    """
    first = at(*month, 1)
    one = monthly(price, first, (first + timedelta(days=31)).replace(day=1))
    begins, ends = ((first + timedelta(days=n - 1)).date() for n in (start, end))
    assert str(rounded(for_days(one.price, one, begins, ends, UTC_ZONE), "USD")) == amount


def test_money_2_lago_a_minimum_of_100_with_50_used_bills_50_on_top() -> None:
    """Source: getlago/lago-docs, docs/guide/05_plans/charges/charge-minimum.md; it prorates them, too."""
    used = UnbilledUsage(description="Tracked users", currency="USD", amount=Decimal(50))
    one = monthly("0", at(2023, 6, 1), at(2023, 7, 1)).model_copy(update={"minimum": Decimal(100)})
    billing = BillingState(usage=(used,), subscriptions=(one,))
    whole, half = (settle(billing, end, MoneyTerms(), UTC_ZONE) for end in (at(2023, 7, 1), at(2023, 6, 16)))
    assert [str(x.amount) for x in whole.documents if x.kind == "charge"] == ["50.00", "50.00"]
    assert [str(x.amount) for x in half.documents if x.kind == "charge"] == ["50.00"]


@pytest.mark.parametrize(
    ("price", "bill_day", "start", "end", "amount"),
    [
        ("24.95", at(2021, 9, 25), at(2021, 9, 16), at(2021, 9, 25), "7.24"),
        ("24.95", at(2021, 10, 17), at(2021, 9, 25), at(2021, 10, 17), "18.30"),
        ("24.95", at(2021, 9, 25), at(2021, 9, 17), at(2021, 9, 25), "6.44"),
        ("24.95", at(2021, 10, 25), at(2021, 9, 30), at(2021, 10, 25), "20.79"),
        ("17.95", at(2021, 10, 20), at(2021, 9, 30), at(2021, 10, 20), "11.97"),
        ("9.95", at(2012, 6, 1), at(2012, 5, 2), at(2012, 6, 1), "9.63"),
    ],
)
def test_money_2_kill_bill_a_period_aligned_to_the_bill_cycle_day_costs_its_days(
    price: str, bill_day: datetime, start: datetime, end: datetime, amount: str
) -> None:
    """9/31, 22/30, 8/31, 25/30 of 24.95, 20/30 of 17.95, 30/31 of 9.95.

    Source: killbill/killbill-docs, userguide/tutorials/catalog-examples.adoc, Billing Alignment Rules, and
    invoice_subsystem.adoc.
    """
    one = monthly(price, bill_day - timedelta(days=1), bill_day)
    assert str(rounded(for_days(one.price, one, start.date(), end.date(), UTC_ZONE), "USD")) == amount


def test_money_3_kill_bill_a_downgrade_leaves_a_credit_of_the_difference() -> None:
    """239.95 − 9.63 = 230.32 stay in credit. Source: killbill/killbill-docs, userguide/tutorials/invoice_subsystem.adoc."""
    billing = BillingState(
        invoices=(
            itemised(
                ("recurring", "9.63", "0"),
                currency="USD",
                kind="usage",
                issued_at=datetime(2012, 5, 2, tzinfo=UTC),
            ),
        ),
        credit={"USD": Decimal("239.95")},
    )
    (statement,) = settle(billing, at(2012, 6, 1), MoneyTerms(), UTC_ZONE).statements
    assert (statement.lines[-1].kind, str(statement.lines[-1].amount)) == ("refund", "230.32")


def test_dates_4_kill_bill_an_end_of_term_is_a_date_so_that_no_period_is_prorated() -> None:
    """Source: killbill/killbill#921: without a date, END_OF_TERM meant now, and a month was cut."""
    january = monthly("30", at(2018, 1, 1), at(2018, 2, 1)).model_copy(update={"ends_at": at(2018, 4, 1)})
    found = due(BillingState(subscriptions=(january,)), at(2018, 12, 31), UTC_ZONE)
    assert [(str(x.total), x.service_end) for x in found] == [("30.00", at(2018, 3, 1)), ("30.00", at(2018, 4, 1))]
