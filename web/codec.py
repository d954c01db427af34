"""Shows payloads on Temporal's own page: `POST /codec/decode`. Source: DESIGN, Security; TRUST 7, 13.

The protocol is https://docs.temporal.io/codec-server: the page runs in the browser of one of ours and asks from there,
with the cookie that `farewell codec` led to. Encoding for a page is nothing that anybody needs.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import FastAPI
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from connectors.errors import ConnectorError, NotFound
from connectors.opening import Connections
from models.vocabulary import Role
from rules.links import LinkRefused, Links, SignIn
from web.bodies import whole_body
from web.payloads import PayloadReader, key_of

COOKIE = "farewell_codec"
LARGEST_BYTES = 8 << 20  # a page of events: Temporal's own limit is 4 MiB a message, a third more as base64
MAY_SEE_ALL, MAY_SEE = Role.COMPLIANCE, frozenset({Role.COMPLIANCE, Role.ENGINEER})
HOW = "sign in by the link that `farewell codec --as PERSON` prints"
_log = logging.getLogger("farewell.codec")


class NotShown(Exception):
    """Why somebody sees nothing: the `status` of the answer, and a line for them."""

    def __init__(self, status: int, line: str) -> None:
        """Nothing of what was sent."""
        super().__init__(line)
        self.status, self.line = status, line


@dataclass
class CodecRoutes:
    """`/codec/…`. Who asks is read from the cookie, what they may see from the directory, at every request."""

    at: Connections
    links: Links
    now: Callable[[], datetime]
    _reader: PayloadReader = field(init=False)

    def mount(self, app: FastAPI) -> None:
        """Adds the routes, for the origin of Temporal's page alone; none where that page isn't known."""
        page = self.at.settings.temporal_ui_url
        if page is None:
            return
        self._reader = PayloadReader(self.at.keys)
        routes = [
            Route("/sign-in", self.sign_in, methods=["GET"]),
            Route("/decode", self.decode, methods=["POST"]),
            Route("/encode", _encode, methods=["POST"]),
        ]
        handlers = {NotShown: _not_shown, ConnectorError: _not_now}
        within = Starlette(routes=routes, exception_handlers=handlers)
        app.mount(
            "/codec",
            CORSMiddleware(
                within,
                allow_origins=[_origin(page)],
                allow_credentials=True,
                allow_methods=["POST"],
                allow_headers=["x-namespace"],
            ),
        )

    async def sign_in(self, request: Request) -> Response:
        """Turns the link into a cookie. 200 · 401 no link of ours, or too old · 403 a role that sees nothing."""
        token = request.query_params.get("token")
        signed, _ = await asyncio.to_thread(self._visitor, token)
        line = f"{signed.person} is signed in until {signed.until:%H:%M %Z}: you may go back to the server's page."
        answer = PlainTextResponse(line)
        answer.set_cookie(
            COOKIE,
            str(token),
            path="/codec",
            max_age=int((signed.until - self.now()).total_seconds()),
            httponly=True,
            samesite="lax",
            secure=urlsplit(self.at.settings.public_url or "").scheme == "https",
        )
        return answer

    async def decode(self, request: Request) -> Response:
        """The payloads in the order in which they came. 400 no payloads · 401 · 403 · 413 · 503."""
        signed, roles = await asyncio.to_thread(self._visitor, request.cookies.get(COOKIE))
        asked = _payloads(await whole_body(request, LARGEST_BYTES))
        whole = MAY_SEE_ALL in roles
        shown = await asyncio.to_thread(self._shown, asked, whole)
        keys = ", ".join(sorted({key_of(payload) or "none" for payload in asked.payloads}))
        form = "whole" if whole else "without what is personal"
        _log.info("%s was shown %d payloads, %s, sealed by: %s", signed.person, len(shown), form, keys)
        return JSONResponse(MessageToDict(Payloads(payloads=shown)))

    def _shown(self, asked: Payloads, whole: bool) -> list[Payload]:
        return [self._reader.show(payload, whole=whole) for payload in asked.payloads]

    def _visitor(self, token: str | None) -> tuple[SignIn, frozenset[Role]]:
        """Who asks, and as what."""
        try:
            signed = self.links.sign_in(token or "")
        except LinkRefused:
            raise NotShown(401, HOW) from None
        if signed.until <= self.now():
            raise NotShown(401, f"your time is up: {HOW}")
        try:
            roles = self.at.directory.person(signed.person).roles
        except NotFound:
            roles = frozenset()
        if not roles & MAY_SEE:
            raise NotShown(403, f"{signed.person} may not see payloads: that takes the role compliance or engineer")
        return signed, roles


def _payloads(body: bytes | None) -> Payloads:
    if body is None:
        raise NotShown(413, f"more than {LARGEST_BYTES} bytes")
    try:
        return Parse(body, Payloads())
    except (ParseError, UnicodeDecodeError, RecursionError):
        raise NotShown(400, 'expected {"payloads": [{"metadata": {…}, "data": …}]} with values in base64') from None


async def _encode(_: Request) -> Response:
    return PlainTextResponse("nothing is encoded here: commands and pages of Farewell send what workflows get", 403)


async def _not_shown(_: Request, no: Exception) -> Response:
    return PlainTextResponse(no.line, no.status) if isinstance(no, NotShown) else PlainTextResponse("failed", 500)


async def _not_now(_: Request, error: Exception) -> Response:
    _log.warning("payloads can't be shown: %s: %s", type(error).__name__, error)
    return PlainTextResponse("not now", 503, {"Retry-After": "60"})


def _origin(page: str) -> str:
    """What a browser names as the origin of a page at this address."""
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}"
