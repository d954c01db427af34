"""The money engine: what closes an account's statements to zero. Source: DOMAIN money.1–money.6.

On a statement appear the invoices that are open or have unused days to credit (`rules.invoicing`), the final invoice
(`rules.final_invoice`) and the credit balance, and then what closes it: refunds of what we owe, or a write-off, or
finance takes over.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from models.money import ZERO, BillingState, Document, MoneyTerms, Settlement, Statement
from rules.billing_check import check
from rules.final_invoice import final_invoice
from rules.invoicing import Item, as_line, balance, invoiced
from rules.rounding import rounded


def settle(billing: BillingState, billing_end: datetime, terms: MoneyTerms, timezone: str) -> Settlement:
    """Settles everything as of `billing_end`, in the minor units of each currency; days are those of `timezone`.

    A pure function; the order of invoices and usage changes nothing, and what has been settled settles to nothing.
    A currency without a threshold forgives nothing. Source: DOMAIN money.3, money.5, money.6.

    Raises:
        MoneyRefused: the billing system tells what can't be.
    """
    check(billing)
    statements, documents = [], []
    for currency in _currencies(billing, terms):
        found = [
            *invoiced(billing, currency, billing_end, terms, timezone),
            *final_invoice(billing, currency, billing_end, terms, timezone),
            *balance(billing, currency),
        ]
        if not found:
            continue
        set_offs, left = _set_off(found)
        closing = [*_refunds(left, terms), *_debts(left, terms.thresholds.get(currency, ZERO))]
        statements.append(_statement(currency, found, closing))
        documents += [*(document for item in found for document in item.documents), *set_offs, *closing]
    return Settlement(statements=tuple(statements), documents=tuple(documents))


def _currencies(billing: BillingState, terms: MoneyTerms) -> list[str]:
    found = set(billing.credit)
    found |= {each.currency for each in billing.invoices} | {each.currency for each in billing.usage}
    found |= {each.currency for each in billing.subscriptions}
    return sorted(found | {fee.currency for fee in terms.fees})


def _set_off(found: Sequence[Item]) -> tuple[list[Document], list[Item]]:
    """Pays debts from what we owe in the same currency, the credit balance first; answers what is left of each.

    Source: DOMAIN money.3 (earlier credits are deducted first).
    """
    left = {item.invoice_id: item.due for item in found}
    claims = deque(sorted((item for item in found if item.due < 0), key=lambda item: item.invoice_id is not None))
    documents = []
    for debt in (item for item in found if item.due > 0):
        while left[debt.invoice_id] and claims:
            amount = min(left[debt.invoice_id], -left[claims[0].invoice_id])
            documents += _pair(claims[0], debt, amount)
            left[debt.invoice_id] -= amount
            left[claims[0].invoice_id] += amount
            if not left[claims[0].invoice_id]:
                claims.popleft()
    return documents, [item.model_copy(update={"due": left[item.invoice_id]}) for item in found]


def _pair(claim: Item, debt: Item, amount: Decimal) -> list[Document]:
    return [
        _document("set_off", amount, f"Set against: {debt.description}", claim),
        _document("set_off", -amount, f"Paid from: {claim.description}", debt),
    ]


def _refunds(left: Sequence[Item], terms: MoneyTerms) -> list[Document]:
    """What we owe, however small, to the payments that it came from, the newest first. Source: DOMAIN money.3.

    What no payment holds (a credit balance) is paid out without one, to where a person asks; or, if the policy says
    so, a credit balance ends with the account.
    """
    return [
        _lapsed(item)
        if item.invoice_id is None and not terms.pay_out_credit
        else _document("refund", amount, f"{'Refund' if payment else 'To pay out'}: {item.description}", item, payment)
        for item in left
        for payment, amount in _shares(item)
    ]


def _lapsed(item: Item) -> Document:
    return _document("lapsed", -item.due, f"Not paid out, by the contract's terms: {item.description}", item)


def _shares(item: Item) -> list[tuple[str | None, Decimal]]:
    owed, shares = -item.due, []
    for payment, holds in [*item.payments.items(), (None, owed)]:
        share = min(owed, holds)
        if share > 0:
            shares.append((payment, share))
            owed -= share
    return shares


def _debts(left: Sequence[Item], threshold: Decimal) -> list[Document]:
    """What the customer owes on balance: forgiven at or under the threshold, else handed to finance.

    Source: DOMAIN money.5, money.6.
    """
    debts = [item for item in left if item.due > 0]
    if sum((item.due for item in debts), ZERO) > threshold:
        return [_document("handed_over", -x.due, f"Handed to finance: {x.description}", x) for x in debts]
    return [_document("write_off", -x.due, f"{_reason(threshold, x.currency)}: {x.description}", x) for x in debts]


def _reason(threshold: Decimal, currency: str) -> str:
    return f"Written off, the balance is at or under {rounded(threshold, currency)} {currency}"


def _document(kind: str, amount: Decimal, description: str, item: Item, payment: str | None = None) -> Document:
    return Document(
        kind=kind,
        currency=item.currency,
        amount=amount,
        description=description,
        invoice_id=item.invoice_id,
        payment_id=payment,
    )


def _statement(currency: str, found: Sequence[Item], closing: Sequence[Document]) -> Statement:
    lines = [*(line for item in found for line in item.lines), *(as_line(document) for document in closing)]
    return Statement(currency=currency, lines=tuple(lines), total=sum((line.amount for line in lines), ZERO))
