"""Whatever money an account has, the built-in books close to zero and hold what was stated. Source: DOMAIN money.5."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.store.engine import migrate, open_engine
from rules.comparison import differences
from rules.settlement import settle
from tests.contract.sample_books import TERMS, BuiltinBooks
from tests.contract.settling import outstanding

CENTS = {"EUR": 2, "JPY": 0, "KWD": 3}
RATES = st.sampled_from(["0", "0.21", "0.0825"])
CURRENCIES = st.sampled_from(sorted(CENTS))
MINOR = st.integers(1, 500_000)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltinBooks]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('books')}/farewell.db")
    migrate(engine)
    yield BuiltinBooks(engine)
    engine.dispose()


def money(minor: int, currency: str = "EUR") -> str:
    return str(Decimal(minor).scaleb(-CENTS[currency]))


class Money(NamedTuple):
    """What an account has: minor units, with tax rates, currencies, and the percent that was paid."""

    subscriptions: list[tuple[int, str, bool]]
    invoices: list[tuple[int, str, int]]
    usage: list[tuple[int, str]]
    credit: dict[str, int]


MONEY = st.builds(
    Money,
    st.lists(st.tuples(MINOR, RATES, st.booleans()), max_size=2),
    st.lists(st.tuples(MINOR, CURRENCIES, st.integers(0, 150)), max_size=3),
    st.lists(st.tuples(MINOR, RATES), max_size=3),
    st.dictionaries(CURRENCIES, MINOR),
)


def put(books: BuiltinBooks, account: str, had: Money) -> None:
    for minor, rate, paid in had.subscriptions:
        books.add_subscription(account, money(minor), tax_rate=rate, paid=paid)
    for minor, currency, percent in had.invoices:
        invoice = books.add_invoice(account, money(minor, currency), currency)
        books.pay(account, invoice, money(minor * percent // 100, currency))
    for minor, rate in had.usage:
        books.add_usage(account, money(minor), books.period_start, tax_rate=rate)
    for currency, minor in had.credit.items():
        books.add_credit(account, money(minor, currency), currency)


@settings(max_examples=40, deadline=None)
@given(MONEY, st.integers(0, 40))
def test_money_5_any_account_closes_to_zero_and_settles_to_nothing_again(
    books: BuiltinBooks, had: Money, day: int
) -> None:
    account, end = books.add_account(), books.day(day)
    put(books, account, had)
    settlement = settle(books.billing.state(account, end), end, TERMS, books.timezone)
    books.billing.settle(account, settlement, account, end)
    after = books.billing.state(account, end)
    assert outstanding(after) == {}
    assert differences(settlement, books.billing.held(account, account), after) == []
    assert settle(after, end, TERMS, books.timezone).documents == ()
    books.billing.reverse(account, account, f"{account}-undo", end)
    assert settle(books.billing.state(account, end), end, TERMS, books.timezone) == settlement
