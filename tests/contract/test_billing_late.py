"""What every billing system does about charges that come after the end. Source: DOMAIN money.9."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from tests.contract.sample_books import SampleBooks, needs
from tests.contract.settling import closed, key, outstanding

HOUR = timedelta(hours=1)


def test_money_9_what_is_charged_after_the_end_is_found_and_given_back_once(
    books: SampleBooks, account: str, end: datetime
) -> None:
    closed(books, account, end)
    assert books.billing.late_charges(account, end) == []
    invoice = books.charge_late(account, "12", end + HOUR)
    (charge,) = books.billing.late_charges(account, end)
    assert (charge.charge_id, charge.amount, charge.paid, sum(charge.payments.values())) == (invoice, 12, 12, 12)
    back = key(account, "watch_charges")
    first = books.billing.give_back(account, charge, back, end + HOUR)
    again = books.billing.give_back(account, charge, back, end + HOUR)
    books.billing.give_back(account, charge, key(account, "watch_charges", 2), end + HOUR)
    assert (first.action, first.count) == (again.action, again.count)
    assert books.billing.late_charges(account, end) == []
    assert outstanding(books.billing.state(account, end)) == {}
    assert [x.amount for x in books.billing.refunds(account, back)] == [12]


def test_money_9_two_looks_at_the_same_time_give_back_once(books: SampleBooks, end: datetime) -> None:
    account = books.add_account()
    books.charge_late(account, "12", end + HOUR)
    (charge,) = books.billing.late_charges(account, end)
    with ThreadPoolExecutor(4) as pool:
        keys = [key(account, "watch_charges", number) for number in (1, 1, 2, 2)]
        for done in [pool.submit(books.billing.give_back, account, charge, each, end + HOUR) for each in keys]:
            done.result()
    refunds = [x for each in keys[1:3] for x in books.billing.refunds(account, each)]
    assert [x.amount for x in refunds] == [12]
    assert outstanding(books.billing.state(account, end)) == {}


def test_money_9_a_late_invoice_that_nobody_paid_is_voided(books: SampleBooks, end: datetime) -> None:
    account = books.add_account()
    books.charge_late(account, "12", end + HOUR, paid=False)
    (charge,) = books.billing.late_charges(account, end)
    assert (charge.amount, charge.paid) == (12, 0)
    books.billing.give_back(account, charge, key(account, "watch_charges"), end + HOUR)
    assert books.billing.late_charges(account, end) == []
    assert books.billing.refunds(account, key(account, "watch_charges")) == []
    assert outstanding(books.billing.state(account, end)) == {}


def test_money_9_money_taken_for_what_was_forgiven_goes_back(books: SampleBooks, end: datetime) -> None:
    needs(books, "late payments")
    account = books.add_account()
    invoice = books.add_invoice(account, "20")
    closed(books, account, end)
    payment = books.take_late(account, invoice, "20", end + HOUR)
    (charge,) = books.billing.late_charges(account, end)
    assert (charge.charge_id, charge.paid) == (payment, 20)
    for number in (1, 2):
        books.billing.give_back(account, charge, key(account, "watch_charges", number), end + HOUR)
    assert books.billing.late_charges(account, end) == []
    assert outstanding(books.billing.state(account, end)) == {}


def test_what_finance_collects_is_no_late_charge(books: SampleBooks, end: datetime) -> None:
    needs(books, "late payments")
    account = books.add_account()
    invoice = books.add_invoice(account, "400")
    closed(books, account, end)
    books.take_late(account, invoice, "400", end + HOUR)
    assert books.billing.late_charges(account, end) == []
