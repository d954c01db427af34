"""An account of the sample money, settled in the billing system that a test runs on."""

from datetime import datetime
from decimal import Decimal

from models.money import ZERO, BillingState, Settlement
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


def outstanding(billing: BillingState) -> dict[str, Decimal]:
    """Per currency in which anything is open, unbilled or in credit: what the customer owes on balance.

    Zero means that debts and credits are there and don't yet answer each other. Source: DOMAIN money.5.
    """
    open_ = [(each.currency, each.due) for each in billing.invoices]
    open_ += [(each.currency, each.amount) for each in billing.usage]
    open_ += [(currency, -credit) for currency, credit in billing.credit.items()]
    found = {currency: [amount for each, amount in open_ if each == currency] for currency, _ in open_}
    return {currency: sum(amounts, ZERO) for currency, amounts in found.items() if any(amounts)}
