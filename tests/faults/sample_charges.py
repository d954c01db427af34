"""What the account of these tests is charged beyond the sample company's own: an add-on by the month, and a late charge."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlmodel import col, select, update

from connectors.store.engine import open_engine
from connectors.store.sessions import writing
from models.tables.accounts import AccountRow
from models.tables.billing import CounterDocumentRow, InvoiceRow, PaymentRow, SubscriptionRow
from rules.dates import midnight

ADD_ON = Decimal("30.00")
LATE = Decimal("12.10")
_WAITS = """
CREATE TRIGGER refunds_wait AFTER INSERT ON counter_document WHEN NEW.kind = 'refund'
BEGIN UPDATE counter_document SET status = 'pending' WHERE id = NEW.id; END
"""


def add_on_by_the_month(url: str, account: str, today: datetime) -> None:
    """Paid until tomorrow: so invoices fall due before the notice is over. Source: DOMAIN money.4."""
    engine = open_engine(url)
    with writing(engine) as session:
        owner = session.get_one(AccountRow, account)
        tomorrow = today.astimezone(ZoneInfo(owner.timezone)).date() + timedelta(days=1)
        session.add(
            SubscriptionRow(
                id=f"add-on-{account}",
                account=account,
                description="Route planning",
                currency=owner.currency,
                interval="month",
                price=ADD_ON,
                tax_rate=Decimal("0.21"),
                period_start=midnight(tomorrow - timedelta(days=30), owner.timezone),
                period_end=midnight(tomorrow, owner.timezone),
            )
        )
    engine.dispose()


def refunds_take_their_time(url: str) -> None:
    """As a bank has it: a refund that is asked for waits. Source: DOMAIN money.7."""
    engine = open_engine(url)
    with writing(engine) as session:
        session.connection().execute(text(_WAITS))
    engine.dispose()


def refunds_arrive(engine: Engine, account: str) -> None:
    """The bank has sent them."""
    asked = update(CounterDocumentRow).where(col(CounterDocumentRow.account) == account)
    with writing(engine) as session:
        session.connection().execute(text("DROP TRIGGER refunds_wait"))
        session.exec(asked.values(status="succeeded"))


def charge_late(engine: Engine, account: str, at: datetime) -> None:
    """Some other program invoices the account after its end, and takes the money. Source: DOMAIN money.9."""
    with writing(engine) as session:
        currency = session.exec(select(AccountRow.currency).where(AccountRow.id == account)).one()
        about = {"account": account, "currency": currency}
        session.add(
            InvoiceRow(
                id="late",
                number="LATE-1",
                kind="one_off",
                description="Seats, by mistake",
                total=LATE,
                issued_at=at,
                due_at=at,
                **about,
            )
        )
        session.flush()
        session.add(PaymentRow(id="late-paid", invoice="late", amount=LATE, paid_at=at, **about))
