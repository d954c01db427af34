"""Events that Stripe sends, verified by its client. Source: https://docs.stripe.com/webhooks/signature."""

import json

import stripe

from connectors.errors import Unauthorized
from connectors.stripe.errors import SYSTEM

TOLERANCE_SECONDS = 300
_OF_MONEY = ("charge.", "credit_note.", "invoice.", "invoiceitem.", "refund.")


def customer_of(body: bytes, signature: str | None, secret: str) -> str | None:
    """Whose money the event is about; None for an event of something else, or of nobody.

    While a secret is rolled Stripe signs with both, so one is enough here.

    Raises:
        Unauthorized: it isn't signed with the secret, was signed longer ago than the tolerance, or is no event.
    """
    try:
        header = (signature or "").encode("ascii").decode()  # the client can't compare anything else
        stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE_SECONDS)
        event = json.loads(body)
        kind, about = event["type"], event["data"]["object"]
        customer = about.get("customer") if kind.startswith(_OF_MONEY) else None
    except (stripe.SignatureVerificationError, ValueError, LookupError, TypeError, AttributeError):
        raise Unauthorized(SYSTEM, "a webhook isn't signed with our secret, is too old, or is no event") from None
    return customer if isinstance(customer, str) else None
