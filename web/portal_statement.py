"""The accounts, as a page and as the paper that the mail bears. Source: DOMAIN money.4, money.5, messages.7."""

import asyncio
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from activities.enclosures import PDF, addressed, closing_of
from activities.printing import Closing, print_statement
from activities.printing_words import Addressed, by_id
from activities.settled import DRAFT, STATEMENT, foreseen, going_back, owed, settlement_of
from activities.wording import paper_name
from connectors.errors import NotFound
from models.plan import Plan
from models.vocabulary import ENDS, Stage
from web.links import Closed, PortalVisit
from web.pages import language_of
from web.portal_standing import dates_of
from web.reception import Reception


@dataclass(frozen=True)
class StatementRoutes:
    """`/exit/{token}/statement` and `.pdf`."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        app.add_api_route("/exit/{token}/statement", self.statement, methods=["GET"])
        app.add_api_route("/exit/{token}/statement.pdf", self.statement_pdf, methods=["GET"])

    async def statement(self, request: Request, token: str) -> Response:
        """The accounts as they are: estimated, opened, or closed."""
        visit = await self.reception.visit(token)
        plan = await self.reception.plan_there(visit)
        closing = await asyncio.to_thread(closing_now, self.reception, visit, plan)
        statements = closing.settlement.statements if closing else plan.estimates.statement
        if not statements:
            raise Closed("no_paper", facts=visit.facts)
        how = "estimated" if closing is None else "draft" if closing.open_until else "closed"
        back = dict(going_back(closing.settlement, closing.refunds)) if closing and how == "closed" else {}
        values = {
            "token": token,
            "statements": statements,
            "how": how,
            "until": closing.open_until if closing else None,
            "agrees": closing.agrees if closing else True,
            "back": back,
            **foreseen(statements),
            **owed(statements),
        }
        return self.reception.show("portal_statement", request, visit, values)

    async def statement_pdf(self, request: Request, token: str) -> Response:
        """The same as the paper that the mail bears; a draft says that it is one."""
        visit = await self.reception.visit(token)
        plan = await self.reception.plan_there(visit)
        closing = await asyncio.to_thread(closing_now, self.reception, visit, plan)
        if closing is None:
            raise Closed("no_paper", facts=visit.facts)
        language = language_of(request, visit.facts)
        paper = await asyncio.to_thread(print_statement, addressed_to(self.reception, visit, plan, language), closing)
        return download(paper_name("statement", language), PDF, paper)


def closing_now(reception: Reception, visit: PortalVisit, plan: Plan) -> Closing | None:
    """The closed statement, else the opened one; nothing of an exit that was called off."""
    if visit.stage in ENDS - {Stage.CLOSED}:
        return None
    dates, store, case = dates_of(visit, plan), reception.at.cases, visit.case["id"]
    kinds = (kind for kind in (STATEMENT, DRAFT) if settlement_of(store, case, kind))
    found = (closing_of(store, case, kind, reception.now(), dates) for kind in kinds)
    return next((closing for closing in found if closing is not None), None)


def addressed_to(reception: Reception, visit: PortalVisit, plan: Plan, language: str) -> Addressed:
    """To the reader, in the page's language; to nobody by name, once the contact is erased."""
    at, case = reception.at, visit.case["id"]
    try:
        reader = at.outbox.reader(case, visit.case["account"])
        about = addressed(case, plan.commitments, reader, at.policy.sender)
    except NotFound:
        about = by_id(case, plan.commitments, at.policy.sender)
    return about.model_copy(update={"language": language, "country": visit.facts.account.country})


def download(name: str, media_type: str, content: bytes) -> Response:
    """A file to keep, under the name that the mail gives it."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
