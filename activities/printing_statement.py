"""The final statement as a paper: lines by invoice, tax, and a sentence that says why it comes to zero.

Source: DOMAIN money.1, money.5, money.7; EN 16931-1 (tax per line and per rate).
"""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from babel.lists import format_list

from activities.printing_press import breakable
from activities.printing_words import Words
from activities.wording import described, flat, money, word
from models.money import FINAL, ZERO, Document, Statement, StatementLine

_ADD, _TAKE = ("charge", "refund"), ("payment", "credit", "write_off", "handed_over", "lapsed")


def sheet(statement: Statement, words: Words) -> dict[str, Any]:
    """One currency: its lines in groups of one invoice each, its sum and its tax."""
    currency, taxes = statement.currency, _taxes(statement.lines)
    taxed = any(tax for _, tax in taxes.values())
    return {
        "title": words.say("currency", currency=currency),
        "groups": [_group(lines, currency, words) for lines in _by_invoice(statement.lines)],
        "taxed": taxed,
        "total": money(words.values, statement.total, currency),
        "sentence": _why(statement, words),
        "taxes": [_rate(rate, *sums, currency, words) for rate, sums in sorted(taxes.items())] if taxed else [],
    }


def refund(document: Document, words: Words) -> dict[str, str]:
    """What goes back, and to where; without a payment to take it back, a person asks. Source: DOMAIN money.3."""
    what = described(words.values, document.description)
    where = "where_account" if document.payment_id is None else "where_payment"
    return {
        "where": breakable(words.say(where, payment=document.payment_id, what=what)),
        "amount": money(words.values, document.amount, document.currency),
    }


def _by_invoice(lines: Sequence[StatementLine]) -> Iterable[list[StatementLine]]:
    """In the order in which each invoice comes first."""
    order = list(dict.fromkeys(line.reference for line in lines))
    return ([line for line in lines if line.reference == reference] for reference in order)


def _group(lines: Sequence[StatementLine], currency: str, words: Words) -> dict[str, Any]:
    reference = lines[0].reference
    title = {FINAL: "final", "": "account_itself"}.get(reference, "invoice")
    charged = {"Final invoice"} | {line.description for line in lines if line.kind == "charge"}
    return {
        "title": breakable(words.say(title, reference=reference)),
        "lines": [_line(line, charged, currency, words) for line in lines],
    }


def _line(line: StatementLine, charged: Collection[str], currency: str, words: Words) -> dict[str, str]:
    """Below the charge that it answers, a line needn't say again what was charged."""
    head, _, rest = line.description.partition(": ")
    what = described(words.values, head if rest in charged else line.description)
    tax = words.say("taxed", rate=line.tax_rate, tax=line.tax, currency=currency) if line.tax else ""
    return {
        "kind": word(words.values, line.kind),
        "what": breakable(flat(what)),
        "tax": tax,
        "amount": money(words.values, line.amount, currency),
    }


def _taxes(lines: Iterable[StatementLine]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """Net and tax per rate, of the lines that bear tax."""
    taxes: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for line in lines:
        if line.tax or line.tax_rate:
            net, tax = taxes.get(line.tax_rate, (ZERO, ZERO))
            taxes[line.tax_rate] = net + line.amount - line.tax, tax + line.tax
    return taxes


def _rate(rate: Decimal, net: Decimal, tax: Decimal, currency: str, words: Words) -> dict[str, str]:
    amounts = {"net": net, "tax": tax, "gross": net + tax}
    shown = {name: money(words.values, amount, currency) for name, amount in amounts.items()}
    return {"rate": words.say("rate", rate=rate), **shown}


def _why(statement: Statement, words: Words) -> str:
    """What adds less what is taken, and what that leaves. Source: DOMAIN money.5."""
    added, taken = (_sums(statement, kinds, words) for kinds in (_ADD, _TAKE))
    return words.say("sum", added=added, taken=taken, total=statement.total, currency=statement.currency)


def _sums(statement: Statement, kinds: Iterable[str], words: Words) -> str:
    told = []
    for kind in kinds:
        amount = sum((line.amount for line in statement.lines if line.kind == kind), ZERO)
        if amount:
            told.append(words.say(f"sum_{kind}", sum=money(words.values, abs(amount), statement.currency)))
    return str(format_list(told, locale=words.values["locale"]))
