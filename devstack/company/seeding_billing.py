"""Subscriptions, invoices, payments, unbilled usage and credit, as the product database has them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import Connection, select

from devstack.company.accounts import Account, sample_accounts
from devstack.company.reference import SMS, minor
from devstack.company.schema import credit_note, invoice, payment, subscription, usage_event
from devstack.company.terms import first_of_month
from models.tables.billing import BalanceRow, InvoiceRow, PaymentRow, SubscriptionRow, UsageRow
from models.tables.form import Row

_SMS = {"es": "{} avisos por SMS desde el {}", "en": "{} SMS reminders since {}"}


def billing_rows(product: Connection, anchor: date) -> Iterator[Sequence[Row]]:
    """The rows in the order in which their foreign keys allow them. Amounts include tax, as invoiced."""
    yield [
        SubscriptionRow(
            id=row.id,
            account=row.account_id,
            plan=row.plan,
            interval=row.interval,
            price=row.net + row.tax,
            currency=row.currency,
        )
        for row in product.execute(select(subscription))
    ]
    yield list(_invoices(product))
    yield list(_payments(product))
    yield list(_unbilled(product, anchor))
    yield [
        BalanceRow(account=row.account_id, currency=row.currency, credit=row.amount)
        for row in product.execute(select(credit_note))
    ]


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
    return UsageRow(
        id=f"usage-{account.id}",
        account=account.id,
        description=_SMS[account.place.language].format(len(sent), month),
        currency=currency,
        amount=net + (net * account.terms.tax).quantize(minor(currency), ROUND_HALF_UP),
        used_at=max(sent),
    )
