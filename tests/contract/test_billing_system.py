"""What every billing system must tell of an account's money, and how charges stop, pause and go on.

Source: DOMAIN money, modes.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from rules.forecast import due
from tests.contract.sample_books import SampleBooks, needs
from tests.contract.settling import closed, key, outstanding, settled

HOUR = timedelta(hours=1)
PAUSED_DAYS = 40


def ends(books: SampleBooks, account: str) -> set[datetime | None]:
    """When each subscription stops charging."""
    return {each.ends_at for each in books.billing.state(account, books.period_start).subscriptions}


def test_state_tells_invoices_with_lines_payments_and_usage(books: SampleBooks, end: datetime) -> None:
    account = books.add_account()
    paid, open_ = books.add_subscription(account, "30", tax_rate="0.21"), books.add_invoice(account, "40")
    books.add_usage(account, "5", end - HOUR, tax_rate="0.21")
    state = books.billing.state(account, end)
    found = {invoice.invoice_id: invoice for invoice in state.invoices}
    assert {name: (x.kind, x.currency, x.total, x.due) for name, x in found.items()} == {
        paid: ("subscription", "EUR", Decimal("36.30"), 0),
        open_: ("one_off", "EUR", 40, 40),
    }
    assert list(found[paid].payments.values()) == [Decimal("36.30")]
    assert [(x.net, x.tax, x.tax_rate) for x in found[paid].lines] == [(30, Decimal("6.30"), Decimal("0.21"))]
    assert [(x.amount, x.tax, x.tax_rate) for x in state.usage] == [
        (Decimal("6.05"), Decimal("1.05"), Decimal("0.21")),
    ]


def test_state_tells_what_will_be_charged_again(books: SampleBooks, end: datetime) -> None:
    account = books.add_account()
    books.add_subscription(account, "30", tax_rate="0.21")
    (found,) = books.billing.state(account, end).subscriptions
    assert (found.period_start, found.period_end, found.ends_at) == (books.period_start, books.period_end, None)
    assert (found.price, found.tax_rate, found.interval, found.currency) == (30, Decimal("0.21"), "month", "EUR")


def test_state_tells_credit(books: SampleBooks, end: datetime) -> None:
    needs(books, "credit")
    account = books.add_account()
    books.add_credit(account, "1.5")
    assert books.billing.state(account, end).credit == {"EUR": Decimal("1.5")}


def test_an_account_without_money_has_none(books: SampleBooks, end: datetime) -> None:
    state = books.billing.state(books.add_account(), end)
    assert (state.invoices, state.usage, state.subscriptions, outstanding(state)) == ((), (), (), {})


def test_money_9_usage_from_the_billing_end_on_is_never_charged(
    books: SampleBooks, account: str, end: datetime
) -> None:
    used = Decimal(10) if "fractions of a cent" in books.lacks else Decimal("9.999")
    assert sum(x.amount for x in books.billing.state(account, end).usage) == used
    assert sum(x.amount for x in books.billing.state(account, end + HOUR).usage) == used + 100


# -- charges stop, pause and go on


def test_money_4_charges_run_on_until_the_date_of_the_newest_notice(
    books: SampleBooks, account: str, end: datetime
) -> None:
    at, first = books.period_start, key(account, "stop_renewal")
    made = books.billing.stop_renewal(account, books.day(20), first, at)
    assert books.billing.stop_renewal(account, books.day(20), first, at) == made
    assert ends(books, account) == {books.day(20)}
    books.billing.stop_renewal(account, books.day(45), key(account, "stop_renewal", 2), at + HOUR)
    books.billing.stop_renewal(account, books.day(20), first, at)  # a late attempt at the older one
    assert ends(books, account) == {books.day(45)}


def test_money_4_a_notice_withdrawn_leaves_nothing_and_no_late_attempt_brings_it_back(
    books: SampleBooks, account: str, end: datetime
) -> None:
    at, before = books.period_start, books.billing.state(account, end)
    for number in (1, 2):
        books.billing.stop_renewal(account, books.day(20 * number), key(account, "stop_renewal", number), at)
    for number in (2, 1, 1):
        books.billing.resume_renewal(account, key(account, "stop_renewal", number), at + HOUR)
    assert books.billing.state(account, end) == before
    books.billing.stop_renewal(account, books.day(20), key(account, "stop_renewal"), at)
    assert books.billing.state(account, end) == before


def test_money_6_a_freeze_ends_charges_and_mutes_dunning_and_its_undo_gives_back_what_was(
    books: SampleBooks, account: str, end: datetime
) -> None:
    before, freeze = books.billing.state(account, end), key(account, "freeze_charges")
    first = books.billing.freeze(account, freeze, end)
    assert books.billing.freeze(account, freeze, end) == first
    assert ends(books, account) == {end}
    assert books.dunning_muted(account)
    for _ in range(2):
        books.billing.unfreeze(account, freeze, end + HOUR)
        assert books.billing.state(account, end) == before
        assert not books.dunning_muted(account)


def test_a_freeze_never_charges_longer_than_a_notice_said(books: SampleBooks, account: str, end: datetime) -> None:
    books.billing.stop_renewal(account, books.day(10), key(account, "stop_renewal"), books.period_start)
    books.billing.freeze(account, key(account, "freeze_charges"), end)
    assert ends(books, account) == {books.day(10)}


def test_money_4_what_falls_due_before_the_end_is_invoiced_once(books: SampleBooks, account: str) -> None:
    needs(books, "issue_due")
    end, issue = books.day(45), key(account, "freeze_charges")
    falls_due = due(books.billing.state(account, end), end, books.timezone)
    (invoice,) = falls_due
    for _ in range(2):
        receipt = books.billing.issue_due(account, falls_due, issue, end)
        assert receipt.count == 1
    state = books.billing.state(account, end)
    assert [x for x in state.invoices if x.invoice_id == invoice.invoice_id] == [invoice]
    assert state.subscriptions[0].period_end == invoice.service_end == end
    assert due(state, end, books.timezone) == ()


def test_modes_1_in_a_pause_nothing_is_charged_and_nobody_duns(books: SampleBooks, account: str, end: datetime) -> None:
    needs(books, "pause")
    suspend = key(account, "suspend_charges")
    first = books.billing.suspend(account, suspend, end)
    assert books.billing.suspend(account, suspend, end) == first
    state = books.billing.state(account, end)
    assert due(state, books.day(90), books.timezone) == ()
    assert books.dunning_muted(account)


def test_modes_1_the_days_paid_ahead_come_after_the_pause(books: SampleBooks, account: str, end: datetime) -> None:
    needs(books, "pause")
    suspend, back = key(account, "suspend_charges"), end + timedelta(days=PAUSED_DAYS)
    before = books.billing.state(account, end)
    books.billing.suspend(account, suspend, end)
    for hours in (0, 1):  # a second attempt, later
        books.billing.resume(account, suspend, back + hours * HOUR)
    books.billing.suspend(account, suspend, end)  # a late attempt
    after = books.billing.state(account, end)
    (subscription,) = after.subscriptions
    assert subscription.period_end == before.subscriptions[0].period_end + timedelta(days=PAUSED_DAYS)
    assert subscription.ends_at is None
    assert not books.dunning_muted(account)
    assert [(x.total, x.due) for x in after.invoices] == [(x.total, x.due) for x in before.invoices]
    (unused,) = [x for x in settled(books, account, back + timedelta(days=5)).documents if x.kind == "credit"]
    assert unused.amount == -10  # 10 of 30 days: 15 were used before the pause, 5 after it


def test_modes_1_no_day_of_a_pause_is_ever_billed(books: SampleBooks, account: str) -> None:
    needs(books, "pause")
    needs(books, "issue_due")
    start, back, end = books.day(45), books.day(85), books.day(120)
    suspend = key(account, "suspend_charges")
    falls_due = due(books.billing.state(account, start), start, books.timezone)
    books.billing.issue_due(account, falls_due, suspend, start)
    books.billing.suspend(account, suspend, start)
    books.billing.resume(account, suspend, back)
    next_ones = due(books.billing.state(account, end), end, books.timezone)
    assert falls_due[-1].service_end == start
    assert next_ones[0].service_start == back


def test_modes_4_a_stop_out_of_a_pause_credits_the_days_from_its_beginning(
    books: SampleBooks, account: str, end: datetime
) -> None:
    needs(books, "pause")
    (unused,) = [x for x in settled(books, account, end).documents if x.kind == "credit"]
    books.billing.suspend(account, key(account, "suspend_charges"), end)
    assert unused in settled(books, account, end).documents
    closed(books, account, end)
    assert outstanding(books.billing.state(account, end)) == {}


def test_undoing_what_never_happened_changes_nothing(books: SampleBooks, account: str, end: datetime) -> None:
    before = books.billing.state(account, end)
    books.billing.resume_renewal(account, key(account, "stop_renewal"), end)
    books.billing.unfreeze(account, key(account, "freeze_charges"), end)
    books.billing.resume(account, key(account, "suspend_charges"), end)
    books.billing.reverse(account, key(account, "close_statement"), key(account, "undo"), end)
    assert books.billing.state(account, end) == before
