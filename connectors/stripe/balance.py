"""The credit balance: what is set off, paid out or ends is taken from it. At Stripe, credit is negative.

Source: https://docs.stripe.com/billing/customer/balance.
"""

from collections.abc import Iterable

from stripe import CustomerBalanceTransaction, StripeClient
from stripe.params import CustomerBalanceTransactionCreateParams

from connectors.stripe.amounts import minor
from connectors.stripe.books import PAGE
from connectors.stripe.marks import Line, Part, everything
from models.money import Amount

BALANCE = "balance"


def transactions(client: StripeClient, customer: str) -> list[CustomerBalanceTransaction]:
    """All of a customer's, the newest first."""
    return everything(client.v1.customers.balance_transactions.list(customer, {"limit": PAGE}))


def take(  # noqa: PLR0917  # the parts of one transaction
    client: StripeClient,
    customer: str,
    amount: Amount,
    currency: str,
    part: Part,
    lines: Iterable[Line] = (),
    description: str = "",
) -> None:
    """Takes an amount from it, once; a negative one is given."""
    asked: CustomerBalanceTransactionCreateParams = {
        "amount": minor(amount, currency),
        "currency": currency.lower(),
        "description": description,
        "metadata": part.mark(lines),
    }
    making = client.v1.customers.balance_transactions
    if amount:
        part.make(lambda: transactions(client, customer), lambda once: making.create(customer, asked, once))
