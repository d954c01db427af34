"""What a billing system may tell of a customer in Madrid: half of November is used at `END`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from models.money import (
    BillingState,
    InvoiceLine,
    InvoiceState,
    MoneyTerms,
    Settlement,
    SubscriptionState,
    UnbilledUsage,
)
from rules.settlement import settle

MADRID = "Europe/Madrid"
ZONE = ZoneInfo(MADRID)
START, END, NEXT = (datetime(2026, *day, tzinfo=ZONE) for day in ((11, 1), (11, 16), (12, 1)))
THRESHOLDS = {"EUR": Decimal(25), "USD": Decimal(25), "JPY": Decimal(3000), "KWD": Decimal("7.5")}
TERMS = MoneyTerms(thresholds=THRESHOLDS)


def invoice(total: str | Decimal = "30.00", paid: str | Decimal = "0", **fields: Any) -> InvoiceState:
    """Of November, 30 days, half of them used at END."""
    return InvoiceState(
        **{
            "invoice_id": "I1",
            "kind": "subscription",
            "description": "Plan, November",
            "currency": "EUR",
            "total": Decimal(total),
            "paid": Decimal(paid),
            "payments": {"P1": Decimal(paid)} if Decimal(paid) else {},
            "issued_at": datetime(2026, 10, 27, tzinfo=UTC),
            "service_start": START,
            "service_end": NEXT,
            **fields,
        }
    )


def itemised(*lines: tuple[str, str, str], **fields: Any) -> InvoiceState:
    """An invoice of lines: kind, net, tax rate; unpaid unless `paid` says otherwise."""
    made = tuple(
        InvoiceLine(
            kind=kind,
            description=kind,
            net=Decimal(net),
            tax=(Decimal(net) * Decimal(rate)).quantize(Decimal("0.01")),
            tax_rate=Decimal(rate),
        )
        for kind, net, rate in lines
    )
    return invoice(sum((line.amount for line in made), Decimal(0)), lines=made, **fields)


def usage(amount: str, **fields: Any) -> UnbilledUsage:
    return UnbilledUsage(**{"description": "SMS", "currency": "EUR", "amount": Decimal(amount), **fields})


def subscription(price: str = "100", **fields: Any) -> SubscriptionState:
    """100 a month, November invoiced."""
    return SubscriptionState(
        **{
            "subscription_id": "S1",
            "description": "Plan",
            "currency": "EUR",
            "interval": "month",
            "price": Decimal(price),
            "period_start": START,
            "period_end": NEXT,
            **fields,
        }
    )


def settled(
    *invoices: InvoiceState, used: str = "", credit: str = "", terms: MoneyTerms = TERMS, **fields: Any
) -> Settlement:
    billing = BillingState(
        invoices=invoices,
        usage=(usage(used),) if used else (),
        credit={"EUR": Decimal(credit)} if credit else {},
        **fields,
    )
    return settle(billing, END, terms, MADRID)


def lines(settlement: Settlement) -> list[tuple[str, str]]:
    (statement,) = settlement.statements
    assert statement.closed
    return [(line.kind, str(line.amount)) for line in statement.lines]
