"""The goodbye's page: thanks, and everything to keep. Source: DOMAIN messages.7; SEEDS 000, 003."""

import asyncio
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from activities.facts import whole_years
from activities.settled import foreseen
from models.plan import Plan
from models.vocabulary import MailKind, Mode, Stage
from web.links import Closed, PortalVisit
from web.portal_standing import AFTER_GOODBYE, dates_of, is_for_cause, way_back
from web.portal_statement import closing_now
from web.reception import Reception


@dataclass(frozen=True)
class GoodbyeRoutes:
    """`/exit/{token}/goodbye`."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the route."""
        app.add_api_route("/exit/{token}/goodbye", self.goodbye, methods=["GET"])

    async def goodbye(self, request: Request, token: str) -> Response:
        """Everything to keep, on one page. Whom we put out for a cause, and who only pauses, has none."""
        here = self.reception
        visit = await here.visit(token)
        if visit.stage not in AFTER_GOODBYE or visit.mode is Mode.PAUSE or is_for_cause(visit):
            raise Closed("no_paper", facts=visit.facts)
        plan = await self.reception.plan_there(visit)
        values = await asyncio.to_thread(self._to_keep, visit, plan)
        about = {
            "token": token,
            "dates": dates_of(visit, plan),
            "years": self._years(visit),
            "way": way_back(visit),
            "people": plan.estimates.users,
        }
        return here.show("portal_goodbye", request, visit, {**about, **values})

    def _to_keep(self, visit: PortalVisit, plan: Plan) -> dict[str, Any]:
        store, case = self.reception.at.cases, visit.case["id"]
        closing = closing_now(self.reception, visit, plan)
        statements = closing.settlement.statements if closing else plan.estimates.statement
        messages = self.reception.at.outbox.messages(case)
        return {
            "closing": closing,
            "has_package": visit.stage in {Stage.SETTLE, Stage.RETRIEVAL},
            "has_certificate": bool(store.documents(case, "certificate")),
            "said_goodbye": any(m.kind is MailKind.GOODBYE and m.sent_at for m in messages),
            **foreseen(statements),
        }

    def _years(self, visit: PortalVisit) -> int:
        """How long they were with us; of an erased account their row still says since when."""
        account = visit.facts.account
        left = visit.case["effective_date"] or visit.case["opened_at"]
        return whole_years(account.customer_since, left.astimezone(ZoneInfo(account.timezone)).date())
