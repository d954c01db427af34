"""Signed requests of others to us, by Standard Webhooks. Source: docs/webhooks.md."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.errors import Rejected, Unauthorized
from connectors.webhooks.sender import signers_of


def verified(body: bytes, headers: Mapping[str, str], secret: str, system: str) -> dict[str, Any]:
    """The JSON object that a body is, signed with our secret (one of two is enough) within the last five minutes.

    Raises:
        Unauthorized: it isn't signed so. Rejected: it is, and is no JSON object.
    """
    if not any(_signed(each, body, headers) for each in signers_of(secret, system)):
        raise Unauthorized(system, "the request isn't signed with our secret, or its time isn't ours")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Rejected(system, "the request is no JSON object")
    return content


def _signed(signer: Webhook, body: bytes, headers: Mapping[str, str]) -> bool:
    with suppress(WebhookVerificationError, ValueError):  # what is no base64, no number, no UTF-8
        signer.verify(body, dict(headers), json_parse=False)
        return True
    return False
