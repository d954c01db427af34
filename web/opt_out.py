"""No more messages: a page with one button, and the one click of a mail program.

Source: RFC 8058; DOMAIN messages.8.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from temporalio.client import Client
from temporalio.service import RPCError

from commands.hearing import keep_off, stop_follow_ups
from commands.refused import Refused
from connectors.opening import Connections
from models.vocabulary import StopGround
from rules.links import Links
from web.links import PortalVisit, visit_of
from web.pages import Pages

_log = logging.getLogger("farewell.web")


@dataclass(frozen=True)
class OptOutRoutes:
    """`/opt-out/{token}`.

    Looking changes nothing: programs open links before people do. Sending is enough, from wherever: a mail program
    sends `List-Unsubscribe=One-Click` without cookie, origin or page, and whoever knows the address got it from us.
    """

    at: Connections
    client: Client
    links: Links
    pages: Pages
    now: Callable[[], datetime]

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        app.add_api_route("/opt-out/{token}", self.show, methods=["GET"])
        app.add_api_route("/opt-out/{token}", self.take, methods=["POST"])

    async def show(self, request: Request, token: str) -> Response:
        """What stops, what still comes, and the button."""
        visit = await self._visit(token)
        return self.pages.page("opt_out", request, visit.facts, token=token, done=False, kept=False)

    async def take(self, request: Request, token: str) -> Response:
        """Keeps the address off and stops the follow-ups; again is harmless. No redirect: RFC 8058, 3.1."""
        visit = await self._visit(token)
        kept = await asyncio.to_thread(keep_off, self.at, visit.case, self.now())
        try:
            await stop_follow_ups(self.client, visit.case, StopGround.OPT_OUT)
        except (Refused, RPCError) as error:
            if not kept:
                raise
            # The list is asked before each message, so nothing more is sent all the same.
            _log.warning("the follow-ups of %s weren't told of an opt-out: %s", visit.case["id"], type(error).__name__)
        return self.pages.page("opt_out", request, visit.facts, token=token, done=True, kept=kept)

    async def _visit(self, token: str) -> PortalVisit:
        return await asyncio.to_thread(visit_of, self.at, self.links, token, "opt_out", self.now())
