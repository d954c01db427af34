"""The customer of the demo: reads the mails, follows their links, and speaks by the pages' forms, as people do."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.vocabulary import MailKind

if TYPE_CHECKING:
    from devstack.running import Running

CHOSEN = {"reason": "too_little_use", "hours_from": "10", "hours_to": "17", "come_back": "yes"}
ANSWERED = {
    "reason": "too_little_use",
    "change": "nothing",
    "leaving": "5",
    "back": "perhaps",
    "comment": "Nos ha ido bien. Ahora somos pocos y nos basta una hoja de cálculo.",
}


class DemoCustomer:
    """One person with a mailbox; every page that they see is kept in `album`."""

    def __init__(self, here: "Running", case: str, album: Path) -> None:
        """Has read nothing yet."""
        from devstack.visiting import Customer

        self._home, self._case = here.stack.home, case
        self._customer = Customer(album)

    async def chooses(self) -> None:
        """Language, hours and the quiet choices, from the acknowledgement's link; declines what is offered."""
        portal = await self._link(MailKind.ACKNOWLEDGEMENT, "exit")
        await self._customer.open(portal, "your-exit")
        form = (await self._customer.open(f"{portal}/choices", "choices")).form_to("/choices")
        await self._customer.send(form, "chosen", **CHOSEN)
        offer = await self._customer.open(f"{portal}/offer", "offer")
        await self._customer.send(offer.form_to("/offer"), "offer-declined", answer="no")

    async def hears_goodbye(self) -> datetime:
        """When it arrived."""
        from devstack.letters import letter

        arrived: datetime = (await letter(self._home, self._case, MailKind.GOODBYE))["Date"].datetime
        return arrived

    async def takes_the_package(self) -> None:
        """Sees what is there, says that they have it, and says what they think of us."""
        package = await self._customer.open(await self._link(MailKind.GOODBYE, "package"), "package")
        await self._customer.send(package.form_to("/accept"), "package-taken", have="yes")
        survey = await self._customer.open(await self._link(MailKind.GOODBYE, "survey"), "survey")
        await self._customer.send(survey.form_to(), "survey-thanks", **ANSWERED)

    async def looks_back(self) -> None:
        """What is still there when all is over: statement, certificate, goodbye."""
        portal = await self._link(MailKind.ACKNOWLEDGEMENT, "exit")
        await self._customer.open(portal, "when-all-is-over")
        for page in ("statement", "certificate", "goodbye"):
            await self._customer.open(f"{portal}/{page}", page)
        await self._customer.close()

    async def _link(self, kind: MailKind, part: str) -> str:
        from devstack.letters import letter, link_in

        return link_in(await letter(self._home, self._case, kind), part)
