"""Amounts in a currency's minor units. Source: DOMAIN money.1."""

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the minor units of ISO 4217 (JPY 0, EUR 2, KWD 3), half up. Source: DOMAIN money.1."""
    unit = Decimal(1).scaleb(-get_currency_precision(currency))
    return amount.quantize(unit, rounding=ROUND_HALF_UP)
