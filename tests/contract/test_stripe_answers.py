"""How we read Stripe's answers, by its published objects. Source: https://docs.stripe.com/api."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.errors import NotFound
from models.money import InvoiceState
from rules.proration import unused
from tests.contract.stripe_published import (
    CUSTOMER,
    answering,
    invoice,
    item,
    line,
    note,
    page,
    payment,
    refund,
    subscription,
    tax,
)

AT = datetime(2026, 11, 16, tzinfo=UTC)


def read(**objects: object) -> InvoiceState:
    _, billing = answering(**objects)
    (found,) = billing.state("acme", AT).invoices
    return found


def test_money_3_payments_balance_credit_notes_and_refunds_of_an_invoice_add_up() -> None:
    found = read(
        invoices=page(
            invoice(
                10_000,
                line(9_000, taxes=[tax(1_000, "exclusive")]),
                status="paid",
                starting_balance=-1_000,
                amount_due=9_000,
                amount_paid=9_000,
                amount_remaining=0,
                payments=page(
                    payment(4_000, 1761960000, payment_intent="pi_1"), payment(5_000, 1761970000, charge="ch_2")
                ),
            )
        ),
        credit_notes=page(note(3_000, {"refund": "re_1", "amount_refunded": 1_000, "type": "refund"})),
        refunds=page(refund(500, "pending")),
    )
    assert (found.total, found.paid, found.credited, found.due) == (100, 70 - 0, 30, 0)
    assert found.payments == {"ch_2": 45, "pi_1": 35}


def test_money_3_discounts_and_inclusive_tax_are_in_the_lines_of_an_invoice() -> None:
    lines = [
        line(6_050, taxes=[tax(1_050, "inclusive")]),
        line(3_000, discount_amounts=[{"amount": 1_000, "discount": "di_1"}], taxes=[tax(420, "exclusive")]),
    ]
    found = read(invoices=page(invoice(8_470, *lines)))
    assert [(x.net, x.tax, x.tax_rate) for x in found.lines] == [
        (50, Decimal("10.50"), Decimal("0.21")),
        (20, Decimal("4.20"), Decimal("0.21")),
    ]
    assert (found.kind, found.total, found.due) == ("subscription", Decimal("84.70"), Decimal("84.70"))


def test_money_3_of_an_invoice_with_many_payments_only_its_own_are_counted() -> None:
    paid = {"status": "paid", "amount_paid": 12_000, "amount_remaining": 0}
    some = page(*(payment(1_000, n, payment_intent=f"pi_{n}") for n in range(10)), url="/v1/invoice_payments")
    every = page(*(payment(1_000, n, payment_intent=f"pi_{n}") for n in range(12)))
    wire, billing = answering(
        invoices=page(invoice(12_000, line(12_000), payments={**some, "has_more": True}, **paid)),
        invoice_payments=every,
    )
    (found,) = billing.state("acme", AT).invoices
    assert len(found.payments) == 12
    asked = [request.form for request in wire.seen if request.path == "/v1/invoice_payments"]
    assert asked == [{"invoice": "in_1", "limit": "100"}], "unasked, the next page would be that of all invoices"


def test_an_invoice_of_many_lines_is_read_a_hundred_at_a_time() -> None:
    few = {**page(*(line(100, id=f"il_{n}") for n in range(10)), url="/v1/invoices/in_1/lines"), "has_more": True}
    wire, billing = answering(
        invoices=page(invoice(15_000, lines=few)),
        invoices__in_1__lines=page(*(line(100, id=f"il_{n}") for n in range(150))),
    )
    (found,) = billing.state("acme", AT).invoices
    assert len(found.lines) == 150
    assert [x.form for x in wire.seen if x.path == "/v1/invoices/in_1/lines"] == [{"limit": "100"}]


def test_money_7_a_refund_of_ours_is_found_behind_a_hundred_others() -> None:
    paid = invoice(100, line(100), payments=page(payment(100, 1, payment_intent="pi_1")), status="paid")
    marks = {"farewell": "k", "farewell_part": "refund:0", "farewell_document_0": "refund|1|0|0|Refund: Team"}
    others = {**page(*(refund(1, "succeeded", id=f"re_{n}") for n in range(100)), url="/v1/refunds"), "has_more": True}
    wire, billing = answering(invoices=page(paid), refunds=others)
    first, ours = wire.before, (json.dumps(page(refund(100, "succeeded", id="re_ours", metadata=marks))), 200, {})
    wire.before = lambda request: ours if request.form.get("starting_after") == "re_99" else first(request)
    assert [x.refund_id for x in billing.refunds("acme", "k")] == ["re_ours"]
    assert {x.form["payment_intent"] for x in wire.seen if x.path == "/v1/refunds"} == {"pi_1"}


def test_money_1_a_rate_of_tax_is_exact() -> None:
    rate = {"id": "txr_21", "object": "tax_rate", "percentage": 8.875, "inclusive": False}
    found = read(invoices=page(invoice(10_888, line(10_000, taxes=[tax(888, "exclusive")]))), tax_rates__txr_21=rate)
    assert [x.tax_rate for x in found.lines] == [Decimal("0.08875")]


@pytest.mark.parametrize("usage", [True, False])
def test_money_3_what_stripe_bills_at_the_end_for_the_time_before_is_no_charge_after_it(usage: bool) -> None:
    """With the usage that it holds Stripe bills the items that are pending."""
    end = int(datetime(2026, 11, 16, tzinfo=UTC).timestamp())
    before = {"start": end - 86_400, "end": end - 86_400}
    pricing = {"type": "price_details", "price_details": {"price": "price_metered", "product": "prod_1"}}
    about = {"type": "invoice_item_details", "invoice_item_details": {"invoice_item": "ii_1"}}
    lines = [line(300, parent=about, period=before), *([line(700, pricing=pricing)] if usage else [])]
    found = read(
        invoices=page(invoice(sum(x["amount"] for x in lines), *lines, created=end + 60, effective_at=end + 60))
    )
    assert found.kind == ("usage" if usage else "one_off")
    assert unused(found, datetime.fromtimestamp(end, UTC), "UTC") == []


def test_a_memo_of_paragraphs_is_one_short_line_of_the_statement() -> None:
    found = read(invoices=page(invoice(100, line(100), description="Thank you!\n\n" + "Bank details " * 100)))
    assert found.description.startswith("Thank you! Bank details")
    assert len(found.description) <= 200


def test_lines_that_do_not_sum_to_the_total_are_not_told() -> None:
    found = read(invoices=page(invoice(9_500, line(9_000), shipping_cost={"amount_total": 500})))
    assert (found.total, found.lines) == (95, ())


def test_what_was_paid_too_much_went_to_the_credit_balance() -> None:
    paid = {"status": "paid", "amount_paid": 12_000, "amount_overpaid": 2_000, "amount_remaining": 0}
    payments = page(payment(12_000, 1761960000, payment_intent="pi_1"))
    found = read(invoices=page(invoice(10_000, line(10_000), payments=payments, **paid)))
    assert (found.paid, found.credited, found.due) == (100, 0, 0)


def test_an_invoice_whose_refund_failed_is_owed_to_the_customer() -> None:
    paid = {"status": "paid", "amount_paid": 10_000, "amount_remaining": 0}
    objects = {
        "invoices": page(
            invoice(10_000, line(10_000), payments=page(payment(10_000, 1, payment_intent="pi_1")), **paid)
        ),
        "credit_notes": page(note(4_000, {"refund": "re_1", "amount_refunded": 4_000, "type": "refund"})),
    }
    assert read(**objects, refunds=page(refund(4_000, "succeeded"))).due == 0
    for status in ("failed", "canceled"):
        assert read(**objects, refunds=page(refund(4_000, status))).due == -40
    again = page(refund(4_000, "failed"), refund(4_000, "pending", id="re_2"))
    assert read(**objects, refunds=again).due == 0


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("pending", "pending"),
        ("requires_action", "pending"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
def test_money_7_refunded_is_only_what_stripe_says_has_succeeded(status: str, told: str) -> None:
    paid = invoice(100, line(100), payments=page(payment(100, 1, payment_intent="pi_1")), status="paid")
    marks = {"farewell": "k", "farewell_part": "refund:0", "farewell_document_0": "refund|1|0|0|Refund: Team"}
    _, billing = answering(invoices=page(paid), refunds=page(refund(100, status, metadata=marks)))
    (found,) = billing.refunds("acme", "k")
    assert (found.status, found.amount, found.currency, found.description) == (told, 1, "EUR", "Refund: Team")
    assert len(billing.held("acme", "k")) == (told != "failed")


def test_money_3_credit_is_told_in_every_currency_and_a_balance_that_is_owed_is_negative() -> None:
    balances = {"eur": -150, "jpy": -4000, "usd": 200, "gbp": 0}
    about = {"id": CUSTOMER, "object": "customer", "invoice_credit_balance": balances}
    _, billing = answering(**{f"customers__{CUSTOMER}": about})
    assert billing.state("acme", AT).credit == {"EUR": Decimal("1.50"), "JPY": 4000, "USD": -2}


def test_a_customer_that_was_deleted_is_not_found() -> None:
    _, billing = answering(**{f"customers__{CUSTOMER}": {"id": CUSTOMER, "object": "customer", "deleted": True}})
    with pytest.raises(NotFound):
        billing.state("acme", AT)


def test_money_2_a_subscription_tells_price_quantity_tax_coupon_and_end() -> None:
    coupon = {
        "id": "di_1",
        "object": "discount",
        "source": {"type": "coupon", "coupon": {"id": "c", "percent_off": 20}},
    }
    rate = {"id": "txr_21", "object": "tax_rate", "percentage": 21.0, "inclusive": False}
    one = subscription(
        item(1_000, quantity=3, recurring={"interval": "year"}),
        default_tax_rates=[rate],
        discounts=[coupon],
        cancel_at=int(AT.timestamp()),
    )
    _, billing = answering(subscriptions=page(one))
    (found,) = billing.state("acme", AT).subscriptions
    assert (found.price, found.quantity, found.interval) == (30, 3, "year")
    assert (found.tax_rate, found.discount) == (Decimal("0.21"), Decimal("0.2"))
    assert found.ends_at == AT


@pytest.mark.parametrize(("unit", "quantity", "price"), [(1_000, 0, "0"), (0.5, 300, "1.50"), (1_000, None, "10")])
def test_money_2_the_price_is_for_the_seats_that_there_are(unit: float, quantity: int | None, price: str) -> None:
    _, billing = answering(subscriptions=page(subscription(item(unit, quantity=quantity))))
    (found,) = billing.state("acme", AT).subscriptions
    assert found.price == Decimal(price)


def test_metered_items_and_those_of_several_intervals_promise_no_price() -> None:
    mixed = subscription(
        item(1_000), item(None, "metered", id="si_2"), item(9_000, id="si_3", recurring={"interval_count": 3})
    )
    _, billing = answering(subscriptions=page(mixed))
    assert [x.subscription_id for x in billing.state("acme", AT).subscriptions] == ["si_1"]
