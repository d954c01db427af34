"""More time: a later end of the transition or of the window, another day for the end, or for the end of a pause.

Source: DOMAIN dates.3 (25(5)), modes.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from commands.refused import Exit, Refused
from models.updates import Command, Extend, Reschedule
from models.vocabulary import Mode, Stage
from rules.calendar import ONE_DAY, midnight
from web.links import Closed, PortalVisit
from web.portal_standing import allowed, dates_of
from web.reception import Form, Reception, by_customer, filled, led, posted

FURTHEST = timedelta(days=366)
"""How far from today the page lets them choose; for more there is a person."""


class Longer(NamedTuple):
    """What can be moved: by which `update`, which date it is, and its last day as it stands."""

    update: str
    what: str
    last_day: date


Said = tuple[Form, Mapping[str, str]]
"""What a form bears, and what is wrong with it."""


@dataclass(frozen=True)
class TimeRoutes:
    """`/exit/{token}/more-time`: a day, a look at it, a yes."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/exit/{token}/more-time"
        app.add_api_route(here, self.show, methods=["GET"])
        app.add_api_route(here, self.take, methods=["POST"])

    async def show(self, request: Request, token: str) -> Response:
        """Until when it is now, and a field for the day."""
        visit, longer = await self._come_in(token)
        proposed = longer.last_day + timedelta(days=30)
        return self._form(request, token, (visit, longer), ({"day": proposed.isoformat()}, {}))

    async def take(self, request: Request, token: str) -> Response:
        """Shows what was chosen; once that is confirmed, sends it."""
        form = await posted(request)
        visit, longer = await self._come_in(token)
        by_customer(form)  # the check keeps the form's word: a yes that is sent twice is one
        faults = fault_of(form.get("day", ""), longer.last_day, self._today(visit))
        if faults or form.get("step") != "confirm":
            return self._form(request, token, (visit, longer), (form, faults))
        word = _word(form, longer, visit.facts.account.timezone)
        try:
            await self.reception.tell(visit, longer.update, word)
        except Refused as no:
            if no.code is not Exit.REFUSED:
                raise
            return self._form(request, token, (visit, longer), (form, {"day": "time_fault_refused"}))
        return led(request, visit, f"../{token}", said=longer.update)

    async def _come_in(self, token: str) -> tuple[PortalVisit, Longer]:
        visit = await self.reception.visit(token)
        longer = longer_of(visit, dates_of(visit, await self.reception.plan(visit)))
        if longer is None:
            raise Closed("not_open", facts=visit.facts)
        return visit, longer

    def _form(self, request: Request, token: str, about: tuple[PortalVisit, Longer], said: Said) -> Response:
        (visit, longer), (form, faults) = about, said
        latest = max(longer.last_day, self._today(visit))
        values: dict[str, Any] = {
            "token": token,
            "longer": longer,
            "chosen": None if faults or form.get("step") is None else date.fromisoformat(form["day"].strip()),
            "given": filled(form),
            "faults": faults,
            "first": latest + ONE_DAY,
            "furthest": latest + FURTHEST,
        }
        if "key" in form:
            values["key"] = form["key"]
        return self.reception.show("portal_time", request, visit, values)

    def _today(self, visit: PortalVisit) -> date:
        return self.reception.now().astimezone(ZoneInfo(visit.facts.account.timezone)).date()


def longer_of(visit: PortalVisit, dates: Mapping[str, datetime]) -> Longer | None:
    """What can be moved in this stage; None: nothing."""
    zone = ZoneInfo(visit.facts.account.timezone)
    stage, pauses = visit.stage, visit.mode is Mode.PAUSE
    extends = stage not in {Stage.PAUSED, Stage.APPROVAL, Stage.NOTICE}
    name = "resume" if pauses else "effective_date" if stage in _BEFORE_FREEZE else "retrieval_end"
    update = "extend" if extends else "reschedule"
    if name not in dates or not allowed(visit, update) or (pauses and stage is not Stage.PAUSED):
        return None
    if stage is Stage.TRANSITION and visit.state is not None and visit.state.transition_extended:
        return None
    return Longer(update, name, _last(dates[name], name, zone))


_BEFORE_FREEZE = frozenset({Stage.APPROVAL, Stage.NOTICE, Stage.TRANSITION})


def fault_of(text: str, last_day: date, today: date) -> dict[str, str]:
    """What is wrong with the day that was chosen, by field."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return {"day": "time_fault_no_day"}
    if day <= max(last_day, today):
        return {"day": "time_fault_not_later"}
    return {"day": "time_fault_too_far"} if day > max(last_day, today) + FURTHEST else {}


def _word(form: Form, longer: Longer, zone: str) -> Command:
    """The chosen day is the last one, so an end is the midnight after it; a pause ends with the midnight of its day."""
    day, said = date.fromisoformat(form["day"].strip()), by_customer(form)
    if longer.update == "extend":
        return Extend(**said, until=midnight(day + ONE_DAY, zone))
    return Reschedule(**said, to=day if longer.what == "resume" else day + ONE_DAY)


def _last(at: datetime, name: str, zone: ZoneInfo) -> date:
    """Of an end its last day; of a pause the day on which it ends."""
    day = at.astimezone(zone).date()
    return day if name == "resume" else day - ONE_DAY
