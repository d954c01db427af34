"""How every page of the portal receives its visitor: who they are, what they sent, to which workflow it goes."""

import asyncio
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from temporalio.client import Client

from activities.facts import plan_of
from commands.delivering import deliver_by
from connectors.opening import Connections
from models.account import Actor
from models.payload import CUSTOMER
from models.plan import Plan
from models.updates import Command
from models.vocabulary import MailKind
from rules.links import Links
from web.bodies import whole_body
from web.headers import is_ours
from web.links import Closed, PortalVisit, asked, visit_of
from web.pages import Pages, language_of

LARGEST_BYTES, MOST_FIELDS = 16 << 10, 40
_KEY = re.compile(r"[0-9a-f]{32}")
Form = Mapping[str, str]


@dataclass(frozen=True)
class Reception:
    """What the portal's pages share. What a visit may see is looked up at every request."""

    at: Connections
    client: Client
    links: Links
    pages: Pages
    now: Callable[[], datetime]

    async def visit(self, token: str) -> PortalVisit:
        """Who comes in by this link, and how their case stands now.

        Raises:
            Closed, ConnectorError.
        """
        visit = await asyncio.to_thread(visit_of, self.at, self.links, token, "portal", self.now())
        return await asked(self.client, visit)

    async def plan(self, visit: PortalVisit) -> Plan | None:
        """The plan in force, else the one that is proposed; None before there is one."""
        in_force = visit.state.agreed or visit.state.proposed if visit.state else None
        chosen = in_force.hash if in_force else ""
        return await asyncio.to_thread(plan_of, self.at.cases, visit.case["id"], visit.case["account"], chosen)

    async def plan_there(self, visit: PortalVisit) -> Plan:
        """As `plan`; without one there is no paper yet."""
        plan = await self.plan(visit)
        if plan is None:
            raise Closed("no_paper", facts=visit.facts)
        return plan

    async def tell(self, visit: PortalVisit, update: str, word: Command, workflow: str | None = None) -> None:
        """Sends the customer's word to the case, or to another workflow of it; raises Refused or ConnectorError."""
        case = {**visit.case, "workflow_id": workflow or visit.case["workflow_id"]}
        await deliver_by(self.client, self.at, case, update, word)

    async def who_writes(self, visit: PortalVisit) -> str:
        """The workflow that writes to the customer: after the goodbye the follow-ups, before it the case."""
        messages = await asyncio.to_thread(self.at.outbox.messages, visit.case["id"])
        said = any(m.kind is MailKind.GOODBYE and m.state == "sent" for m in messages)
        gone = visit.case["ended_at"] is not None or said
        return f"follow-up-{visit.case['id']}" if gone else str(visit.case["workflow_id"])

    def show(self, name: str, request: Request, visit: PortalVisit, values: Mapping[str, Any]) -> Response:
        """A page of this visit; every page knows the way to the others. One with `faults` is 400."""
        about = {"visit": visit, "query": asked_language(request), "key": new_key(), "faults": {}}
        status = 400 if values.get("faults") else 200
        return self.pages.page(name, request, visit.facts, status, **{**about, **values})


async def posted(request: Request) -> dict[str, str]:
    """The fields of a form that one of our pages sent; of a name that comes twice, the last.

    Raises:
        Closed: it came from elsewhere, or is no form of ours.
    """
    if not is_ours(request):
        raise Closed("foreign_form")
    body = await whole_body(request, LARGEST_BYTES)
    if body is None:
        raise Closed("foreign_form")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Closed("foreign_form") from None
    return dict(fields)


def filled(form: Form) -> Form:
    """The form as a page reads it: a field that wasn't sent is empty."""
    return defaultdict(str, form)


def new_key() -> str:
    """The random word of a form: sent twice, it counts once."""
    return secrets.token_hex(16)


def by_customer(form: Form) -> dict[str, Any]:
    """Who speaks, and the form's own word as the update's id."""
    key = form.get("key", "")
    if not _KEY.fullmatch(key):
        raise Closed("foreign_form")
    return {"actor": Actor(id=CUSTOMER), "key": key}


def led(request: Request, visit: PortalVisit, where: str, said: str = "") -> Response:
    """To another page of the visit after a form, so that a reload sends nothing again."""
    language = language_of(request, visit.facts) if asked_language(request) else ""
    words = "&".join(f"{name}={value}" for name, value in (("said", said), ("language", language)) if value)
    return RedirectResponse(f"{where}?{words}" if words else where, status_code=303)


def asked_language(request: Request) -> str:
    """What a link must bear for the reader to stay in the language that they chose; nothing where they chose none."""
    chosen = request.query_params.get("language", "")
    return f"?language={chosen}" if chosen and language_of(request, None) == chosen else ""
