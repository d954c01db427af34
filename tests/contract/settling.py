"""An account of the sample money, settled in the billing system that a test runs on."""

from datetime import datetime

from models.money import Settlement
from rules.settlement import settle
from tests.contract.sample_books import TERMS, SampleBooks


def key(account: str, step: str, number: int = 1) -> str:
    return f"{account}-1:{step}:-:{number}"


def settled(books: SampleBooks, account: str, end: datetime) -> Settlement:
    return settle(books.billing.state(account, end), end, TERMS, books.timezone)


def closed(books: SampleBooks, account: str, end: datetime) -> tuple[Settlement, str]:
    settlement, close = settled(books, account, end), key(account, "close_statement")
    books.billing.settle(account, settlement, close, end)
    return settlement, close
