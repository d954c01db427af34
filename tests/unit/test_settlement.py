"""What closes an account to zero. Each test is named after the rule that it proves. Source: DOMAIN money.3–money.8."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from models.money import BillingState, MoneyTerms, Settlement
from rules.settlement import settle
from tests.contract.settling import outstanding
from tests.unit.sample_billing import (
    END,
    MADRID,
    NEXT,
    START,
    TERMS,
    THRESHOLDS,
    ZONE,
    invoice,
    itemised,
    lines,
    settled,
    subscription,
    usage,
)


def test_money_3_a_paid_invoice_is_refunded_to_its_payment_less_what_was_used() -> None:
    final = settled(invoice(paid="30.00"))
    assert lines(final) == [("charge", "30.00"), ("payment", "-30.00"), ("credit", "-15.00"), ("refund", "15.00")]
    assert final.documents[-1].payment_id == "P1"


def test_money_3_an_unpaid_invoice_is_reduced_never_refunded() -> None:
    final = settled(invoice("100.00"))
    assert lines(final) == [("charge", "100.00"), ("credit", "-50.00"), ("handed_over", "-50.00")]


def test_money_3_a_partly_paid_invoice_gives_back_only_what_exceeds_the_use() -> None:
    assert lines(settled(invoice(paid="20.00")))[-1] == ("refund", "5.00")
    assert lines(settled(invoice(paid="10.00")))[-1] == ("write_off", "-5.00")


def test_money_3_a_refund_goes_to_the_newest_payments_each_within_what_it_holds() -> None:
    final = settled(invoice(paid="30.00", payments={"P2": Decimal(10), "P1": Decimal(20)}))
    refunds = [(x.payment_id, x.amount) for x in final.documents if x.kind == "refund"]
    assert refunds == [("P2", Decimal(10)), ("P1", Decimal(5))]


def test_money_3_earlier_credits_are_deducted_first() -> None:
    final = settled(invoice(paid="22.00", credited=Decimal(8)))
    assert [x for x in lines(final) if x[0] in {"credit", "refund"}] == [
        ("credit", "-8.00"),
        ("credit", "-7.00"),
        ("refund", "7.00"),
    ]


def test_money_3_earlier_credits_are_shared_among_the_rates_of_tax() -> None:
    two = itemised(("recurring", "40.00", "0"), ("recurring", "20.00", "0.10"), paid="55.00", credited=Decimal("7.00"))
    found = [(str(x.amount), str(x.tax)) for x in settled(two).documents if x.kind == "credit"]
    assert found == [("-15.48", "0.00"), ("-8.52", "-0.77")]  # 24.00 of 31.00: 20.00 and 11.00


def test_money_3_no_document_is_of_nothing() -> None:
    two = itemised(("recurring", "40.00", "0"), ("recurring", "2.00", "0.10"), paid="42.20", credited=Decimal("21.09"))
    assert [str(x.amount) for x in settled(two).documents if x.kind == "credit"] == ["-0.01"]


def test_money_3_a_credit_balance_pays_debts_and_its_rest_is_paid_out_however_small() -> None:
    final = settled(used="9.99", credit="10")
    assert lines(final) == [("charge", "9.99"), ("credit", "-10.00"), ("refund", "0.01")]
    assert (final.documents[-1].invoice_id, final.documents[-1].payment_id) == (None, None)
    assert final.documents[-1].description == "To pay out: Credit balance"


def test_money_3_a_credit_balance_lapses_where_the_policy_says_so_but_pays_debts_first() -> None:
    final = settled(used="4.00", credit="10", terms=TERMS.model_copy(update={"pay_out_credit": False}))
    assert lines(final) == [("charge", "4.00"), ("credit", "-10.00"), ("lapsed", "6.00")]
    assert final.documents[-1].invoice_id is None


def test_money_3_what_was_paid_never_lapses() -> None:
    final = settled(invoice(paid="30.00", payments={}), terms=MoneyTerms(pay_out_credit=False))
    assert lines(final)[-1] == ("refund", "15.00")
    assert final.documents[-1].payment_id is None


def test_money_3_a_balance_below_zero_is_owed() -> None:
    assert lines(settled(credit="-3.00")) == [("charge", "3.00"), ("write_off", "-3.00")]


def test_money_3_what_we_owe_is_set_against_what_they_owe_before_anything_is_paid() -> None:
    final = settled(invoice(paid="30.00"), used="20.00", credit="1.00")
    assert lines(final)[-1] == ("write_off", "-4.00")
    set_offs = [(x.invoice_id, str(x.amount)) for x in final.documents if x.kind == "set_off"]
    assert set_offs == [(None, "1.00"), ("final", "-1.00"), ("I1", "15.00"), ("final", "-15.00")]


def test_money_3_an_invoice_paid_between_preview_and_close_is_refunded_then() -> None:
    preview, close = settled(invoice("100.00")), settled(invoice("100.00", "100.00"))
    assert lines(preview)[-1] == ("handed_over", "-50.00")
    assert lines(close)[-1] == ("refund", "50.00")


def test_money_4_unbilled_usage_becomes_the_final_invoice() -> None:
    final = settled(used="40.00")
    assert [(x.kind, x.invoice_id) for x in final.documents] == [("charge", "final"), ("handed_over", "final")]


def test_money_1_usage_carries_its_tax_which_is_split_off_the_rounded_line() -> None:
    used = usage("10.0049", tax=Decimal("1.7364"), tax_rate=Decimal("0.21"))
    (statement,) = settle(BillingState(usage=(used,)), END, TERMS, MADRID).statements
    line = statement.lines[0]
    assert (str(line.amount), str(line.tax), str(line.tax_rate)) == ("10.00", "1.74", "0.21")


def test_money_1_an_invoice_of_two_rates_is_a_line_for_each() -> None:
    two = itemised(("recurring", "40.00", "0.21"), ("usage", "20.00", "0.10"), ("usage", "5.00", "0.10"))
    (statement,) = settled(two).statements
    assert [(str(x.amount), str(x.tax)) for x in statement.lines][:2] == [("27.50", "2.50"), ("48.40", "8.40")]


@pytest.mark.parametrize(("used", "missing"), [("0", "15.00"), ("10.00", "5.00"), ("15.00", None), ("40.00", None)])
def test_money_2_usage_below_the_minimum_of_a_cut_period_is_billed_on_top(used: str, missing: str | None) -> None:
    billing = BillingState(usage=(usage(used),), subscriptions=(subscription(minimum=Decimal(30)),))
    charges = [
        (x.description, str(x.amount)) for x in settle(billing, END, TERMS, MADRID).documents if x.kind == "charge"
    ]
    assert charges[1:] == ([("Minimum: Plan, 2026-11-01 – 2026-11-15", missing)] if missing else [])


def test_money_2_a_minimum_counts_for_all_the_time_whose_usage_is_not_billed_and_bears_tax() -> None:
    one = subscription(minimum=Decimal(30), usage_since=datetime(2026, 9, 1, tzinfo=ZONE), tax_rate=Decimal("0.21"))
    billing = BillingState(usage=(usage("12.10", tax=Decimal("2.10")),), subscriptions=(one,))
    (_, minimum, *_rest) = settle(billing, END, TERMS, MADRID).documents
    assert (str(minimum.amount), str(minimum.tax)) == ("78.65", "13.65")  # 30 + 30 + 15 less 10, and 21 %


def test_money_2_the_running_minimum_counts_where_the_next_period_is_invoiced_already_and_none_before_it_began() -> (
    None
):
    ahead = subscription(minimum=Decimal(30), period_start=NEXT, period_end=datetime(2027, 1, 1, tzinfo=ZONE))
    running = ahead.model_copy(update={"usage_since": START})
    (statement,) = settle(BillingState(subscriptions=(running,)), END, TERMS, MADRID).statements
    assert str(statement.lines[0].amount) == "15.00"
    assert settle(BillingState(subscriptions=(ahead,)), END, TERMS, MADRID) == Settlement(statements=()), "not begun"


def test_money_2_two_minimums_share_the_usage() -> None:
    two = (
        subscription(minimum=Decimal(30)),
        subscription(minimum=Decimal(20), subscription_id="S2", description="Add"),
    )
    billing = BillingState(usage=(usage("18.00"),), subscriptions=two)
    charges = [(x.description[:12], str(x.amount)) for x in settle(billing, END, TERMS, MADRID).documents][:2]
    assert charges == [("SMS", "18.00"), ("Minimum: Add", "7.00")]


@pytest.mark.parametrize("month", [9, 11])
def test_money_2_a_subscription_that_ended_before_has_no_minimum_any_more(month: int) -> None:
    at = START.replace(month=month)
    ended = subscription(minimum=Decimal(30), period_start=at, period_end=at.replace(month=month + 1), ends_at=START)
    assert settle(BillingState(subscriptions=(ended,)), END, TERMS, MADRID) == Settlement(statements=())


def test_money_5_each_currency_closes_by_itself() -> None:
    billing = BillingState(
        invoices=(invoice(paid="30.00"), invoice("3000", invoice_id="I2", currency="JPY")), credit={"KWD": Decimal(1)}
    )
    final = settle(billing, END, TERMS, MADRID)
    assert [(x.currency, x.closed, x.lines[-1].kind) for x in final.statements] == [
        ("EUR", True, "refund"),
        ("JPY", True, "write_off"),
        ("KWD", True, "refund"),
    ]


def test_money_5_what_was_paid_and_used_up_does_not_appear() -> None:
    old = invoice(paid="30.00", service_end=datetime(2026, 11, 2, tzinfo=UTC))
    assert settled(old) == Settlement(statements=())


def test_money_5_outstanding_names_what_is_open_even_if_it_sums_to_zero() -> None:
    billing = BillingState(invoices=(invoice("10.00"),), credit={"EUR": Decimal(10), "USD": Decimal(0)})
    assert outstanding(billing) == {"EUR": Decimal(0)}


@pytest.mark.parametrize(("used", "kind"), [("25.00", "write_off"), ("25.01", "handed_over"), ("0.01", "write_off")])
def test_money_6_a_balance_at_or_under_the_threshold_is_written_off_with_its_reason(used: str, kind: str) -> None:
    last = settled(used=used).documents[-1]
    assert last.kind == kind
    assert ("at or under 25.00 EUR" in last.description) is (kind == "write_off")


def test_money_6_the_threshold_counts_for_the_whole_balance_not_for_each_invoice() -> None:
    final = settled(invoice("20.00", kind="usage"), invoice("20.00", invoice_id="I2", kind="usage"))
    assert [x.kind for x in final.documents] == ["handed_over", "handed_over"]


def test_money_6_a_currency_without_a_threshold_forgives_nothing() -> None:
    billing = BillingState(usage=(usage("0.05", currency="CHF"),))
    assert "CHF" not in THRESHOLDS
    assert settle(billing, END, TERMS, MADRID).documents[-1].kind == "handed_over"


def test_money_8_a_debt_however_large_closes_the_statement_so_that_nothing_waits_for_it() -> None:
    (statement,) = settled(invoice("99999.00", kind="usage")).statements
    assert statement.closed
    assert statement.lines[-1].kind == "handed_over"
