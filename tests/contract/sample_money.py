"""The money of a sample account: paid ahead in EUR, open in JPY and KWD, usage, a credit balance."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Engine

from tests.contract.sample_books import BuiltinBooks, SampleBooks

STARTS, ENDS = BuiltinBooks.period_start, BuiltinBooks.period_end
END = STARTS + timedelta(days=15)
OWED_IN_JPY = Decimal(4000)


def add_money(engine: Engine, account: str) -> None:
    """In the built-in tables."""
    put_money(BuiltinBooks(engine), account)


def put_money(books: SampleBooks, account: str) -> None:
    """A refund in EUR, a receivable in JPY and a write-off in KWD will come of it.

    15.00 unused + 1.50 in credit − 10.00 used: 6.50 go back. The last usage is from after the end.
    """
    end, whole = books.day(15), "fractions of a cent" in books.lacks
    books.add_subscription(account, "30")
    if "several currencies" not in books.lacks:
        books.add_invoice(account, str(OWED_IN_JPY), "JPY")
        books.add_invoice(account, "1.500" if whole else "1.505", "KWD")
    books.add_usage(account, "5" if whole else "4.999", end - timedelta(days=2))
    books.add_usage(account, "5.000", end - timedelta(hours=1))
    books.add_usage(account, "100", end)
    if "credit" not in books.lacks:
        books.add_credit(account, "1.5")
