"""The one offer: what it is, in figures and dates; a yes that is checked first, a no in one click.

Source: DOMAIN messages.4; UX, Pages.
"""

import asyncio
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from activities.offers import make_offer
from models.offers import Offer
from models.updates import AnswerOffer
from models.vocabulary import STAYING
from rules.leaving import BEFORE_FREEZE
from rules.offer_answers import answer_of
from web.links import Closed, PortalVisit
from web.portal_standing import allowed, is_for_cause
from web.reception import Reception, by_customer, led, posted

_ANSWERS = {"yes": True, "no": False}
_UPDATE = "answer_offer"


@dataclass(frozen=True)
class OfferRoutes:
    """`/exit/{token}/offer`."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/exit/{token}/offer"
        app.add_api_route(here, self.show, methods=["GET"])
        app.add_api_route(here, self.take, methods=["POST"])

    async def show(self, request: Request, token: str, sure: str = "") -> Response:
        """The offer, or what became of it; `sure` asks once more before a yes."""
        visit = await self.reception.visit(token)
        offer = await self._offer(visit)
        scene = self._scene(visit, offer)
        if scene == "open" and sure == "yes":
            scene = "sure"
        stays = offer is not None and offer.kind in STAYING
        values = {"token": token, "offer": offer, "scene": scene, "stays": stays}
        return self.reception.show("offer", request, visit, values)

    async def take(self, request: Request, token: str) -> Response:
        """Sends the answer; a form that is sent twice is one word, and its page says what was answered."""
        form = await posted(request)
        visit = await self.reception.visit(token)
        answer = _ANSWERS.get(form.get("answer", ""))
        if answer is None:
            raise Closed("foreign_form")
        by = by_customer(form)
        offer = await self._offer(visit)
        scene = self._scene(visit, offer)
        if offer is not None and (scene == "open" or (scene == "over" and not answer)):
            await self.reception.tell(visit, _UPDATE, AnswerOffer(**by, **answer_of(offer, accepted=answer)))
        return led(request, visit, "offer")

    async def _offer(self, visit: PortalVisit) -> Offer | None:
        if is_for_cause(visit):
            return None
        at = self.reception
        return await asyncio.to_thread(make_offer, at.at, visit.case, visit.state, at.now())

    def _scene(self, visit: PortalVisit, offer: Offer | None) -> str:
        """`none`, `open`, `over`, or as it was answered: what the case has heard goes before what is recorded."""
        if offer is None:
            return "none"
        if offer.answer is not None:
            return offer.answer
        if visit.state is not None and visit.state.offer is not None:
            return "accepted" if visit.state.offer_accepted else "declined"
        if not self._may_be_accepted(visit, offer):
            return "over"
        return "open"

    def _may_be_accepted(self, visit: PortalVisit, offer: Offer) -> bool:
        too_late = offer.kind in STAYING and visit.stage not in BEFORE_FREEZE
        return allowed(visit, _UPDATE) and offer.until > self.reception.now() and not too_late
