"""The money of a sample account: paid ahead in EUR, open in JPY and KWD, usage, a credit balance."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from connectors.store.sessions import writing
from models.tables.billing import BalanceRow, InvoiceRow, PaymentRow, SubscriptionRow, UsageRow

END = datetime(2026, 11, 16, tzinfo=ZoneInfo("Europe/Madrid"))
STARTS, ENDS = END.replace(day=1), END.replace(month=12, day=1)
THRESHOLDS = {"EUR": Decimal(25), "JPY": Decimal(3000), "KWD": Decimal("7.5")}


def add_money(engine: Engine, account: str) -> None:
    """A refund in EUR, a receivable in JPY and a write-off in KWD will come of it."""
    with writing(engine) as session:
        session.add_all(_subscriptions(account))
        session.add_all(
            [
                _invoice(account, "i1", "subscription", "30", "EUR"),
                _invoice(account, "i2", "one_off", "4000", "JPY"),
                _invoice(account, "i3", "usage", "1.505", "KWD"),
            ]
        )
        session.flush()
        session.add_all([_payment(account), *_usage(account)])
        session.add(BalanceRow(account=account, currency="EUR", credit=Decimal("1.5")))


def _subscriptions(account: str) -> list[SubscriptionRow]:
    about = {"account": account, "plan": "team", "interval": "month", "price": Decimal(30), "currency": "EUR"}
    return [
        SubscriptionRow(id=f"{account}-s1", **about),
        SubscriptionRow(id=f"{account}-s2", **about, renews=False, ends_at=STARTS, dunning_muted=True),
        SubscriptionRow(id=f"{account}-s3", **about, ends_at=ENDS),
    ]


def _invoice(account: str, name: str, kind: str, total: str, currency: str) -> InvoiceRow:
    return InvoiceRow(
        id=f"{account}-{name}",
        account=account,
        number=name,
        kind=kind,
        description=f"{kind} of November",
        currency=currency,
        total=Decimal(total),
        issued_at=STARTS,
        due_at=ENDS,
        service_start=STARTS,
        service_end=ENDS,
    )


def _payment(account: str) -> PaymentRow:
    return PaymentRow(
        id=f"{account}-p1",
        account=account,
        invoice=f"{account}-i1",
        currency="EUR",
        amount=Decimal(30),
        paid_at=STARTS,
    )


def _usage(account: str) -> list[UsageRow]:
    """15.00 unused + 1.50 in credit − 10.00 used: 6.50 go back. The last one is from after the end."""
    what = [("4.999", END - timedelta(days=2)), ("5.000", END - timedelta(hours=1)), ("100", END)]
    return [
        UsageRow(
            id=f"{account}-u{n}",
            account=account,
            description="SMS",
            currency="EUR",
            amount=Decimal(amount),
            used_at=used_at,
        )
        for n, (amount, used_at) in enumerate(what)
    ]
