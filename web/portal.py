"""The customer's own page: where their exit stands, in words and dates, and the way to all else. Source: UX, Pages."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from activities.settled import DRAFT, STATEMENT, settlement_of
from connectors.errors import NotFound
from models.payload import CUSTOMER
from models.vocabulary import MANIFEST, OWN_PACKAGE, MailKind, Mode, Stage
from rules.links import good_until, opt_out_until
from rules.survey import survey_link
from web.links import PortalVisit
from web.portal_standing import (
    AFTER_GOODBYE,
    BACK,
    allowed,
    dates_of,
    is_for_cause,
    scene_of,
    standing,
    steps_of,
    waiting_of,
    way_back,
)
from web.portal_time import longer_of
from web.reception import Reception

Dates = Mapping[str, datetime]

_TOLD = frozenset({"set_contact_preference", "extend", "reschedule", "accept_export", *BACK})
"""What a customer says, as the page repeats it to them."""


@dataclass(frozen=True)
class PortalRoutes:
    """`/exit/{token}`."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the route."""
        app.add_api_route("/exit/{token}", self.show, methods=["GET"])

    async def show(self, request: Request, token: str, said: str = "") -> Response:
        """Where it stands, why it waits, what happens when, and what the customer can do now."""
        here, now = self.reception, self.reception.now()
        visit = await here.visit(token)
        plan = await here.plan(visit)
        papers = await asyncio.to_thread(self._papers, visit)
        papers["statement"] = papers["statement"] or bool(plan and plan.estimates.statement and not visit.has_ended)
        words = await asyncio.to_thread(self._words, visit)
        dates = dates_of(visit, plan)
        values = {
            "token": token,
            "scene": scene_of(visit, now),
            "waiting": waiting_of(visit),
            "dates": dates,
            "steps": steps_of(visit, plan, now),
            "doors": self._doors(visit, papers, token, dates),
            "package": papers.get("package"),
            "heard": words,
            "said": said if any(each["action"] == said for each in words) else "",
            "manager": await asyncio.to_thread(self._manager, visit),
        }
        return here.show("portal", request, visit, values)

    def _papers(self, visit: PortalVisit) -> dict[str, Any]:
        """Which papers and data there are."""
        store, case = self.reception.at.cases, visit.case["id"]
        erased = any(each["name"] == OWN_PACKAGE for each in store.documents(case, "purge"))
        manifests = [] if erased else store.documents(case, MANIFEST)
        messages = self.reception.at.outbox.messages(case)
        goes_on = not visit.has_ended and visit.stage not in {Stage.ERASE, Stage.CERTIFY}
        return {
            "package": self._package(visit, manifests[-1]) if manifests and goes_on else None,
            "goodbye_at": next((m.sent_at for m in messages if m.kind is MailKind.GOODBYE and m.sent_at), None),
            "statement": bool(settlement_of(store, case, STATEMENT) or settlement_of(store, case, DRAFT)),
            "certificate": bool(store.documents(case, "certificate")),
        }

    def _package(self, visit: PortalVisit, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """The verified copy: how large, until when, by which digest, and who fetched what of it when."""
        until = visit.state.retrieval_end if visit.state and visit.state.retrieval_end else visit.until
        until = good_until(until, self.reception.now())
        link = self.reception.links.to_package(visit.case["id"], visit.case["account"], until)
        entries = self.reception.at.ledger.entries(visit.case["id"])
        fetched = [entry.at for entry in entries if entry.action == "download_package"]
        about = {name: manifest.get(name) for name in ("rows", "size_bytes", "digest")}
        return {**about, "until": until, "token": link.rpartition("/")[2], "fetched": fetched}

    def _words(self, visit: PortalVisit) -> list[Mapping[str, Any]]:
        """What the customer has told us, the last first; of each kind the last."""
        decided = self.reception.at.cases.decisions(visit.case["id"])
        told = {each["action"]: each for each in decided if each["actor"] == CUSTOMER and each["action"] in _TOLD}
        return sorted(told.values(), key=lambda each: each["at"], reverse=True)

    def _doors(self, visit: PortalVisit, papers: Mapping[str, Any], token: str, dates: Dates) -> dict[str, str]:
        """The pages that the customer may go to now, by name."""
        for_cause = is_for_cause(visit)
        leaving = visit.mode is not Mode.PAUSE and not for_cause
        gone = visit.stage in AFTER_GOODBYE
        doors = {
            "stay": way_back(visit) is not None,
            "time": longer_of(visit, dates) is not None,
            "offer": leaving and not gone and allowed(visit, "answer_offer") and not standing(visit).offer,
            "choices": not for_cause and (allowed(visit, "set_contact_preference") or (leaving and gone)),
            "statement": papers["statement"],
            "certificate": papers["certificate"],
            "goodbye": leaving and gone,
        }
        names = {"time": "more-time"}
        found = {name: f"{token}/{names.get(name, name)}" for name, is_open in doors.items() if is_open}
        if papers["goodbye_at"] and leaving and gone:
            found |= self._outside(visit, papers["goodbye_at"])
        return found

    def _outside(self, visit: PortalVisit, goodbye_at: datetime) -> dict[str, str]:
        """Survey and opt-out have links of their own; the survey's names nobody. Source: DOMAIN messages.6."""
        links, zone = self.reception.links, ZoneInfo(visit.facts.account.timezone)
        opt_out = links.to_opt_out(visit.case["id"], visit.case["account"], opt_out_until(visit.case["opened_at"]))
        survey = survey_link(links, goodbye_at.astimezone(zone).date())
        return {"survey": _beside(survey), "opt_out": _beside(opt_out)}

    def _manager(self, visit: PortalVisit) -> str | None:
        try:
            return self.reception.at.directory.person(visit.facts.account.manager).name
        except NotFound:
            return None


def _beside(link: str) -> str:
    """The link as it reads from `/exit/{token}`: the same origin, whatever path lies before it."""
    return f"../{'/'.join(link.split('/')[-2:])}"
