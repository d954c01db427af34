"""Whether the system holds what the statement says, and what leaving costs. Source: DOMAIN money.5."""

from decimal import Decimal

from models.money import BillingState, Difference, Document, Settlement, Statement, StatementLine
from rules.comparison import differences
from rules.cost import cost
from tests.unit.sample_billing import invoice, settled, usage

FINAL = settled(invoice(paid="30.00"), invoice("8.00", invoice_id="I2", kind="usage"), used="3.00")


def found(held: list[Document], after: BillingState | None = None) -> list[tuple[str, str, str | None]]:
    all_of_them = differences(FINAL, held, after or BillingState())
    return [(x.line, str(x.expected), None if x.found is None else str(x.found)) for x in all_of_them]


def test_money_5_a_system_that_holds_every_document_in_any_order_does_not_differ() -> None:
    assert found(list(FINAL.documents)) == found(list(reversed(FINAL.documents))) == []


def test_money_5_a_missing_document_is_named_with_what_was_expected() -> None:
    without = [x for x in FINAL.documents if x.kind != "refund"]
    assert found(without) == [("Refund: Plan, November", "4.00", None)]


def test_money_5_another_amount_is_named_with_both() -> None:
    halved = [x.model_copy(update={"amount": x.amount / 2}) if x.kind == "refund" else x for x in FINAL.documents]
    assert found(halved) == [("Refund: Plan, November", "4.00", "2.00")]


def test_money_5_a_document_that_nobody_asked_for_is_named() -> None:
    extra = Document(kind="credit", currency="EUR", amount=Decimal(-1), description="Goodwill", invoice_id="I1")
    assert found([*FINAL.documents, extra, FINAL.documents[0]]) == [
        ("Unused days: Plan, November", "0", "-15.00"),
        ("Goodwill", "0", "-1"),
    ]


def test_money_5_what_is_not_at_zero_afterwards_is_named() -> None:
    after = BillingState(
        invoices=(invoice("10.00", "9.00"), invoice("5.00", "5.00", invoice_id="I2")),
        usage=(usage("2.004"), usage("0.001")),
        credit={"EUR": Decimal(0), "USD": Decimal("0.50")},
    )
    assert found(list(FINAL.documents), after) == [
        ("Still open: Plan, November", "0", "1.00"),
        ("Not billed: SMS", "0", "2.00"),
        ("Credit balance", "0", "-0.50"),
    ]


def test_money_5_currencies_are_never_mixed_up() -> None:
    one = Document(kind="refund", currency="EUR", amount=Decimal(1), description="Refund: x")
    other = one.model_copy(update={"currency": "USD"})
    assert differences(Settlement(statements=(), documents=(one,)), [other], BillingState()) == [
        Difference(currency="EUR", line="Refund: x", expected=Decimal(1)),
        Difference(currency="USD", line="Refund: x", expected=Decimal(0), found=Decimal(1)),
    ]


def test_money_5_leaving_costs_what_will_still_be_paid_less_what_comes_back() -> None:
    assert cost(settled(invoice(paid="30.00")).statements) == {"EUR": Decimal(-15)}
    assert cost(settled(invoice("100.00")).statements) == {"EUR": Decimal(50)}
    assert cost(settled(used="20.00").statements) == {"EUR": 0}  # written off


def test_money_5_what_a_statement_leaves_open_is_still_to_be_paid() -> None:
    line = StatementLine(kind="charge", description="x", amount=Decimal(7))
    assert cost([Statement(currency="EUR", lines=(line,), total=Decimal(7))]) == {"EUR": Decimal(7)}
