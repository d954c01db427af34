"""What leaving costs the customer. Source: DOMAIN money.5, modes."""

from collections.abc import Iterable
from decimal import Decimal

from models.money import ZERO, Statement

_FROM_HERE_ON = frozenset({"handed_over", "refund"})


def cost(statements: Iterable[Statement]) -> dict[str, Decimal]:
    """Per currency what the customer will still pay (+) or gets back (−), with tax; what is written off costs nothing.

    It's what the statement leaves open, what is handed over to be collected, less what is refunded.
    """
    return {
        each.currency: each.total - sum((x.amount for x in each.lines if x.kind in _FROM_HERE_ON), ZERO)
        for each in statements
    }
