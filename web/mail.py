"""What comes back of our messages: `POST /webhooks/mail`, by Standard Webhooks.

Source: DOMAIN messages.5; docs/messages.md.

A message sent twice, late or out of order changes nothing the second time. Nothing of a body is logged or kept: it
holds personal data.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from temporalio.client import Client
from temporalio.service import RPCError

from commands.hearing import hear
from commands.refused import Refused
from connectors.errors import ConnectorError, Rejected, Unauthorized
from connectors.opening import Connections
from connectors.webhooks.receiving import verified
from rules.incoming import Echo, domain_of
from rules.incoming_events import NoEvent, echo_of
from web.bodies import whole_body

LARGEST_BYTES = 4 << 20
NONE_OF_OURS = "none of ours"
TOO_LARGE = f"larger than {LARGEST_BYTES >> 20} MiB: cut the mail off, what comes first is enough"
_SYSTEM = "mail webhook"
_log = logging.getLogger("farewell.web")


@dataclass(frozen=True)
class MailWebhook:
    """The route."""

    at: Connections
    client: Client
    now: Callable[[], datetime]

    def mount(self, app: FastAPI) -> None:
        """Adds the route."""
        app.add_api_route("/webhooks/mail", self.receive, methods=["POST"])

    async def receive(self, request: Request) -> Response:
        """200: noted, or none of ours · 400: not ours to read · 404: no secret is set · 413 · 503: again, later."""
        secret = self.at.settings.mail_webhook_secret
        if secret is None:
            return PlainTextResponse("not found", 404)
        body = await whole_body(request, LARGEST_BYTES)
        if body is None:
            return PlainTextResponse(
                f"too large: cut it off at {LARGEST_BYTES >> 20} MiB, what comes first is enough", 413
            )
        try:
            event = verified(body, request.headers, secret.get_secret_value(), _SYSTEM)
            echo = await asyncio.to_thread(echo_of, event, domain_of(self.at.policy.sender.address))
        except (Unauthorized, Rejected) as no:
            return PlainTextResponse(no.what, 400)
        except NoEvent as no:
            return PlainTextResponse(str(no), 400)
        return await self._heard(echo) if echo else PlainTextResponse(NONE_OF_OURS)

    async def _heard(self, echo: Echo) -> Response:
        try:
            report = await hear(self.at, self.client, echo, self.now())
        except (ConnectorError, Refused, RPCError) as error:
            _log.warning("what came back of a message can't be noted now: %s", type(error).__name__)
            return PlainTextResponse("not now", 503, {"Retry-After": "60"})
        return PlainTextResponse(report.text if report else NONE_OF_OURS)
