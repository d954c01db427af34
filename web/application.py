"""The web application: the customer's pages. It holds no state but what it remembers of one package."""

import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from temporalio.client import Client
from temporalio.service import RPCError

from commands.refused import Exit, Refused
from connectors.errors import ConnectorError
from connectors.opening import Connections, WrongSetting
from rules.links import links_of
from web.codec import CodecRoutes
from web.headers import Hardened, headers_with
from web.links import Closed
from web.mail import MailWebhook
from web.opt_out import OptOutRoutes
from web.packages import PackageRoutes, wall_clock
from web.pages import STYLE, Pages
from web.portal_rooms import rooms
from web.reception import Reception
from web.survey import SurveyRoutes
from web.webhooks import BillingWebhooks

STATUS = {
    "unknown": 404,
    "no_such_file": 404,
    "expired": 410,
    "link_expired": 410,
    "not_open": 409,
    "going_back": 409,
    "no_choices": 409,
    "no_paper": 404,
    "left_already": 410,
    "erased": 410,
    "erasing": 410,
    "called_off": 410,
    "not_ticked": 400,
    "foreign_form": 403,
    "refused": 409,
    "unavailable": 503,
    "failed": 500,
}
_log = logging.getLogger("farewell.web")


def make_app(at: Connections, client: Client, now: Callable[[], datetime] = wall_clock) -> Hardened:
    """The application, hardened; `client` is Temporal's, `now` the clock by which links expire.

    Raises:
        WrongSetting: without an address and a key there are no links, hence nothing to show.
    """
    return Hardened(pages_of(at, client, now), headers_with(STYLE))


def pages_of(at: Connections, client: Client, now: Callable[[], datetime] = wall_clock) -> FastAPI:
    """The routes, and what becomes of whatever stops one."""
    links = links_of(at.settings.public_url, at.settings.link_key)
    if links is None:
        raise WrongSetting("FAREWELL_PUBLIC_URL", "set it and FAREWELL_LINK_KEY: without them there are no links")
    pages = Pages(at.policy.sender)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    PackageRoutes(at, client, links, pages, now).mount(app)
    for room in rooms(Reception(at, client, links, pages, now)):
        room.mount(app)
    BillingWebhooks(at, client).mount(app)
    CodecRoutes(at, links, now).mount(app)
    OptOutRoutes(at, client, links, pages, now).mount(app)
    MailWebhook(at, client, now).mount(app)
    SurveyRoutes(at, links, pages, now).mount(app)
    app.add_api_route("/health", _health, methods=["GET"])
    for kind in (Closed, Refused, ConnectorError, RPCError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _explaining(pages))
    return app


def _explaining(pages: Pages) -> Callable[[Request, Exception], Response]:
    def explain(request: Request, error: Exception) -> Response:
        """A page in words for whatever stopped another."""
        closed = _closed(error)
        values = {"reason": closed.reason, "at": closed.at}
        return pages.page("closed", request, closed.facts, STATUS[closed.reason], **values)

    return explain


def _closed(error: Exception) -> Closed:
    """The reason that a reader may know. What our people should know is logged, never the address: it's a key."""
    match error:
        case Closed():
            return error
        case Refused(code=Exit.REFUSED):
            return Closed("refused")
        case Refused() | ConnectorError() | RPCError():
            _log.warning("a page can't be shown: %s: %s", type(error).__name__, error)
            return Closed("unavailable")
        case RequestValidationError() | HTTPException():
            return Closed("unknown")
        case _:
            return Closed("failed")


async def _health() -> PlainTextResponse:
    """For whoever asks whether this process serves."""
    return PlainTextResponse("ok")
