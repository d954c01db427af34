"""The days that a pause kept from being used come after it: the invoices of a paused period bill later days.

Source: DOMAIN modes.1.
"""

import json

from stripe import Invoice, StripeClient

from connectors.stripe import marks
from connectors.stripe.books import PAGE, lines_of
from connectors.stripe.marks import everything
from connectors.stripe.past import short


def move_service(client: StripeClient, subscription: str, key: str, since: int, later: int) -> None:
    """Moves what its invoices bill of the time after `since` by `later` seconds, once for the pause `key`."""
    for invoice in everything(client.v1.invoices.list({"subscription": subscription, "limit": PAGE})):
        ends = [line.period.end for line in lines_of(client, invoice)]
        if invoice.status != "void" and max(ends, default=0) + moved_by(invoice) > since:
            told = json.dumps({**_moves(invoice), short(key): later})
            client.v1.invoices.update(invoice.id, {"metadata": {marks.MOVED: told}})


def moved_by(invoice: Invoice) -> int:
    """By how many seconds its period has moved."""
    return sum(_moves(invoice).values())


def _moves(invoice: Invoice) -> dict[str, int]:
    found: dict[str, int] = json.loads(marks.of(invoice).get(marks.MOVED, "{}"))
    return found
