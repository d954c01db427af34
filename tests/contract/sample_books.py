"""Money of a test, in whatever billing system it runs on: the built-in's tables, or Stripe's objects."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from connectors.builtin.billing import BuiltinBilling
from connectors.builtin.invoices import as_row
from connectors.ports.company import BillingSystem
from connectors.store.sessions import writing
from models.money import ZERO, InvoiceLine, MoneyTerms
from models.tables.billing import (
    BalanceRow,
    CounterDocumentRow,
    InvoiceRow,
    PaymentRow,
    SubscriptionRow,
    UsageRow,
)
from tests.contract.sample_account import add_account

_numbers = count(1)
TERMS = MoneyTerms(thresholds={"EUR": Decimal(25), "JPY": Decimal(3000), "KWD": Decimal("7.5")})


class SampleBooks(Protocol):
    """How a test puts money into a billing system, beside the port.

    `[period_start, period_end)` is the period that is running; `day(n)` the midnight of the zone n days after its
    start. `lacks` names what the system (or its stand-in) can't do: `needs` then skips the test, saying so.
    """

    billing: BillingSystem
    timezone: str
    period_start: datetime
    period_end: datetime
    lacks: frozenset[str]

    def day(self, number: int) -> datetime:
        """A midnight of the running period."""
        ...

    def add_account(self) -> str:
        """An account without money; its id."""
        ...

    def add_subscription(
        self, account: str, net: str, *, tax_rate: str = "0", minimum: str | None = None, paid: bool = True
    ) -> str:
        """A monthly one in EUR, its running period invoiced in advance, and paid; the invoice's id."""
        ...

    def add_invoice(self, account: str, net: str, currency: str = "EUR", *, tax_rate: str = "0") -> str:
        """A one-off, issued as the period began; its id."""
        ...

    def pay(self, account: str, invoice: str, amount: str) -> str:
        """Money comes in, in the invoice's currency, as the period began; the payment's id."""
        ...

    def add_usage(self, account: str, net: str, at: datetime, *, tax_rate: str = "0") -> str:
        """Unbilled usage in EUR; its id."""
        ...

    def add_credit(self, account: str, amount: str, currency: str = "EUR") -> None:
        """A credit balance."""
        ...

    def charge_late(self, account: str, net: str, at: datetime, *, paid: bool = True) -> str:
        """An invoice that nobody ordered, as some forgotten job would make it; its id."""
        ...

    def take_late(self, account: str, invoice: str, amount: str, at: datetime) -> str:
        """Money that some forgotten job takes for an invoice; the payment's id."""
        ...

    def refund_stands(self, account: str, status: str) -> None:
        """The bank tells otherwise of every refund of the account: `pending` or `failed`."""
        ...

    def dunning_muted(self, account: str) -> bool:
        """Whether nobody asks for what is due."""
        ...


def needs(books: SampleBooks, what: str) -> None:
    """Skips a test of what the system, or its stand-in, can't do."""
    if what in books.lacks:
        pytest.skip(f"{type(books).__name__} has no {what}")


class BuiltinBooks:
    """`SampleBooks` in Farewell's own tables."""

    timezone = "Europe/Madrid"
    period_start = datetime(2026, 11, 1, tzinfo=ZoneInfo(timezone))
    period_end = datetime(2026, 12, 1, tzinfo=ZoneInfo(timezone))
    lacks: frozenset[str] = frozenset()

    def __init__(self, engine: Engine) -> None:
        self.engine, self.billing = engine, BuiltinBilling(engine)

    def day(self, number: int) -> datetime:
        return self.period_start + timedelta(days=number)

    def add_account(self) -> str:
        return add_account(self.engine)

    def add_subscription(
        self, account: str, net: str, *, tax_rate: str = "0", minimum: str | None = None, paid: bool = True
    ) -> str:
        subscription = f"{account}-s{next(_numbers)}"
        with writing(self.engine) as session:
            session.add(
                SubscriptionRow(
                    id=subscription,
                    account=account,
                    description="Team",
                    currency="EUR",
                    interval="month",
                    price=Decimal(net),
                    tax_rate=Decimal(tax_rate),
                    minimum=Decimal(minimum) if minimum else None,
                    period_start=self.period_start,
                    period_end=self.period_end,
                )
            )
        line = _line("recurring", "Team", net, tax_rate)
        invoice = self._invoice(account, "subscription", line, "EUR", self.period_start)
        if paid:
            self.pay(account, invoice, str(line.amount))
        return invoice

    def add_invoice(self, account: str, net: str, currency: str = "EUR", *, tax_rate: str = "0") -> str:
        line = _line("other", "Set-up", net, tax_rate)
        return self._invoice(account, "one_off", line, currency, self.period_start)

    def pay(self, account: str, invoice: str, amount: str) -> str:
        return self._take(account, invoice, amount, self.period_start)

    def add_usage(self, account: str, net: str, at: datetime, *, tax_rate: str = "0") -> str:
        line, usage = _line("usage", "SMS", net, tax_rate), f"{account}-u{next(_numbers)}"
        about = {"id": usage, "account": account, "description": "SMS", "currency": "EUR"}
        with writing(self.engine) as session:
            session.add(UsageRow(amount=line.amount, tax=line.tax, tax_rate=line.tax_rate, used_at=at, **about))
        return usage

    def add_credit(self, account: str, amount: str, currency: str = "EUR") -> None:
        with writing(self.engine) as session:
            session.add(BalanceRow(account=account, currency=currency, credit=Decimal(amount)))

    def charge_late(self, account: str, net: str, at: datetime, *, paid: bool = True) -> str:
        invoice = self._invoice(account, "one_off", _line("other", "Nobody knows", net, "0"), "EUR", at)
        if paid:
            self._take(account, invoice, net, at)
        return invoice

    def take_late(self, account: str, invoice: str, amount: str, at: datetime) -> str:
        return self._take(account, invoice, amount, at)

    def refund_stands(self, account: str, status: str) -> None:
        with writing(self.engine) as session:
            asked = select(CounterDocumentRow).where(CounterDocumentRow.account == account)
            for row in session.exec(asked.where(CounterDocumentRow.kind == "refund")):
                row.status = status

    def dunning_muted(self, account: str) -> bool:
        return self.billing.dunning_muted(account)

    def _take(self, account: str, invoice: str, amount: str, at: datetime) -> str:
        payment = f"{account}-p{next(_numbers)}"
        with writing(self.engine) as session:
            currency = session.get_one(InvoiceRow, invoice).currency
            about = {"account": account, "invoice": invoice, "currency": currency}
            session.add(PaymentRow(id=payment, amount=Decimal(amount), paid_at=at, **about))
        return payment

    def _invoice(self, account: str, kind: str, line: InvoiceLine, currency: str, at: datetime) -> str:
        invoice = f"{account}-i{next(_numbers)}"
        row = InvoiceRow(
            id=invoice,
            account=account,
            number=invoice,
            kind=kind,
            description=line.description,
            currency=currency,
            total=line.amount,
            issued_at=at,
            due_at=at,
            service_start=self.period_start if kind == "subscription" else None,
            service_end=self.period_end if kind == "subscription" else None,
        )
        with writing(self.engine) as session:
            session.add(row)
            session.flush()
            session.add(as_row(row, 0, line))
        return invoice


def _line(kind: str, description: str, net: str, tax_rate: str) -> InvoiceLine:
    amount, rate = Decimal(net), Decimal(tax_rate)
    tax = (amount * rate).quantize(Decimal("0.01")) if rate else ZERO
    return InvoiceLine(kind=kind, description=description, net=amount, tax=tax, tax_rate=rate)
