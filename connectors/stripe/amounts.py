"""Amounts as Stripe writes them: whole numbers of its own minor units, exact or refused. Source: DOMAIN money.3.

Source: https://docs.stripe.com/currencies (zero-decimal, three-decimal, special cases). HUF and TWD have two decimals
in charges and refunds; only payouts to our bank must be whole, which are no concern here.
"""

from collections.abc import Iterable
from decimal import Decimal

from connectors.errors import Rejected
from connectors.stripe.errors import SYSTEM
from models.money import Document

_ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
_THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_WRITTEN_WITH_TWO = frozenset(["ISK", "UGX"])  # zero-decimal, but written as if they had two


def minor(amount: Decimal, currency: str) -> int:
    """An amount in Stripe's minor units.

    Raises:
        Rejected: Stripe can't express it exactly; KWD and its like go in steps of 0.010, ISK and UGX in whole ones.
    """
    if not expressible(amount, currency):
        raise Rejected(
            SYSTEM,
            f"can't express {amount} {currency}, which goes there in steps of {_step(currency)}",
            "round the prices of the contract to that step, or settle this account by hand",
        )
    return int(amount.scaleb(_decimals(currency)))


def major(amount: int | Decimal, currency: str) -> Decimal:
    """An amount of Stripe's, exact; the currency as Stripe or as ISO writes it."""
    return Decimal(amount).scaleb(-_decimals(currency.upper()))


def expressible(amount: Decimal, currency: str) -> bool:
    """Whether Stripe can express it exactly."""
    return amount % _step(currency) == 0


def inexpressible(documents: Iterable[Document]) -> list[Document]:
    """Those that Stripe can't express exactly: for the preview. Source: DOMAIN money.3."""
    return [document for document in documents if not expressible(document.amount, document.currency)]


def _decimals(currency: str) -> int:
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def _step(currency: str) -> Decimal:
    whole = currency in _ZERO_DECIMAL or currency in _WRITTEN_WITH_TWO
    return Decimal(1) if whole else Decimal("0.01")
