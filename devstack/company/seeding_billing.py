"""Subscriptions, invoices, payments, unbilled usage and credit, as the product database has them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import Connection, func, select

from devstack.company.accounts import Account, sample_accounts
from devstack.company.reference import PLANS, SMS, minor
from devstack.company.schema import credit_note, invoice, invoice_line, payment, subscription, usage_event
from devstack.company.terms import first_of_month
from models.tables.billing import BalanceRow, InvoiceLineRow, InvoiceRow, PaymentRow, SubscriptionRow, UsageRow
from models.tables.form import Row

_SMS = {"es": "{} avisos por SMS desde el {}", "en": "{} SMS reminders since {}"}


def billing_rows(product: Connection, anchor: date) -> Iterator[Sequence[Row]]:
    """The rows in the order in which their foreign keys allow them. Amounts include tax, as invoiced."""
    yield list(_subscriptions(product))
    yield list(_invoices(product))
    yield list(_lines(product))
    yield list(_payments(product))
    yield list(_unbilled(product, anchor))
    yield [
        BalanceRow(account=row.account_id, currency=row.currency, credit=row.amount)
        for row in product.execute(select(credit_note))
    ]


def _subscriptions(product: Connection) -> Iterator[SubscriptionRow]:
    """The running period is the one that ends when the subscription renews; it's invoiced, as all before it."""
    accounts = {account.id: account for account in sample_accounts()}
    since = select(func.max(invoice.c.service_start)).where(
        invoice.c.account_id == subscription.c.account_id, invoice.c.kind == "subscription"
    )
    for row in product.execute(select(subscription, since.scalar_subquery().label("since"))):
        account = accounts[row.account_id]
        yield SubscriptionRow(
            id=row.id,
            account=row.account_id,
            contract=f"{row.account_id}-contract",
            description=f"Bancada {PLANS[row.plan]}",
            currency=row.currency,
            interval=row.interval,
            price=row.net,
            quantity=Decimal(row.seats),
            tax_rate=account.terms.tax,
            period_start=row.since,
            period_end=datetime.combine(row.renews_on, time.min, account.zone),
        )


def _invoices(product: Connection) -> Iterator[InvoiceRow]:
    for row in product.execute(select(invoice).order_by(invoice.c.issued_at, invoice.c.id)):
        yield InvoiceRow(
            id=row.id,
            account=row.account_id,
            number=row.number,
            kind=row.kind,
            description=row.description,
            currency=row.currency,
            total=row.total,
            issued_at=row.issued_at,
            due_at=row.due_at,
            service_start=row.service_start,
            service_end=row.service_end,
        )


def _lines(product: Connection) -> Iterator[InvoiceLineRow]:
    """Each invoice of the product has one line, so its tax is the invoice's."""
    rates = {account.id: account.terms.tax for account in sample_accounts()}
    query = select(invoice_line, invoice.c.account_id, invoice.c.kind, invoice.c.tax).join_from(invoice_line, invoice)
    for row in product.execute(query.order_by(invoice_line.c.id)):
        yield InvoiceLineRow(
            invoice=row.invoice_id,
            account=row.account_id,
            position=0,
            kind="recurring" if row.kind == "subscription" else row.kind,
            description=row.description,
            net=row.net,
            tax=row.tax,
            tax_rate=rates[row.account_id],
        )


def _payments(product: Connection) -> Iterator[PaymentRow]:
    query = select(payment, invoice.c.account_id).join_from(payment, invoice).order_by(payment.c.id)
    for row in product.execute(query):
        yield PaymentRow(
            id=row.id,
            account=row.account_id,
            invoice=row.invoice_id,
            currency=row.currency,
            amount=row.amount,
            paid_at=row.paid_at,
        )


def _unbilled(product: Connection, anchor: date) -> Iterator[UsageRow]:
    """The SMS of the running month: closed months are invoiced."""
    month = first_of_month(anchor - timedelta(days=2))
    sent: dict[str, list[datetime]] = defaultdict(list)
    sms = usage_event.c.meter == "sms"
    for row in product.execute(select(usage_event.c.account_id, usage_event.c.occurred_at).where(sms)):
        sent[row.account_id].append(row.occurred_at)
    for account in sample_accounts():
        recent = [at for at in sent[account.id] if at.astimezone(account.zone).date() >= month]
        if recent:
            yield _usage(account, month, recent)


def _usage(account: Account, month: date, sent: list[datetime]) -> UsageRow:
    currency = account.terms.currency
    net = len(sent) * Decimal(SMS[currency])
    tax = (net * account.terms.tax).quantize(minor(currency), ROUND_HALF_UP)
    return UsageRow(
        id=f"usage-{account.id}",
        account=account.id,
        description=_SMS[account.place.language].format(len(sent), month),
        currency=currency,
        amount=net + tax,
        tax=tax,
        tax_rate=account.terms.tax,
        used_at=max(sent),
    )
