"""How every billing system makes a statement true, tells what it holds, and takes it back. Source: DOMAIN money."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from connectors.errors import ConnectorError
from models.money import Document, Settlement
from rules.comparison import differences
from tests.contract.sample_books import SampleBooks, needs
from tests.contract.settling import closed, key, outstanding, settled

HOUR = timedelta(hours=1)


def test_money_5_after_settling_nothing_is_open_and_all_is_held_as_stated(
    books: SampleBooks, account: str, end: datetime
) -> None:
    settlement, close = closed(books, account, end)
    after = books.billing.state(account, end)
    assert outstanding(after) == {}
    assert settled(books, account, end) == Settlement(statements=())
    assert differences(settlement, books.billing.held(account, close), after) == []


def test_money_5_what_is_held_names_invoice_payment_and_tax_as_the_statement_does(
    books: SampleBooks, end: datetime
) -> None:
    account = books.add_account()
    books.add_subscription(account, "30", tax_rate="0.21")
    books.add_usage(account, "5", end - HOUR, tax_rate="0.21")
    settlement, close = closed(books, account, end)
    stated = [document.model_copy(update={"usage_ids": ()}) for document in settlement.documents]
    held = [document.model_copy(update={"usage_ids": ()}) for document in books.billing.held(account, close)]
    assert sorted(held, key=str) == sorted(stated, key=str)


def test_money_7_settling_again_makes_nothing_and_answers_the_same(
    books: SampleBooks, account: str, end: datetime
) -> None:
    settlement, close = settled(books, account, end), key(account, "close_statement")
    first = books.billing.settle(account, settlement, close, end)
    before = books.billing.held(account, close), books.billing.state(account, end)
    again = books.billing.settle(account, settlement, close, end + HOUR)
    assert [(x.action, x.count) for x in again] == [(x.action, x.count) for x in first]
    assert (books.billing.held(account, close), books.billing.state(account, end)) == before


def test_money_7_attempts_at_the_same_time_pay_once(books: SampleBooks, account: str, end: datetime) -> None:
    settlement, close = settled(books, account, end), key(account, "close_statement")
    with ThreadPoolExecutor(4) as pool:
        attempts = [pool.submit(books.billing.settle, account, settlement, close, end) for _ in range(4)]
        assert len({tuple((x.action, x.count) for x in attempt.result()) for attempt in attempts}) == 1
    after = books.billing.state(account, end)
    assert differences(settlement, books.billing.held(account, close), after) == []
    assert len(books.billing.refunds(account, close)) == 1


def test_money_3_what_was_paid_and_not_used_goes_back_to_its_payment(books: SampleBooks, end: datetime) -> None:
    account = books.add_account()
    invoice = books.add_subscription(account, "30")
    _, close = closed(books, account, end)
    (refund,) = [document for document in books.billing.held(account, close) if document.kind == "refund"]
    (payment,) = next(x for x in books.billing.state(account, end).invoices if x.invoice_id == invoice).payments
    assert (refund.amount, refund.payment_id) == (15, payment)
    assert [(x.amount, x.currency) for x in books.billing.refunds(account, close)] == [(15, "EUR")]


def test_money_3_an_unpaid_invoice_is_reduced_never_refunded(books: SampleBooks, end: datetime) -> None:
    account = books.add_account()
    invoice = books.add_subscription(account, "30", paid=False)
    _, close = closed(books, account, end)
    assert books.billing.refunds(account, close) == []
    (found,) = [x for x in books.billing.state(account, end).invoices if x.invoice_id == invoice]
    assert (found.total, found.credited, found.paid) == (30, 30, 0)  # 15 unused, 15 forgiven


def test_money_3_a_credit_balance_pays_first(books: SampleBooks, account: str, end: datetime) -> None:
    needs(books, "credit")
    closed(books, account, end)
    assert not any(books.billing.state(account, end).credit.values())


def test_money_5_each_currency_closes_by_itself(books: SampleBooks, account: str, end: datetime) -> None:
    needs(books, "several currencies")
    settlement, close = closed(books, account, end)
    kinds = {(x.currency, x.kind) for x in books.billing.held(account, close)}
    assert {("JPY", "handed_over"), ("KWD", "write_off"), ("EUR", "refund")} <= kinds
    assert all(statement.closed for statement in settlement.statements)


def test_money_7_a_refund_is_what_the_provider_says(books: SampleBooks, end: datetime) -> None:
    needs(books, "refunds that wait")
    account = books.add_account()
    books.add_subscription(account, "30")
    settlement, close = closed(books, account, end)
    told = []
    for status in ("pending", "succeeded", "failed"):
        books.refund_stands(account, status)
        after = books.billing.state(account, end)
        found = differences(settlement, books.billing.held(account, close), after)
        told.append(([x.status for x in books.billing.refunds(account, close)], bool(found)))
    assert told == [(["pending"], False), (["succeeded"], False), (["failed"], True)]


# -- the statement is taken back


def test_stages_7_reversing_gives_back_the_money_of_before(books: SampleBooks, account: str, end: datetime) -> None:
    needs(books, "reversal")
    before = books.billing.state(account, end)
    settlement, close = closed(books, account, end)
    for number in (1, 1, 2):
        books.billing.reverse(account, close, key(account, "undo", number), end)
        assert books.billing.state(account, end) == before
        assert books.billing.held(account, close) == []
    books.billing.settle(account, settlement, close, end)  # a late attempt
    assert books.billing.state(account, end) == before


def test_after_a_reversal_the_account_can_be_settled_anew(books: SampleBooks, account: str, end: datetime) -> None:
    needs(books, "reversal")
    settlement, close = closed(books, account, end)
    books.billing.reverse(account, close, key(account, "undo"), end)
    assert settled(books, account, end) == settlement
    books.billing.settle(account, settlement, key(account, "close_statement", 2), end)
    assert outstanding(books.billing.state(account, end)) == {}


def test_a_settlement_that_cannot_be_made_whole_fails_and_the_next_attempt_goes_on(
    books: SampleBooks, account: str, end: datetime
) -> None:
    settlement, close = settled(books, account, end), key(account, "close_statement")
    broken = Document(kind="credit", currency="EUR", amount=Decimal(-1), description="x", invoice_id="nowhere")
    with pytest.raises(ConnectorError):
        books.billing.settle(
            account, settlement.model_copy(update={"documents": (*settlement.documents, broken)}), close, end
        )
    books.billing.settle(account, settlement, close, end)
    after = books.billing.state(account, end)
    assert differences(settlement, books.billing.held(account, close), after) == []
