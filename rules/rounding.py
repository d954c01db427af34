"""Amounts in a currency's minor units, and how one is split. Source: DOMAIN money.1."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cache
from math import lcm

from babel.numbers import get_currency_precision, is_currency

from models.money import ZERO, Rounding

_METHODS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_TWO = "AFN ALL IRR KPW LAK LBP MGA MMK PKR RSD SLL SOS SYP YER"
# Babel tells CLDR's digits, which are those of cash in use; invoices bear ISO 4217's, where they are more.
_MORE_THAN_CASH = {**dict.fromkeys(_TWO.split(), 2), "IQD": 3}


class MoneyRefused(Exception):
    """No amount may be made of this: `what` is wrong and where, and the `fix`."""

    def __init__(self, what: str, fix: str) -> None:
        """Keeps both for the person who asked."""
        super().__init__(what)
        self.what, self.fix = what, fix


@cache
def exponent(currency: str) -> int:
    """How many decimals an amount has (JPY 0, EUR 2, KWD 3). Source: ISO 4217; DOMAIN money.1.

    Raises:
        MoneyRefused: there is no such currency.
    """
    if not is_currency(currency):
        raise MoneyRefused(f"there is no currency {currency!r}", "use its code of ISO 4217, as in EUR")
    return _MORE_THAN_CASH.get(currency, get_currency_precision(currency))


def rounded(amount: Decimal, currency: str, method: Rounding = "half_up") -> Decimal:
    """To the minor units of the currency, by the policy's method. Source: DOMAIN money.1."""
    return amount.quantize(_unit(currency), rounding=_METHODS[method])


def split(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Parts of a known amount, by weight, by largest remainder: they add up to it exactly, a negative one too.

    Of equal remainders the first gets the unit. Source: DOMAIN money.1.

    Raises:
        MoneyRefused: a weight is negative, all are zero, or the amount has more decimals than its currency.
    """
    units, remainder = divmod(abs(total), _unit(currency))
    if remainder or any(weight < 0 for weight in weights) or (total and not any(weights)):
        raise MoneyRefused(
            f"{total} {currency} can't be split by {', '.join(map(str, weights))}",
            f"split an amount of at most {exponent(currency)} decimals by weights that aren't negative",
        )
    whole = _whole(weights)
    shares = [divmod(int(units) * weight, sum(whole) or 1) for weight in whole]
    parts = [part for part, _ in shares]
    by_remainder = sorted(range(len(parts)), key=lambda n: -shares[n][1])
    for n in by_remainder[: int(units) - sum(parts)]:
        parts[n] += 1
    return [part * _unit(currency).copy_sign(total) for part in parts]


def _whole(weights: Sequence[Decimal]) -> list[int]:
    """The same weights as whole numbers."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(below for _, below in ratios))
    return [above * (common // below) for above, below in ratios]


@cache
def _unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-exponent(currency))


def is_whole(amount: Decimal, currency: str) -> bool:
    """Whether an amount has no more decimals than its currency."""
    return amount % _unit(currency) == ZERO
