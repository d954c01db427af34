"""Changing one's mind: one page, one click. Source: DOMAIN messages.3, messages.9, stages.7."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from models.payload import Personal
from models.updates import Undo
from web.links import Closed, PortalVisit
from web.portal_standing import dates_of, way_back
from web.reception import Reception, by_customer, led, posted

_WHY = "said so on the exit's page"


@dataclass(frozen=True)
class MindRoutes:
    """`/exit/{token}/stay`: back to how it was, until the minute shown."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/exit/{token}/stay"
        app.add_api_route(here, self.show, methods=["GET"])
        app.add_api_route(here, self.take, methods=["POST"])

    async def show(self, request: Request, token: str) -> Response:
        """What comes back, until when, and one button."""
        visit = await self.reception.visit(token)
        dates = dates_of(visit, await self.reception.plan(visit))
        return self.reception.show("portal_stay", request, visit, {"token": token, "way": _way(visit), "dates": dates})

    async def take(self, request: Request, token: str) -> Response:
        """Sends it; a form that is sent twice is one word."""
        form = await posted(request)
        visit = await self.reception.visit(token)
        way = _way(visit, form.get("way"))
        await self.reception.tell(visit, way, Undo(**by_customer(form), reason=Personal(text=_WHY)))
        return led(request, visit, f"../{token}", said=way)


def _way(visit: PortalVisit, seen: str | None = None) -> str:
    """The update that takes it back now.

    What a form was `seen` for isn't sent as something else: between the two the minute may have passed.

    Raises:
        Closed: it is too late, or there is nothing to take back.
    """
    way = way_back(visit)
    if way is None or seen not in {None, way}:
        undoing = visit.state is not None and visit.state.undo is not None
        raise Closed("going_back" if undoing else "not_open", facts=visit.facts)
    return way
