"""Tax rates for lines whose total is already exact: inclusive ones, so that no rounding of Stripe's changes it.

The tax that Stripe takes out of a rounded gross amount is the tax that was added to its net: with n·r = t + e and
|e| ≤ ½, (n + t)·r / (1 + r) = t + e / (1 + r). Source: DOMAIN money.1.
"""

from decimal import Decimal

from stripe import StripeClient

from connectors.stripe import marks
from connectors.stripe.books import PAGE
from connectors.stripe.invoices import share_of
from connectors.stripe.marks import Part, everything

_OURS = "farewell-tax"


def inclusive(client: StripeClient, rate: Decimal) -> list[str]:
    """The tax rate as a line wants it, made if there is none; none for no tax."""
    if not rate:
        return []
    for known in everything(client.v1.tax_rates.list({"active": True, "inclusive": True, "limit": PAGE})):
        if share_of(known) == rate and marks.bears(known, _OURS):
            return [known.id]
    percent = format((rate * 100).normalize(), "f")
    part = Part(_OURS, percent)
    made = client.v1.tax_rates.create(
        {
            "display_name": "Tax",
            "inclusive": True,
            "percentage": float(percent),
            "metadata": part.mark(),
        },
        part.once(),
    )
    return [made.id]
