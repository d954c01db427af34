"""A settlement in Stripe is answered by counter-documents: money that went back is asked for anew, once.

Stripe reopens nothing, so what stands afterwards isn't what stood before; the customer owes what it owed, and has what it
had. Source: DOMAIN stages.7; docs/stripe.md.
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from models.money import BillingState, Fee
from rules.settlement import settle
from tests.contract.sample_books import TERMS
from tests.contract.stripe_books import StripeBooks

HOUR = timedelta(hours=1)


@pytest.fixture
def books(stripe_books: StripeBooks) -> StripeBooks:
    return stripe_books


def close(account: str, number: int = 1) -> str:
    return f"{account}-{number}:close_statement:-:1"


def undo(account: str, generation: int = 1) -> str:
    return f"{account}-1:reverse_statement:-:{generation}"


def owed(state: BillingState) -> Decimal:
    """What the customer owes on balance, unbilled usage included."""
    return sum(x.due for x in state.invoices) + sum(x.amount for x in state.usage) - sum(state.credit.values())


def closed_and_reversed(books: StripeBooks, account: str) -> tuple[BillingState, BillingState]:
    end = books.day(15)
    before = books.billing.state(account, end)
    settlement = settle(before, end, TERMS, books.timezone)
    books.billing.settle(account, settlement, close(account), end)
    answers = [books.billing.reverse(account, close(account), undo(account, n), end) for n in (1, 1, 2)]
    assert len({answer[0].count for answer in answers}) == 1
    after = books.billing.state(account, end)
    books.billing.settle(account, settlement, close(account), end)  # a late attempt
    assert books.billing.state(account, end) == after
    return before, after


def test_stages_7_days_that_were_refunded_are_charged_again_by_an_invoice_of_their_own(books: StripeBooks) -> None:
    account = books.add_account()
    books.add_subscription(account, "30", tax_rate="0.21")
    _, after = closed_and_reversed(books, account)
    (again,) = [x for x in after.invoices if x.due]
    assert (again.total, again.due) == (Decimal("18.15"), Decimal("18.15"))
    assert [(x.net, x.tax, x.tax_rate) for x in again.lines] == [(Decimal(15), Decimal("3.15"), Decimal("0.21"))]
    assert again.description == "Unused days: Team"
    assert books.dunning_muted(account)  # a person asks for it


def test_stages_7_a_credit_on_an_open_invoice_is_void(books: StripeBooks) -> None:
    account = books.add_account()
    books.add_subscription(account, "300", paid=False)
    before, after = closed_and_reversed(books, account)
    assert [(x.total, x.due, x.credited) for x in after.invoices] == [(300, 300, 0)]
    assert owed(after) == owed(before)


def test_stages_7_what_was_forgiven_is_due_again_though_stripe_calls_it_uncollectible(books: StripeBooks) -> None:
    account = books.add_account()
    invoice = books.add_subscription(account, "30", paid=False)
    before, after = closed_and_reversed(books, account)
    assert {x.invoice_id: x.due for x in after.invoices}[invoice] == 15
    assert owed(after) == owed(before) == 30


def test_stages_7_usage_is_unbilled_again_and_credit_is_in_credit_again(books: StripeBooks) -> None:
    account, end = books.add_account(), books.day(15)
    books.add_usage(account, "5", end - HOUR, tax_rate="0.21")
    books.add_credit(account, "20")
    before, after = closed_and_reversed(books, account)
    assert [(x.amount, x.tax, x.description) for x in after.usage] == [
        (x.amount, x.tax, x.description) for x in before.usage
    ]
    assert after.credit == before.credit == {"EUR": 20}
    assert owed(after) == owed(before)


def test_stages_7_what_was_handed_over_is_due_again(books: StripeBooks) -> None:
    account = books.add_account()
    invoice = books.add_invoice(account, "400")
    _, after = closed_and_reversed(books, account)
    assert [(x.invoice_id, x.due) for x in after.invoices] == [(invoice, 400)]


def test_stages_7_a_fee_of_leaving_is_not_asked_for_any_more(books: StripeBooks) -> None:
    account, end = books.add_account(), books.day(15)
    fee = Fee(contract="c1", currency="EUR", amount=Decimal(120), description="Leaving early")
    settlement = settle(
        books.billing.state(account, end), end, TERMS.model_copy(update={"fees": (fee,)}), books.timezone
    )
    books.billing.settle(account, settlement, close(account), end)
    books.billing.reverse(account, close(account), undo(account), end)
    assert owed(books.billing.state(account, end)) == 0
    assert books.billing.held(account, close(account)) == []


def test_stages_7_an_account_that_came_back_can_leave_again(books: StripeBooks) -> None:
    account, end = books.add_account(), books.day(15)
    books.add_subscription(account, "30")
    books.add_invoice(account, "400")
    closed_and_reversed(books, account)
    settlement = settle(books.billing.state(account, end), end, TERMS, books.timezone)
    books.billing.settle(account, settlement, close(account, 2), end)
    after = books.billing.state(account, end)
    assert owed(after) == 0
    assert not any(x.due for x in after.invoices)
