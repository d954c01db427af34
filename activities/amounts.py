"""Amounts of several currencies, side by side."""

from collections.abc import Iterable
from decimal import Decimal

from models.money import ZERO


def by_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Per currency what they come to, as positive amounts; a currency that comes to nothing isn't there."""
    found: dict[str, Decimal] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, ZERO) + abs(amount)
    return {currency: amount for currency, amount in found.items() if amount}
