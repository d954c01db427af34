"""Amounts in no currency, below nothing, or finer than the currency's minor units. Source: DOMAIN money.1."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from babel.core import get_global
from babel.numbers import get_currency_precision

from rules.policy_found import Finding, Placed


def wrong_amounts(each: Placed, field: str, amounts: Mapping[str, Decimal]) -> Iterator[Finding]:
    """Those of one field of a clause."""
    for currency, amount in amounts.items():
        what = ""
        if currency not in get_global("all_currencies"):
            what, fix = f"{field} names {currency!r}, which is no currency", "write a code of ISO 4217, such as EUR"
        elif not amount.is_finite() or amount < 0:
            what, fix = f"{field} of {amount} {currency} is no worth", "write an amount of 0 or more"
        elif (units := get_currency_precision(currency)) < decimals(amount):
            what = f"{field} of {amount:f} {currency} is finer than a currency of {units} decimals knows"
            fix = f"write {amount:.{units}f}"
        if what:
            yield Finding(where=str(each), what=what, fix=fix)


def decimals(amount: Decimal) -> int:
    """How many it needs."""
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
