"""Events that Stripe sends, verified by its client. Source: https://docs.stripe.com/webhooks/signature."""

import stripe

from connectors.errors import Unauthorized
from connectors.stripe.errors import SYSTEM

TOLERANCE_SECONDS = 300
_OF_MONEY = ("charge.", "credit_note.", "invoice.", "invoiceitem.", "refund.")


def customer_of(body: bytes, signature: str | None, secret: str) -> str | None:
    """Whose money the event is about; None for an event of something else, or of nobody.

    Raises:
        Unauthorized: it isn't signed with the secret, or was signed longer ago than the tolerance.
    """
    try:
        event = stripe.Webhook.construct_event(body, signature, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, ValueError):  # ValueError: signed, but no JSON; its text is the body
        raise Unauthorized(SYSTEM, "a webhook isn't signed with our secret, or is too old") from None
    customer = getattr(event.data.object, "customer", None) if event.type.startswith(_OF_MONEY) else None
    return customer if isinstance(customer, str) else None
