"""What Bancada charges an account: subscription, invoices, payments, credit, and the metered usage behind them.

The instructive cases: `large_debt` (two unpaid months), `small_debt` (one unpaid usage invoice of a few euros),
`short_payment` (a bank kept its fee), `credit` (goodwill after an outage).
"""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from devstack.company.draft import Draft, Row, utc
from devstack.company.reference import METERS, PLANS, SEAT_MONTH, SMS, minor
from devstack.company.terms import customer_since, first_of_month, term_ends_on, years_before

RAW_MONTHS = 3  # raw usage is kept for three closed months
_MOST_MONTHS, _MOST_YEARS = 12, 3
_YEAR_COSTS_MONTHS = 10
_BANK_FEE = Decimal("7.50")
_GOODWILL = Decimal("85.00")
_UNPAID_MONTHS = 2
_SMS_SHARE = 0.08
_APPS = ("android 5.12", "ios 5.12", "web")


def add_money(draft: Draft) -> None:
    """Adds usage first: its invoices are counted from the events themselves."""
    net = _period_net(draft)
    _add_subscription(draft, net)
    periods = _periods(draft)
    for left, period in zip(range(len(periods), 0, -1), periods, strict=True):
        _add_period(draft, net, period, left)
    _add_usage_events(draft)
    _add_usage_invoices(draft)
    if draft.account.case == "credit":
        _add_credit(draft)


def gross(draft: Draft, net: Decimal) -> tuple[Decimal, Decimal]:
    """Tax and total of a net amount, each in the currency's minor units."""
    terms = draft.account.terms
    tax = (net * terms.tax).quantize(minor(terms.currency), ROUND_HALF_UP)
    return tax, net + tax


def _period_net(draft: Draft) -> Decimal:
    terms = draft.account.terms
    months = _YEAR_COSTS_MONTHS if terms.interval == "year" else 1
    return Decimal(SEAT_MONTH[terms.plan][terms.currency]) * terms.seats * months


def _periods(draft: Draft) -> list[tuple[date, date]]:
    """The billed periods, half-open, oldest first; the last one is running."""
    terms, end = draft.account.terms, term_ends_on(draft.account, draft.anchor)
    if end is not None:
        count = min(_MOST_YEARS, terms.years + 1)
        return [(years_before(end, n + 1), years_before(end, n)) for n in reversed(range(count))]
    count = min(_MOST_MONTHS, terms.years * 12) or 1
    return [(first_of_month(draft.today, -n), first_of_month(draft.today, 1 - n)) for n in reversed(range(count))]


def _add_subscription(draft: Draft, net: Decimal) -> None:
    terms, (_, renews_on) = draft.account.terms, _periods(draft)[-1]
    draft.belonging(
        "subscription",
        plan=terms.plan,
        interval=terms.interval,
        seats=terms.seats,
        net=net,
        tax=gross(draft, net)[0],
        currency=terms.currency,
        started_on=customer_since(draft.account, draft.anchor),
        renews_on=renews_on,
    )


def _add_period(draft: Draft, net: Decimal, period: tuple[date, date], left: int) -> None:
    """Invoices a period and pays it, as the account's case has it; `left` counts down to 1, the running one."""
    account, (start, end) = draft.account, period
    issued = draft.midnight(start - timedelta(days=5)) + timedelta(hours=6)
    invoice = _add_invoice(draft, "subscription", net, (issued, draft.midnight(start), draft.midnight(end)))
    _add_line(draft, invoice, Decimal(account.terms.seats), net / account.terms.seats)
    if account.case == "large_debt" and left <= _UNPAID_MONTHS:
        return
    fee = _BANK_FEE if account.case == "short_payment" and left == 1 else Decimal()
    yearly = account.terms.interval == "year"
    delay = timedelta(days=draft.rng.randrange(3, 12)) if yearly else timedelta(hours=1)
    _add_payment(draft, invoice, issued + delay, fee)


def _add_invoice(draft: Draft, kind: str, net: Decimal, times: tuple[datetime, datetime, datetime]) -> Row:
    account, (issued, start, end) = draft.account, times
    tax, total = gross(draft, net)
    last_day = end - timedelta(days=1)
    what = f"Bancada {PLANS[account.terms.plan]}" if kind == "subscription" else "SMS"
    return draft.belonging(
        "invoice",
        number=f"B-{issued.year}-{next(draft.counters[f'invoice {issued.year}']):05}",
        kind=kind,
        description=f"{what}, {start.date()} – {last_day.date()}",
        buyer={"name": account.name, "city": account.place.city, "country": account.place.country},
        currency=account.terms.currency,
        net=net,
        tax=tax,
        total=total,
        issued_at=issued,
        due_at=issued + timedelta(days=30 if account.terms.interval == "year" else 14),
        service_start=start,
        service_end=end,
    )


def _add_line(draft: Draft, invoice: Row, quantity: Decimal, price: Decimal) -> None:
    draft.add(
        "invoice_line",
        id=draft.opaque("lin"),
        invoice_id=invoice["id"],
        description=invoice["description"],
        quantity=quantity,
        unit_price=price,
        net=invoice["net"],
    )


def _add_payment(draft: Draft, invoice: Row, paid_at: datetime, fee: Decimal = Decimal()) -> None:
    draft.add(
        "payment",
        id=draft.opaque("pay"),
        invoice_id=invoice["id"],
        method="transfer" if draft.account.terms.interval == "year" else "card",
        amount=invoice["total"] - fee,
        currency=invoice["currency"],
        paid_at=paid_at,
    )


def _add_credit(draft: Draft) -> None:
    draft.belonging(
        "credit_note",
        reason="Goodwill after the outage of the planning board",
        amount=_GOODWILL,
        currency=draft.account.terms.currency,
        issued_at=draft.recent(40),
    )


def _add_usage_events(draft: Draft) -> None:
    account, rng = draft.account, draft.rng
    days = (draft.today - first_of_month(draft.today, -RAW_MONTHS)).days + 1
    sms = _SMS_SHARE if account.terms.plan != "taller" else 0
    meters = rng.choices(list(METERS), (sms, 0.45, 0.3, 0.17), k=account.size.events)
    for meter, days_ago in zip(meters, sorted(rng.choices(range(days), k=len(meters)), reverse=True), strict=True):
        draft.rows["usage_event"].append(
            {
                "id": next(draft.counters["usage_event"]),
                "account_id": account.id,
                "meter": meter,
                "quantity": 1,
                "app": rng.choice(_APPS),
                "occurred_at": utc(draft.working_hour(days_ago)),
            }
        )


def _add_usage_invoices(draft: Draft) -> None:
    """One for each closed month, on the first of the next; what came since is unbilled."""
    account = draft.account
    sms = Counter(
        first_of_month(event["occurred_at"].astimezone(account.zone).date())
        for event in draft.rows["usage_event"]
        if event["meter"] == "sms"
    )
    price = Decimal(SMS[account.terms.currency])
    for month in sorted(sms):
        end = draft.midnight(first_of_month(month, 1))
        if end > draft.midnight(draft.today):
            continue
        issued = end + timedelta(hours=6)
        invoice = _add_invoice(draft, "usage", sms[month] * price, (issued, draft.midnight(month), end))
        _add_line(draft, invoice, Decimal(sms[month]), price)
        is_last = first_of_month(month, 1) == first_of_month(draft.today)
        if not (is_last and account.case in {"small_debt", "large_debt"}):
            _add_payment(draft, invoice, issued + timedelta(hours=1))
