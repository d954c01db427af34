"""What holds for whatever a billing system tells. Each test is named after the rule that it proves. Source: DOMAIN money."""

from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from models.money import (
    FINAL,
    BillingState,
    Document,
    Fee,
    InvoiceLine,
    InvoiceState,
    MoneyTerms,
    Settlement,
    SubscriptionState,
)
from rules.comparison import differences
from rules.cost import cost
from rules.forecast import expected
from rules.proration import unused
from rules.rounding import exponent, is_whole, rounded
from rules.settlement import settle
from tests.contract.settling import outstanding
from tests.unit.sample_billing import END, MADRID, START, THRESHOLDS, invoice, subscription, usage

COMMON = ["CLF", "EUR", "IQD", "JPY", "KWD", "USD"]
CURRENCIES = st.sampled_from(COMMON) | st.sampled_from(sorted(list_currencies()))
RATES = st.sampled_from([Decimal(0), Decimal("0.10"), Decimal("0.21")])
MONEY = frozenset({"refund", "set_off"})


@st.composite
def invoices(draw: st.DrawFn, name: str, currency: str) -> InvoiceState:
    """Paid, part-paid, overpaid, credited; some by lines of several rates of tax, some without."""
    places = exponent(currency)
    amounts = st.decimals(0, 100_000, places=places)
    made = draw(st.lists(st.builds(_line, st.sampled_from(["recurring", "usage"]), amounts, RATES), max_size=3))
    found = tuple(x.model_copy(update={"tax": rounded(x.tax, currency)}) for x in made)
    total = sum((x.amount for x in found), Decimal(0)) if found else draw(amounts)
    start = START.replace(month=draw(st.integers(1, 12)))
    return invoice(
        total,
        draw(st.just(Decimal(0)) | st.just(total) | amounts),
        invoice_id=name,
        kind=draw(st.sampled_from(["subscription", "usage", "one_off"])),
        currency=currency,
        credited=draw(st.just(Decimal(0)) | st.decimals(0, total, places=places)),
        lines=found,
        service_start=start,
        service_end=start + timedelta(days=draw(st.integers(1, 400))),
    )


def _line(kind: str, net: Decimal, rate: Decimal) -> InvoiceLine:
    return InvoiceLine(kind=kind, description=kind, net=net, tax=net * rate, tax_rate=rate)


@st.composite
def billings(draw: st.DrawFn) -> BillingState:
    """Invoices, usage in any precision, credit balances, subscriptions with minimums; several currencies."""
    ids, found, used, subscriptions, credit = count(1), [], [], [], {}
    for currency in draw(st.lists(CURRENCIES, unique=True, max_size=3)):
        found += [draw(invoices(f"I{next(ids)}", currency)) for _ in range(draw(st.integers(0, 3)))]
        amounts = draw(st.lists(st.decimals(0, 5_000, places=6), max_size=2))
        used += [usage(amount, currency=currency, usage_ids=(f"U{next(ids)}",)) for amount in amounts]
        credit[currency] = draw(st.decimals(0, 100_000, places=exponent(currency)))
        minimums = draw(st.lists(st.decimals(0, 1_000, places=4), max_size=2))
        subscriptions += [_subscription(f"S{next(ids)}", currency, minimum) for minimum in minimums]
    return BillingState(invoices=tuple(found), usage=tuple(used), credit=credit, subscriptions=tuple(subscriptions))


def _subscription(name: str, currency: str, minimum: Decimal) -> SubscriptionState:
    return subscription(subscription_id=name, description=name, currency=currency, minimum=minimum)


@st.composite
def money_terms(draw: st.DrawFn) -> MoneyTerms:
    fees = draw(st.lists(CURRENCIES, unique=True, max_size=2))
    return MoneyTerms(
        thresholds=THRESHOLDS,
        rounding=draw(st.sampled_from(["half_up", "half_even"])),
        pay_out_credit=draw(st.booleans()),
        fees=tuple(
            Fee(contract="C1", currency=each, amount=draw(st.decimals(0, 500, places=4)), description=f"Early: {each}")
            for each in fees
        ),
    )


def applied(billing: BillingState, final: Settlement) -> BillingState:
    """What a billing system holds once it has made the documents."""
    currencies = dict.fromkeys(x.currency for x in final.documents if x.kind == "charge")
    made = [_final(currency, [x for x in final.documents if x.currency == currency]) for currency in currencies]
    told = [
        _answered(each, [x for x in final.documents if x.invoice_id == each.invoice_id]) for each in billing.invoices
    ]
    from_credit = [x for x in final.documents if x.invoice_id is None]
    credit = {
        currency: balance - sum(x.amount for x in from_credit if x.currency == currency)
        for currency, balance in billing.credit.items()
    }
    return BillingState(invoices=(*told, *made), credit=credit, subscriptions=billing.subscriptions)


def _answered(state: InvoiceState, mine: list[Document]) -> InvoiceState:
    money = sum(x.amount for x in mine if x.kind in MONEY)
    other = sum(x.amount for x in mine if x.kind not in MONEY)
    return state.model_copy(update={"paid": state.paid - money, "credited": state.credited - other})


def _final(currency: str, documents: list[Document]) -> InvoiceState:
    charges = [x for x in documents if x.kind == "charge"]
    made = invoice(
        sum(x.amount for x in charges),
        invoice_id=f"F-{currency}",
        kind="final",
        currency=currency,
        issued_at=END,
        lines=tuple(
            InvoiceLine(kind="other", description=x.description, net=x.amount - x.tax, tax=x.tax, tax_rate=x.tax_rate)
            for x in charges
        ),
    )
    return _answered(made, [x for x in documents if x.invoice_id == FINAL and x.kind != "charge"])


@given(billings(), money_terms())
def test_money_5_every_statement_closes_to_exactly_zero_in_every_currency(
    billing: BillingState, terms: MoneyTerms
) -> None:
    for statement in settle(billing, END, terms, MADRID).statements:
        assert sum(line.amount for line in statement.lines) == statement.total == 0


@given(billings(), money_terms())
def test_money_5_what_was_settled_is_closed_settles_to_nothing_and_does_not_differ(
    billing: BillingState, terms: MoneyTerms
) -> None:
    final = settle(billing, END, terms, MADRID)
    after = applied(billing, final)
    assert outstanding(after) == {}
    assert settle(after, END, terms, MADRID) == Settlement(statements=())
    assert differences(final, final.documents, after) == []


@given(billings(), money_terms())
def test_money_3_no_refund_exceeds_what_was_paid_less_what_was_used(billing: BillingState, terms: MoneyTerms) -> None:
    documents = settle(billing, END, terms, MADRID).documents
    for state in billing.invoices:
        refunds = [x for x in documents if x.kind == "refund" and x.invoice_id == state.invoice_id]
        free = sum(part.amount for part in unused(state, END, MADRID, terms.rounding))
        used = state.total - max(free, state.credited)
        assert sum(x.amount for x in refunds) <= max(state.paid - used, 0)
        assert not refunds or state.paid, "an unpaid invoice is never refunded"
        for payment, held in state.payments.items():
            assert sum(x.amount for x in refunds if x.payment_id == payment) <= held
    for currency, credit in billing.credit.items():
        back = [x for x in documents if (x.invoice_id, x.currency) == (None, currency)]
        assert sum(x.amount for x in back) == credit


@given(billings(), money_terms())
def test_money_3_credits_never_exceed_the_days_that_are_left_and_earlier_ones_count_first(
    billing: BillingState, terms: MoneyTerms
) -> None:
    documents = settle(billing, END, terms, MADRID).documents
    for state in billing.invoices:
        credits_ = [x for x in documents if x.kind == "credit" and x.invoice_id == state.invoice_id]
        free = sum((part.amount for part in unused(state, END, MADRID, terms.rounding)), Decimal(0))
        assert -sum(x.amount for x in credits_) == max(free - state.credited, 0)
        assert all(0 >= x.tax >= x.amount for x in credits_)


@given(billings(), money_terms())
def test_money_3_what_is_forgiven_and_what_is_paid_back_never_meet(billing: BillingState, terms: MoneyTerms) -> None:
    for statement in settle(billing, END, terms, MADRID).statements:
        kinds = {line.kind for line in statement.lines} & {"refund", "write_off", "handed_over"}
        assert len(kinds) <= 1


@given(billings(), money_terms(), st.data())
def test_money_3_an_account_that_pays_between_preview_and_close_still_closes_and_pays_no_cent_more(
    billing: BillingState, terms: MoneyTerms, data: st.DataObject
) -> None:
    """A payment moves what is still to be paid by its amount, unless the debt would have been forgiven."""
    open_ = [x for x in billing.invoices if x.due > 0]
    if not open_:
        return
    one = data.draw(st.sampled_from(open_))
    paid = one.model_copy(update={"paid": one.paid + one.due, "payments": {**one.payments, "late": one.due}})
    changed = billing.model_copy(update={"invoices": tuple(paid if x is one else x for x in billing.invoices)})
    before, after = (settle(each, END, terms, MADRID) for each in (billing, changed))
    assert all(statement.closed for statement in after.statements)
    refunded = sum(x.amount for x in after.documents if x.kind == "refund" and x.invoice_id == one.invoice_id)
    free = sum(part.amount for part in unused(paid, END, MADRID, terms.rounding))
    assert refunded <= max(paid.paid - (paid.total - max(free, paid.credited)), 0)
    was, is_ = (cost(each.statements).get(one.currency, Decimal(0)) for each in (before, after))
    kinds = {x.kind for each in (before, after) for x in each.documents if x.currency == one.currency}
    assert is_ == was - one.due or kinds & {"write_off", "lapsed"}


@given(billings(), money_terms())
def test_money_1_no_amount_has_more_decimals_than_its_currency(billing: BillingState, terms: MoneyTerms) -> None:
    final = settle(billing, END, terms, MADRID)
    amounts = [(x.currency, amount) for x in final.statements for line in x.lines for amount in (line.amount, line.tax)]
    amounts += [(x.currency, amount) for x in final.documents for amount in (x.amount, x.tax)]
    assert all(is_whole(amount, currency) for currency, amount in amounts)
    assert all(-x.amount.as_tuple().exponent == exponent(x.currency) for x in final.documents)


@given(billings(), money_terms(), st.randoms(use_true_random=False))
def test_money_5_the_order_of_invoices_usage_and_credits_changes_nothing(
    billing: BillingState, terms: MoneyTerms, rng: Any
) -> None:
    shuffled = billing.model_copy(
        update={
            "invoices": tuple(rng.sample(billing.invoices, len(billing.invoices))),
            "usage": tuple(rng.sample(billing.usage, len(billing.usage))),
            "subscriptions": tuple(rng.sample(billing.subscriptions, len(billing.subscriptions))),
            "credit": dict(rng.sample(list(billing.credit.items()), len(billing.credit))),
        }
    )
    others = terms.model_copy(update={"fees": tuple(rng.sample(terms.fees, len(terms.fees)))})
    before = billing.model_dump_json()
    assert settle(shuffled, END, others, MADRID) == settle(billing, END, terms, MADRID)
    assert billing.model_dump_json() == before


@given(billings(), money_terms(), st.integers(0, 100))
def test_money_4_what_is_expected_settles_as_it_will_be_once_it_is_invoiced(
    billing: BillingState, terms: MoneyTerms, days: int
) -> None:
    until = END + timedelta(days=days)
    then = expected(billing, until, MADRID, terms.rounding)
    assert expected(then, until, MADRID, terms.rounding) == then
    assert all(statement.closed for statement in settle(then, until, terms, MADRID).statements)
