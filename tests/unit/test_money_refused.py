"""Billing data that can't be: refused in one line that says where. Source: DOMAIN money.1, money.3."""

from datetime import datetime
from decimal import Decimal

import pytest

from models.money import BillingState
from rules.forecast import due
from rules.rounding import MoneyRefused
from rules.settlement import settle
from tests.unit.sample_billing import END, MADRID, NEXT, START, TERMS, ZONE, invoice, itemised, subscription, usage

CASES = {
    "unknown currency of an invoice": (
        BillingState(invoices=(invoice(currency="EUT"),)),
        "there is no currency 'EUT'",
    ),
    "unknown currency of usage": (BillingState(usage=(usage("1", currency="XXY"),)), "there is no currency 'XXY'"),
    "unknown currency in credit": (BillingState(credit={"EURO": Decimal(1)}), "there is no currency 'EURO'"),
    "unknown currency of a price": (
        BillingState(subscriptions=(subscription(currency="ZZZ"),)),
        "there is no currency 'ZZZ'",
    ),
    "negative usage": (BillingState(usage=(usage("-0.01"),)), "usage 'SMS' is negative: -0.01"),
    "more tax than usage": (BillingState(usage=(usage("1", tax=Decimal(2)),)), "usage 'SMS': 2 of 1 can't be tax"),
    "too many decimals invoiced": (
        BillingState(invoices=(invoice("30.005"),)),
        "invoice I1: 30.005 EUR has more than 2 decimals",
    ),
    "decimals where the currency has none": (
        BillingState(invoices=(invoice("30.5", currency="JPY"),)),
        "invoice I1: 30.5 JPY has more than 0 decimals",
    ),
    "too many decimals in credit": (
        BillingState(credit={"KWD": Decimal("1.0001")}),
        "the credit balance: 1.0001 KWD has more than 3 decimals",
    ),
    "lines that don't sum to the total": (
        BillingState(invoices=(itemised(("recurring", "30.00", "0.21")).model_copy(update={"total": Decimal(37)}),)),
        "invoice I1: its lines sum to 36.30, its total is 37",
    ),
    "a period that ends before it starts": (
        BillingState(invoices=(invoice(service_end=START, service_start=NEXT),)),
        "invoice I1: its period ends before it starts",
    ),
    "more credited than invoiced": (
        BillingState(invoices=(invoice("30.00", credited=Decimal(31)),)),
        "invoice I1: more was credited than the 30.00 it came to",
    ),
    "an invoice of less than nothing": (
        BillingState(invoices=(invoice("-30.00"),)),
        "invoice I1: it came to less than nothing, -30.00",
    ),
    "two invoices of one id": (BillingState(invoices=(invoice(), invoice())), "there are two invoices I1"),
    "a subscription whose period ends before it starts": (
        BillingState(subscriptions=(subscription(period_end=START),)),
        "subscription S1: its period ends before it starts",
    ),
    "a negative price": (
        BillingState(subscriptions=(subscription("-1"),)),
        "subscription S1: its price, tax rate or minimum is negative",
    ),
    "a coupon of more than all": (
        BillingState(subscriptions=(subscription(discount=Decimal(20)),)),
        "subscription S1: a discount of 20 is no share",
    ),
}


@pytest.mark.parametrize(("billing", "what"), CASES.values(), ids=CASES)
def test_money_3_what_cannot_be_is_refused_before_anything_is_settled(billing: BillingState, what: str) -> None:
    for asked in (lambda: settle(billing, END, TERMS, MADRID), lambda: due(billing, END, MADRID)):
        with pytest.raises(MoneyRefused) as refused:
            asked()
        assert refused.value.what == what
        assert refused.value.fix


def test_money_3_an_invoice_of_less_than_nothing_that_went_to_the_balance_is_settled() -> None:
    moved = BillingState(invoices=(invoice("-30.00", credited=Decimal(-30)),), credit={"EUR": Decimal(30)})
    assert [(x.kind, str(x.amount)) for x in settle(moved, END, TERMS, MADRID).documents] == [("refund", "30.00")]


def test_money_1_trailing_zeros_are_no_decimals() -> None:
    billing = BillingState(invoices=(invoice("30.0000", currency="JPY", kind="usage"),))
    (statement,) = settle(billing, END, TERMS, MADRID).statements
    assert str(statement.lines[0].amount) == "30"


def test_money_3_a_period_of_no_length_bills_no_day() -> None:
    empty = invoice(service_start=NEXT, service_end=NEXT, paid="30.00")
    assert settle(BillingState(invoices=(empty,)), datetime(2026, 1, 1, tzinfo=ZONE), TERMS, MADRID).statements == ()
