"""Leaving: a form, a look at what it comes to, a yes. Source: UX, GOV.UK patterns; DOMAIN messages.2, messages.3."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from activities.settled import foreseen
from commands.beginning import Asked, begin
from commands.delivering import deliver_by
from commands.plans import planning
from commands.portal import portal_link
from commands.refused import Refused
from commands.wishes import wish_of
from models.account import Contact
from models.payload import CUSTOMER
from models.plan import Plan
from models.updates import ContactPreference
from models.vocabulary import Mode, Reason
from rules.wish import PlanRefused
from web.catalogues import languages
from web.links import Closed, Doorstep, doorstep_of
from web.portal_choices import QUIET, channels_for, known_as_form
from web.portal_wish import FIELD_OF, WAYS, Wished, wished
from web.reception import Form, Reception, asked_language, by_customer, filled, new_key, posted

_HOURS = range(25)


@dataclass(frozen=True)
class LeavingRoutes:
    """`/exit/{token}/leave`, by a link that names an account and no case yet."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/exit/{token}/leave"
        app.add_api_route(here, self.show, methods=["GET"])
        app.add_api_route(here, self.take, methods=["POST"])

    async def show(self, request: Request, token: str) -> Response:
        """The form, which starts from what we know; who leaves already is led to where that stands."""
        door = await self._come_in(token)
        if door.running is not None:
            return self._led(request, door)
        return self._form(request, door, Wished(_fresh(door), ()))

    async def take(self, request: Request, token: str) -> Response:
        """Shows what it comes to; once that is confirmed, begins it. A second yes finds it begun."""
        form = await posted(request)
        door = await self._come_in(token)
        if door.running is not None:
            return self._led(request, door)
        said = wished(form, channels_for(self.reception.at.settings, _main(door)))
        if said.faults or form.get("step") == "change":
            return self._form(request, door, said)
        try:
            plan = await asyncio.to_thread(self._draft, door, said)
        except PlanRefused as no:
            return await self._cannot(request, door, said, no)
        if form.get("step") != "confirm":
            return self._check(request, door, said, plan)
        await self._begin(door, said)
        return self._led(request, await self._come_in(token))

    async def _come_in(self, token: str) -> Doorstep:
        here = self.reception
        return await asyncio.to_thread(doorstep_of, here.at, here.links, token, here.now())

    def _draft(self, door: Doorstep, said: Wished) -> Plan:
        """What would happen; nothing does."""
        at, now = self.reception.at, self.reception.now()
        return planning(at).draft(door.facts, wish_of(at, door.facts, said.way, now), now)

    async def _begin(self, door: Doorstep, said: Wished) -> None:
        """How they want to hear of it is kept first, for the acknowledgement leaves within seconds."""
        at, client, way = self.reception.at, self.reception.client, said.way
        account, word = door.facts.account.id, by_customer(said.form)
        choices = {name: value for name, value in said.choices.items() if value is not None}
        spoken, channel = choices["language"], choices["channel"]
        await asyncio.to_thread(at.directory.prefer, account, {**choices, "channel": channel.value})
        asked = Asked(
            account=account,
            who=CUSTOMER,
            mode=way.mode,
            reason=said.reason,
            effective_on=way.effective_on,
            language=spoken if spoken in languages() else None,
            channel=channel,
            resume_on=way.resume_on,
            cause=way.cause,
        )
        await asyncio.to_thread(begin, at, asked)
        begun = await asyncio.to_thread(at.cases.case, account)
        if begun is not None:
            with suppress(Refused):  # it has begun, and the choices hold: only their entry in the ledger is missing
                preference = ContactPreference(**word, **said.choices, reason=said.reason)
                await deliver_by(client, at, begun, "set_contact_preference", preference)

    async def _cannot(self, request: Request, door: Doorstep, said: Wished, no: PlanRefused) -> Response:
        """Where a plan can't be made for what was typed, the field says so, with the day that could be."""
        name = FIELD_OF.get(no.code, {}).get(said.way.mode)
        if name is None:
            raise Closed("refused", facts=door.facts) from None
        fault = "leave_fault_pause" if name == "way" else f"leave_fault_{name}"
        earliest = await asyncio.to_thread(self._earliest, door, said)
        return self._form(request, door, replace(said, faults={name: fault}), earliest)

    def _earliest(self, door: Doorstep, said: Wished) -> datetime | None:
        """When it would end if no day was asked for."""
        plain = replace(said, form={**said.form, "last_day": "", "first_day": "", "resume_day": ""})
        try:
            return self._draft(door, plain).commitments.dates["effective_date"].at
        except PlanRefused:
            return None

    def _form(self, request: Request, door: Doorstep, said: Wished, earliest: datetime | None = None) -> Response:
        channels = channels_for(self.reception.at.settings, _main(door))
        values: dict[str, Any] = {
            "given": filled(said.form),
            "faults": said.faults,
            "earliest": earliest,
            "ways": WAYS,
            "channels": channels,
            "reasons": tuple(Reason),
            "spoken": languages(),
            "quiet": QUIET,
            "hours": _HOURS,
        }
        return self._show("portal_leave", request, door, said.form, values)

    def _check(self, request: Request, door: Doorstep, said: Wished, plan: Plan) -> Response:
        """All of it on one page, before anything happens. Source: DOMAIN messages.3."""
        dates = {name: on.at for name, on in plan.commitments.dates.items()}
        values = {
            "given": filled(said.form),
            "faults": {},
            "dates": dates,
            "mode": plan.commitments.mode,
            "pauses": plan.commitments.mode is Mode.PAUSE,
            "statements": plan.estimates.statement,
            "people": plan.estimates.users,
            "rows": sum(plan.estimates.rows.values()),
            "sources": {name: on.citation for name, on in plan.commitments.dates.items()},
            "has_blockers": bool(plan.blockers),
            "quiet": [name for name in QUIET if said.form.get(name) == "yes"],
            **foreseen(plan.estimates.statement),
        }
        return self._show("portal_leave_check", request, door, said.form, values)

    def _show(self, name: str, request: Request, door: Doorstep, form: Form, values: dict[str, Any]) -> Response:
        about = {"query": asked_language(request), "key": form.get("key") or new_key()}
        return self.reception.pages.page(name, request, door.facts, 400 if values["faults"] else 200, **about, **values)

    def _led(self, request: Request, door: Doorstep) -> Response:
        """To the page of the case that runs."""
        row = door.running
        if row is None:
            raise Closed("unavailable", facts=door.facts)
        link, _ = portal_link(self.reception.at, self.reception.links, row)
        token = link.rpartition("/")[2]
        return RedirectResponse(f"../{token}{asked_language(request)}", status_code=303)


def _fresh(door: Doorstep) -> Form:
    """What we know of how to write to them; the quiet choices begin at no. Source: SEEDS 000."""
    known = known_as_form(_main(door))
    return {name: value for name, value in known.items() if name not in QUIET}


def _main(door: Doorstep) -> Contact | None:
    return next((each for each in door.facts.contacts if each.kind == "main"), None)
