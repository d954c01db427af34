"""The money engine. Each test is named after the rule that it proves. Source: DOMAIN money."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import BillingState, InvoiceState, MoneyTerms, Settlement, UnbilledUsage
from rules import proration
from rules.rounding import rounded
from rules.settlement import outstanding, settle

MADRID = "Europe/Madrid"
END = datetime(2026, 11, 16, tzinfo=ZoneInfo(MADRID))
THRESHOLDS = {"EUR": Decimal(25), "USD": Decimal(25), "JPY": Decimal(3000), "KWD": Decimal("7.5")}
TERMS = MoneyTerms(thresholds=THRESHOLDS)
PLACES = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}


def invoice(total: str = "30.00", paid: str = "0", **fields: Any) -> InvoiceState:
    """Of November, 30 days, half of them used at END."""
    return InvoiceState(
        **{
            "invoice_id": "I1",
            "kind": "subscription",
            "description": "Plan, November",
            "currency": "EUR",
            "total": Decimal(total),
            "paid": Decimal(paid),
            "payments": {"P1": Decimal(paid)} if Decimal(paid) else {},
            "issued_at": datetime(2026, 10, 27, tzinfo=UTC),
            "service_start": datetime(2026, 11, 1, tzinfo=ZoneInfo(MADRID)),
            "service_end": datetime(2026, 12, 1, tzinfo=ZoneInfo(MADRID)),
            **fields,
        }
    )


def unused(*args: Any) -> Decimal:
    return sum((part.amount for part in proration.unused(*args)), Decimal(0))


def settled(*invoices: InvoiceState, usage: str = "", credit: str = "") -> Settlement:
    billing = BillingState(
        invoices=invoices,
        usage=(UnbilledUsage(description="SMS", currency="EUR", amount=Decimal(usage)),) if usage else (),
        credit={"EUR": Decimal(credit)} if credit else {},
    )
    return settle(billing, END, TERMS, MADRID)


def lines(settlement: Settlement) -> list[tuple[str, str]]:
    (statement,) = settlement.statements
    assert statement.closed
    return [(line.kind, str(line.amount)) for line in statement.lines]


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [("JPY", "10.5", "11"), ("EUR", "1.005", "1.01"), ("USD", "-1.005", "-1.01"), ("KWD", "1.0005", "1.001")],
)
def test_money_1_amounts_are_rounded_half_up_to_the_minor_units(currency: str, amount: str, expected: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == expected


def test_money_1_a_total_is_the_sum_of_its_rounded_lines() -> None:
    usage = tuple(UnbilledUsage(description=f"SMS {n}", currency="EUR", amount=Decimal("10.005")) for n in range(3))
    final = settle(BillingState(usage=usage), END, TERMS, MADRID)
    assert lines(final) == [("charge", "10.01")] * 3 + [("handed_over", "-30.03")]


def test_money_2_proration_counts_days_of_the_customers_zone_across_a_clock_change() -> None:
    zone = ZoneInfo(MADRID)
    october = invoice(
        "31.00", service_start=datetime(2026, 10, 1, tzinfo=zone), service_end=datetime(2026, 11, 1, tzinfo=zone)
    )
    assert unused(october, datetime(2026, 10, 26, tzinfo=zone), MADRID) == Decimal("6.00")


@pytest.mark.parametrize(
    ("billing_end", "expected"),
    [
        (END, "15.00"),
        (END + timedelta(hours=1), "14.00"),
        (datetime(2026, 10, 1, tzinfo=UTC), "30.00"),
        (datetime(2026, 11, 30, 23, tzinfo=UTC), "0"),
        (datetime(2027, 1, 1, tzinfo=UTC), "0"),
    ],
)
def test_money_2_a_day_that_began_is_used_and_no_more_than_the_period(billing_end: datetime, expected: str) -> None:
    assert unused(invoice(), billing_end, MADRID) == Decimal(expected)


def test_money_2_what_was_no_subscription_or_has_no_days_is_used() -> None:
    start = datetime(2026, 12, 1, tzinfo=UTC)
    assert not unused(invoice(kind="usage"), END, MADRID)
    assert not unused(invoice(service_start=None), END, MADRID)
    assert not unused(invoice(service_start=start, service_end=start), END, MADRID)


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


def test_money_3_a_credit_balance_pays_debts_and_its_rest_is_paid_out_however_small() -> None:
    assert lines(settled(usage="9.99", credit="10")) == [
        ("charge", "9.99"),
        ("credit", "-10.00"),
        ("refund", "0.01"),
    ]
    final = settled(usage="9.99", credit="10")
    assert (final.documents[-1].invoice_id, final.documents[-1].payment_id) == (None, None)


def test_money_3_what_we_owe_is_set_against_what_they_owe_before_anything_is_paid() -> None:
    final = settled(invoice(paid="30.00"), usage="20.00", credit="1.00")
    assert lines(final)[-1] == ("write_off", "-4.00")
    set_offs = [(x.invoice_id, str(x.amount)) for x in final.documents if x.kind == "set_off"]
    assert set_offs == [(None, "1.00"), ("final", "-1.00"), ("I1", "15.00"), ("final", "-15.00")]


def test_money_4_unbilled_usage_becomes_the_final_invoice() -> None:
    final = settled(usage="40.00")
    assert [(x.kind, x.invoice_id) for x in final.documents] == [("charge", "final"), ("handed_over", "final")]


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


@pytest.mark.parametrize(("usage", "kind"), [("25.00", "write_off"), ("25.01", "handed_over"), ("0.01", "write_off")])
def test_money_6_a_balance_at_or_under_the_threshold_is_written_off_with_its_reason(usage: str, kind: str) -> None:
    last = settled(usage=usage).documents[-1]
    assert last.kind == kind
    assert ("at or under 25.00 EUR" in last.description) is (kind == "write_off")


def test_money_6_the_threshold_counts_for_the_whole_balance_not_for_each_invoice() -> None:
    used = {"kind": "usage"}
    final = settled(invoice("20.00", **used), invoice("20.00", invoice_id="I2", **used))
    assert [x.kind for x in final.documents] == ["handed_over", "handed_over"]


def test_money_6_a_currency_without_a_threshold_forgives_nothing() -> None:
    billing = BillingState(usage=(UnbilledUsage(description="SMS", currency="CHF", amount=Decimal("0.05")),))
    assert settle(billing, END, TERMS, MADRID).documents[-1].kind == "handed_over"


def test_money_5_outstanding_names_what_is_open_even_if_it_sums_to_zero() -> None:
    billing = BillingState(invoices=(invoice("10.00"),), credit={"EUR": Decimal(10), "USD": Decimal(0)})
    assert outstanding(billing) == {"EUR": Decimal(0)}


@st.composite
def billings(draw: st.DrawFn) -> BillingState:
    """Invoices paid, part-paid, overpaid, credited; usage in any precision; a credit balance."""
    ids, invoices, usage, credit = count(1), [], [], {}
    for currency in draw(st.lists(st.sampled_from(sorted(PLACES)), unique=True, max_size=4)):
        amounts = st.decimals(0, 100_000, places=PLACES[currency])
        for _ in range(draw(st.integers(0, 3))):
            start = datetime(2026, draw(st.integers(1, 12)), 1, tzinfo=ZoneInfo(MADRID))
            total, paid = draw(amounts), draw(st.just(Decimal(0)) | amounts)
            invoices.append(
                invoice(
                    total,
                    paid,
                    invoice_id=f"I{next(ids)}",
                    kind=draw(st.sampled_from(["subscription", "usage", "one_off"])),
                    currency=currency,
                    credited=draw(st.just(Decimal(0)) | st.decimals(0, total, places=PLACES[currency])),
                    service_start=start,
                    service_end=start + timedelta(days=draw(st.integers(1, 400))),
                )
            )
        used = draw(st.lists(st.decimals(0, 5_000, places=6), max_size=2))
        usage += [UnbilledUsage(description="SMS", currency=currency, amount=amount) for amount in used]
        credit[currency] = draw(amounts)
    return BillingState(invoices=tuple(invoices), usage=tuple(usage), credit=credit)


@given(billings())
def test_money_5_every_statement_closes_to_exactly_zero(billing: BillingState) -> None:
    for statement in settle(billing, END, TERMS, MADRID).statements:
        assert sum(line.amount for line in statement.lines) == statement.total == 0


def applied(billing: BillingState, final: Settlement) -> BillingState:
    """What a billing system holds once it has made the documents."""
    invoices = []
    for state in billing.invoices:
        mine = [x for x in final.documents if x.invoice_id == state.invoice_id]
        money = sum(x.amount for x in mine if x.kind in {"refund", "set_off"})
        other = sum(x.amount for x in mine if x.kind not in {"refund", "set_off"})
        invoices.append(state.model_copy(update={"paid": state.paid - money, "credited": state.credited - other}))
    used = {c: sum(x.amount for x in final.documents if (x.invoice_id, x.currency) == (None, c)) for c in PLACES}
    credit = {currency: balance - used[currency] for currency, balance in billing.credit.items()}
    return BillingState(invoices=tuple(invoices), credit=credit)


@given(billings())
def test_money_5_what_was_settled_is_closed_and_settles_to_nothing(billing: BillingState) -> None:
    after = applied(billing, settle(billing, END, TERMS, MADRID))
    assert outstanding(after) == {}
    assert settle(after, END, TERMS, MADRID) == Settlement(statements=())


@given(billings())
def test_money_3_no_refund_exceeds_what_was_paid_less_what_was_used(billing: BillingState) -> None:
    documents = settle(billing, END, TERMS, MADRID).documents
    for state in billing.invoices:
        refunded = sum(x.amount for x in documents if x.kind == "refund" and x.invoice_id == state.invoice_id)
        used = state.total - max(unused(state, END, MADRID), state.credited)
        assert refunded <= max(state.paid - used, 0)
        assert not refunded or state.paid


@given(billings())
def test_money_3_what_is_forgiven_and_what_is_paid_back_never_meet(billing: BillingState) -> None:
    for statement in settle(billing, END, TERMS, MADRID).statements:
        kinds = {line.kind for line in statement.lines} & {"refund", "write_off", "handed_over"}
        assert len(kinds) <= 1


@given(billings())
def test_money_1_no_amount_has_more_decimals_than_its_currency(billing: BillingState) -> None:
    final = settle(billing, END, TERMS, MADRID)
    amounts = [(x.currency, line.amount) for x in final.statements for line in x.lines]
    for currency, amount in amounts + [(x.currency, x.amount) for x in final.documents]:
        assert -amount.as_tuple().exponent == PLACES[currency]


@given(billings(), st.randoms(use_true_random=False))
def test_money_5_order_changes_nothing_and_the_same_input_gives_the_same_answer(
    billing: BillingState, rng: Any
) -> None:
    shuffled = billing.model_copy(
        update={
            "invoices": tuple(rng.sample(billing.invoices, len(billing.invoices))),
            "usage": tuple(rng.sample(billing.usage, len(billing.usage))),
        }
    )
    before = billing.model_dump_json()
    assert settle(shuffled, END, TERMS, MADRID) == settle(billing, END, TERMS, MADRID)
    assert billing.model_dump_json() == before
