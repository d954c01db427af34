"""How, when and whether the customer hears from us, and why they leave. Source: DOMAIN messages.2; SEEDS 000, 003."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from commands.refused import Exit, Refused
from connectors.errors import NotFound
from models.account import Contact
from models.settings import Settings
from models.updates import ContactPreference
from models.vocabulary import Channel, Reason
from web.catalogues import languages
from web.links import Closed, PortalVisit
from web.portal_standing import allowed, is_for_cause
from web.reception import Form, Reception, by_customer, filled, led, posted

QUIET = ("come_back", "hear_of_products", "would_recommend")
_MIDNIGHT = 24
_HOURS = frozenset(map(str, range(_MIDNIGHT + 1)))
_BY_PHONE = frozenset({Channel.SMS, Channel.WHATSAPP, Channel.PHONE})
_BY_WEBHOOK = frozenset({Channel.SMS, Channel.WHATSAPP})
Said = tuple[Form, Mapping[str, str]]
"""What a form bears, and what is wrong with it."""
_UPDATE = "set_contact_preference"


@dataclass(frozen=True)
class ChoiceRoutes:
    """`/exit/{token}/choices`; the form starts from what we know."""

    reception: Reception

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/exit/{token}/choices"
        app.add_api_route(here, self.show, methods=["GET"])
        app.add_api_route(here, self.take, methods=["POST"])

    async def show(self, request: Request, token: str) -> Response:
        """The choices as they stand."""
        visit = await self._come_in(token)
        known = await asyncio.to_thread(self._known, visit)
        return await self._form(request, token, visit, (known_as_form(known), {}))

    async def take(self, request: Request, token: str) -> Response:
        """Keeps them; a form with mistakes comes back with all that was typed."""
        form = await posted(request)
        visit = await self._come_in(token)
        known = await asyncio.to_thread(self._known, visit)
        faults = faults_of(form, channels_for(self.reception.at.settings, known))
        if faults:
            return await self._form(request, token, visit, (form, faults))
        word = ContactPreference(**by_customer(form), **chosen(form))
        try:
            await self.reception.tell(visit, _UPDATE, word, await self.reception.who_writes(visit))
        except Refused as no:
            raise Closed("no_choices", facts=visit.facts) if no.code is Exit.REFUSED else no from None
        return led(request, visit, f"../{token}", said=_UPDATE)

    async def _come_in(self, token: str) -> PortalVisit:
        """Whom we put out for a cause is asked nothing; whose exit was called off is a customer as before."""
        visit = await self.reception.visit(token)
        if is_for_cause(visit):
            raise Closed("no_choices", facts=visit.facts)
        if not allowed(visit, _UPDATE) and await self.reception.who_writes(visit) == visit.case["workflow_id"]:
            raise Closed("no_choices", facts=visit.facts)
        return visit

    def _known(self, visit: PortalVisit) -> Contact | None:
        """The main contact; of an erased account what is kept for the follow-ups, if anything is."""
        main = next((each for each in visit.facts.contacts if each.kind == "main"), None)
        if main is not None:
            return main
        try:
            kept = self.reception.at.outbox.reader(visit.case["id"], visit.case["account"])
        except NotFound:
            return None
        return Contact(id="", kind="main", **kept.model_dump(include=set(Contact.model_fields) - {"id", "kind"}))

    async def _form(self, request: Request, token: str, visit: PortalVisit, said: Said) -> Response:
        given, faults = said
        known = await asyncio.to_thread(self._known, visit)
        values: dict[str, Any] = {
            "token": token,
            "given": filled(given),
            "faults": faults,
            "channels": channels_for(self.reception.at.settings, known),
            "reasons": tuple(Reason) if allowed(visit, _UPDATE) else (),
            "spoken": languages(),
            "quiet": QUIET,
            "hours": range(_MIDNIGHT + 1),
        }
        return self.reception.show("portal_choices", request, visit, values)


def faults_of(form: Form, channels: Collection[str]) -> dict[str, str]:
    """What is wrong, by field: a sentence of the catalogues each."""
    found = {}
    if form.get("channel") not in channels:
        found["channel"] = "choices_fault_channel"
    if form.get("language") not in languages():
        found["language"] = "choices_fault_language"
    start, end = (_hour(form.get(name, "")) for name in ("hours_from", "hours_to"))
    if start is None or end is None or start >= end:
        found["hours_from"] = "choices_fault_hours"
    if form.get("reason", "") not in {"", *Reason}:
        found["reason"] = "choices_fault_reason"
    return found


def chosen(form: Form) -> dict[str, Any]:
    """What a sound form says: a box that isn't ticked is a no, a reason that isn't given changes nothing."""
    return {
        "channel": Channel(form["channel"]),
        "language": form["language"],
        "hours_from": _hour(form["hours_from"]),
        "hours_to": _hour(form["hours_to"]),
        **{name: form.get(name) == "yes" for name in QUIET},
        "reason": Reason(form["reason"]) if form.get("reason") else None,
    }


def _hour(text: str) -> int | None:
    return int(text) if text in _HOURS else None


def channels_for(settings: Settings, known: Contact | None) -> list[Channel]:
    """Those by which we can write to them: without a number there is no call, without a provider no text."""
    shut = set() if settings.messages_webhook_url else set(_BY_WEBHOOK)
    shut |= set() if known and known.phone else _BY_PHONE
    return [channel for channel in Channel if channel not in shut]


def known_as_form(known: Contact | None) -> dict[str, str]:
    """What is known, as the form would say it. Who chose no hours is written to by day."""
    if known is None:
        return {"channel": Channel.EMAIL.value, "hours_from": "9", "hours_to": "18"}
    start = 9 if known.hours_from is None else known.hours_from
    end = 18 if known.hours_to is None else known.hours_to
    ticked = {name: "yes" for name in QUIET if getattr(known, name)}
    about = {"channel": known.channel.value, "language": known.language}
    return {**about, "hours_from": str(start), "hours_to": str(end), **ticked}
