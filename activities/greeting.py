"""Greets who has come back, as somebody whom we know: once a return. Source: DOMAIN messages.9."""

from datetime import datetime

from activities.catalogue import SHIPPED, Catalogue
from activities.drafting import Drafting
from activities.handing_over import HandingOver
from connectors.ports.outside import Messenger
from connectors.ports.own import CaseStore, Directory, Outbox
from models.effects import MessageRequest
from models.inventory import Inventory
from models.messages import Kept
from models.policy import Policy
from models.vocabulary import MailKind, Stage
from rules.links import Links
from rules.reach import route

RETURNED = "returned"
"""The manner of the welcome."""
_NO_CASE = ""  # the contact of the new import, not what was kept for the follow-ups of before


class Greeting:
    """The welcome, by the contact's channel. No workflow runs for a customer who is back, so whoever asks sends it."""

    def __init__(
        self,
        *,
        directory: Directory,
        store: CaseStore,
        outbox: Outbox,
        messenger: Messenger,
        policy: Policy,
        inventory: Inventory,
        links: Links | None = None,
        catalogue: Catalogue = SHIPPED,
        has_webhook: bool = False,
    ) -> None:
        """As for the messages of a case."""
        self._outbox, self._has_webhook = outbox, has_webhook
        self._handing_over = HandingOver(outbox, messenger)
        self._drafting = Drafting(
            directory=directory,
            store=store,
            sender=policy.sender,
            inventory=inventory,
            links=links,
            catalogue=catalogue,
        )

    def greet(self, case: str, account: str, restored: int, at: datetime) -> Kept:
        """`case` is the one that ended, `restored` the rows of their package; again changes nothing.

        Raises:
            NotFound: there is no contact. ConnectorError: the other side failed; asking again sends it.
        """
        about = {"case": case, "account": account, "stage": Stage.CLOSED, "step": "greet"}
        request = MessageRequest(**about, kind=MailKind.WELCOME_BACK)
        known = self._outbox.message(self._drafting.id_of(request))
        return self._handing_over.done(known or self._written(request, restored, at), at)

    def _written(self, request: MessageRequest, restored: int, at: datetime) -> Kept:
        reader = self._outbox.reader(_NO_CASE, request.account)
        way = route(request.kind, reader, has_webhook=self._has_webhook)
        if way.channel is None:
            kept = self._outbox.prepare(self._drafting.unwritten(request, reader))
            self._outbox.skipped(kept.message_id, way.why, way.code)
            return self._outbox.message(kept.message_id) or kept
        more = {"manner": RETURNED, "restored": restored}
        return self._outbox.prepare(self._drafting.written(request, reader, way, None, at, more=more))
