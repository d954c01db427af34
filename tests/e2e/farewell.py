"""One whole farewell as the customer lives it: by what arrives in their mailbox and by their pages, in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from playwright.async_api import Browser

from commands.beginning import Asked, begin
from devstack.clock import move
from devstack.leaving import past_the_window
from devstack.letters import letter, link_in
from devstack.mailbox import receptions
from devstack.play import Play
from devstack.running import Running, running
from models.case import CaseState
from models.updates import Approve
from models.vocabulary import Gate, Mode, Reason, Stage
from rules.gates import gate_digest
from rules.survey import NO_QUARTER
from tests.e2e.browser import NARROW, WIDE, Look, Sight, Visitor, browser, visitor

ACCOUNT = "acc_7f3k2m"
CASE = f"{ACCOUNT}-1"
BY_THUMB = Look(NARROW, script=False)
GLANCES = (
    ("es", Look(NARROW)),
    ("es", Look(WIDE, script=False)),
    ("en", Look(WIDE)),
    ("en", BY_THUMB),
    ("es", Look(NARROW, dark=True)),
)
"""Both languages, both widths, with scripts and without; all of it at least once."""
_PATIENCE_SECONDS = 60.0
_SUBMIT = "form[method=post] button[type=submit]"


class Glance(NamedTuple):
    """A page that was seen: which, in which language, how."""

    page: str
    language: str
    look: Look
    sight: Sight

    def __str__(self) -> str:
        return f"{self.page}, {self.language}, {self.look}"


class Farewell(NamedTuple):
    """What it left behind: the pages that were seen, the mails that came, how often each came, and the notes taken."""

    glances: list[Glance]
    letters: dict[str, EmailMessage]
    received: list[tuple[str, str]]
    notes: dict[str, Any]

    def seen(self, page: str) -> list[Sight]:
        return [glance.sight for glance in self.glances if glance.page == page]


class Guest:
    """The customer: reads mails, follows links, looks at pages, and speaks by forms without a script."""

    def __init__(self, here: Running, chromium: Browser, case: str, pictures: Path | None = None) -> None:
        self.here, self.case, self.glances = here, case, list[Glance]()
        self.letters: dict[str, EmailMessage] = {}
        self._chromium, self._pictures = chromium, pictures
        self.origin = f"http://127.0.0.1:{here.stack.web_port}"

    async def letter(self, kind: str) -> EmailMessage:
        """The mail of this kind, as soon as it has come."""
        self.letters[kind] = await letter(self.here.stack.home, self.case, kind)
        return self.letters[kind]

    async def link(self, kind: str, part: str) -> str:
        """The address in that mail which leads to such a page."""
        return link_in(await self.letter(kind), part)

    async def sees(self, page: str, address: str) -> None:
        """Looks at a page in all ways."""
        for language, look in GLANCES:
            async with visitor(self._chromium, self.origin, look) as reader:
                sight = await reader.open(f"{address}?language={language}")
                self.glances.append(Glance(page, language, look, sight))
                if self._pictures:
                    await reader.picture(self._pictures / f"{page}-{language}-{look}.png".replace(" ", "-"))

    @asynccontextmanager
    async def at(self, address: str, look: Look = BY_THUMB, language: str = "es") -> AsyncIterator[Visitor]:
        """At a page, to do something there."""
        async with visitor(self._chromium, self.origin, look) as reader:
            await reader.open(f"{address}?language={language}")
            yield reader

    async def fills(self, page: str, reader: Visitor, form: str = _SUBMIT, **fields: str) -> Sight:
        """Fills the form in and sends it; what comes of it is a page to look at, too."""
        for name, value in fields.items():
            await fill(reader, name, value)
        sight = await reader.press_at(reader.page.locator(form).first)
        self.glances.append(Glance(page, sight.language, reader.look, sight))
        return sight


async def fill(reader: Visitor, name: str, value: str) -> None:
    """A field of the form, whatever it is."""
    field = reader.page.locator(f'[name="{name}"]')
    kind = await field.first.evaluate("each => each.type ?? each.tagName")
    if kind in {"radio", "checkbox"}:
        await reader.page.locator(f'[name="{name}"][value="{value}"]').check()
    elif kind.startswith("select"):
        await field.select_option(value)
    else:
        await field.fill(value)


async def played(home: Path, pictures: Path | None = None) -> Farewell:
    """From the first mail to the peace afterwards."""
    async with browser() as chromium, running(home) as here:
        guest = Guest(here, chromium, CASE, pictures)
        play = await _begun(here)
        notes: dict[str, Any] = {"portal": await guest.link("acknowledgement", "exit")}
        await _before(guest, play, notes)
        state = await _handed_over(guest, play, notes)
        await _afterwards(guest, play, state, notes)
        return Farewell(guest.glances, guest.letters, receptions(here.stack.home), notes)


async def _begun(here: Running) -> Play:
    asked = Asked(ACCOUNT, "ana", Mode.STOP, Reason.PRICE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    return Play(here, ACCOUNT, f"offboarding-{CASE}", _PATIENCE_SECONDS)


async def _before(guest: Guest, play: Play, notes: dict[str, Any]) -> None:
    """What they choose while it can still be taken back."""
    portal = notes["portal"]
    state = await play.reach(Stage.APPROVAL)
    await guest.sees("asked for", portal)
    await guest.sees("choices", f"{portal}/choices")
    async with guest.at(f"{portal}/choices") as reader:
        wrong = {"hours_from": "18", "hours_to": "9"}
        await guest.fills("choices with a fault", reader, **wrong)
        chosen = {"reason": "too_little_use", "hours_from": "10", "hours_to": "17", "come_back": "yes"}
        await guest.fills("choices made", reader, **chosen)
    await _at_the_offer(guest, portal, notes)
    await play.say("bruno", "approve", Approve, gate=Gate.PLAN, hash=gate_digest(Gate.PLAN, state) or "")
    await play.reach(Stage.NOTICE)
    await guest.sees("notice served", portal)
    await guest.sees("stay", f"{portal}/stay")
    await guest.sees("more time", f"{portal}/more-time")
    await guest.sees("statement before there is one", f"{portal}/statement")


async def _at_the_offer(guest: Guest, portal: str, notes: dict[str, Any]) -> None:
    await guest.sees("offer", f"{portal}/offer")
    async with guest.at(f"{portal}/offer") as reader:
        await guest.fills("offer declined", reader, "button[name=answer][value=no]")
    notes["offer"] = guest.here.connections.offers.of(CASE)
    await guest.sees("offer answered", f"{portal}/offer")


async def _handed_over(guest: Guest, play: Play, notes: dict[str, Any]) -> CaseState:
    """The end of service, and the days in which they fetch what is theirs."""
    portal, state = notes["portal"], await play.state()
    dates = state.agreed.dates if state.agreed else {}
    await play.move(dates["effective_date"])
    await play.reach(Stage.SETTLE, Stage.RETRIEVAL)
    await play.move(dates["effective_date"] + timedelta(days=2))  # the goodbye waits for their hours
    package = await guest.link("goodbye", "package")
    await guest.sees("to be fetched", portal)
    await guest.sees("goodbye", f"{portal}/goodbye")
    await guest.sees("package", package)
    await guest.sees("draft statement", f"{portal}/statement")
    await _at_the_survey(guest)
    async with guest.at(package) as reader:
        await guest.fills("package taken", reader, have="yes")
    await play.until(lambda s: s.accepted)
    await guest.sees("taken", portal)
    return await play.state()


async def _at_the_survey(guest: Guest) -> None:
    survey = await guest.link("goodbye", "survey")
    await guest.sees("survey", survey)
    async with guest.at(survey) as reader:
        await guest.fills("survey with gaps", reader, comment="Gracias por todo.")
        said = {"reason": "too_little_use", "change": "nothing", "leaving": "5", "back": "perhaps"}
        await guest.fills("survey answered", reader, **said)


async def _afterwards(guest: Guest, play: Play, state: CaseState, notes: dict[str, Any]) -> None:
    """Statement, thanks, certificate; then they ask for peace, and have it."""
    portal, dates = notes["portal"], state.agreed.dates if state.agreed else {}
    await play.move(dates["late_usage_end"])
    state = await play.until(lambda s: s.statement_digest is not None)
    for person in ("carla", "dora"):
        digest = gate_digest(Gate.ERASURE, state) or ""
        await play.say(person, "approve", Approve, gate=Gate.ERASURE, hash=digest)
    await past_the_window(play, state.retrieval_end or dates["retrieval_end"])
    await play.certified()
    await guest.sees("closed", portal)
    for paper in ("statement", "certificate", "goodbye"):
        await guest.sees(f"{paper} after closure", f"{portal}/{paper}")
    await guest.sees("package after erasure", await guest.link("goodbye", "package"))
    await guest.sees("stay after closure", f"{portal}/stay")
    leave_me = await guest.link("thanks", "opt-out")
    await guest.sees("opt out", leave_me)
    async with guest.at(leave_me) as reader:
        await guest.fills("opted out", reader)
    await _months_later(guest, state)
    for kind in ("plan", "notice", "statement", "certificate"):
        await guest.letter(kind)
    at, home = guest.here.connections, guest.here.stack.home
    notes["ledger"] = at.ledger.entries(CASE)
    notes["answers"] = at.surveys.answers((NO_QUARTER,))
    notes["zone"] = ZoneInfo(at.directory.facts(ACCOUNT).account.timezone)
    notes["database"] = home / "farewell.db"


async def _months_later(guest: Guest, state: CaseState) -> None:
    """Whatever is still going on goes on for a year."""
    ids = [f"follow-up-{CASE}", f"closing-{CASE}"]
    await move(guest.here.client, ids, state.opened_at + timedelta(days=400))
