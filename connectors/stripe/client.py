"""The official client as we use it: one attempt a call, bounded in time, no telemetry.

Temporal retries, and nobody else: two layers of retries multiply.
"""

import logging

import stripe
from stripe import StripeClient

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0


def open_client(key: str, url: str | None = None) -> StripeClient:
    """A client of Stripe, or of what answers like it at `url`. Opens no connection yet."""
    stripe.enable_telemetry = False
    logging.getLogger("stripe").setLevel(logging.WARNING)  # it tells of every request at INFO
    http = stripe.RequestsClient(timeout=(CONNECT_SECONDS, ANSWER_SECONDS))
    if url is None:
        return StripeClient(key, http_client=http, max_network_retries=0)
    return StripeClient(key, http_client=http, max_network_retries=0, base_addresses={"api": url})
