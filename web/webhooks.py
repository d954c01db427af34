"""What the payment provider tells by itself: `POST /webhooks/stripe`. Source: DOMAIN money.7, money.9.

A webhook only wakes a case: what became of a refund is asked of the provider, never read from a message. So a message
that comes twice, late, or never changes nothing but when we look.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from connectors.errors import Unauthorized
from connectors.opening import Connections
from web.bodies import whole_body

SIGNAL = "billing_changed"
LARGEST_BYTES = 1 << 20


@dataclass
class BillingWebhooks:
    """The route. Nothing of a body is logged: it holds personal data."""

    at: Connections
    client: Client

    def mount(self, app: FastAPI) -> None:
        """Adds the route."""
        app.add_api_route("/webhooks/stripe", self.receive, methods=["POST"])

    async def receive(self, request: Request) -> Response:
        """200: heard, or none of ours · 400: not signed by Stripe, or too old · 404: no secret is set · 413 · 503."""
        secret = self.at.settings.stripe_webhook_secret
        if secret is None:
            return PlainTextResponse("not found", 404)
        body = await whole_body(request, LARGEST_BYTES)
        if body is None:
            return PlainTextResponse("too large", 413)
        try:
            customer = _customer(body, request.headers.get("stripe-signature"), secret.get_secret_value())
        except Unauthorized as no:
            return PlainTextResponse(no.what, 400)
        workflows = await asyncio.to_thread(self._workflows, customer) if customer else []
        if not await self._wake(workflows):
            return PlainTextResponse("not now", 503, {"Retry-After": "60"})
        return PlainTextResponse("heard")

    def _workflows(self, customer: str) -> list[str]:
        """The open cases of the accounts that are this customer."""
        cases = (self.at.cases.case(account) for account in self.at.directory.billed_as(customer))
        return [str(case["workflow_id"]) for case in cases if case is not None and case["ended_at"] is None]

    async def _wake(self, workflows: Iterable[str]) -> bool:
        """Whether Temporal took it; a workflow that has ended needs no waking."""
        for workflow in workflows:
            try:
                await self.client.get_workflow_handle(workflow).signal(SIGNAL)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    return False
        return True


def _customer(body: bytes, signature: str | None, secret: str) -> str | None:
    from connectors.stripe.webhooks import customer_of  # noqa: PLC0415  # start-up time

    return customer_of(body, signature, secret)
