"""Writes to the customer: each message once, in their language, by their channel, at their hours.

Source: DOMAIN messages.
"""

from datetime import datetime

from temporalio import activity

from activities.case_policy import policy_of
from activities.catalogue import SHIPPED, Catalogue
from activities.drafting import Drafting
from activities.facts import plan_of
from activities.handing_over import HandingOver
from activities.returned import has_returned
from connectors.errors import NotFound
from connectors.ports.farewells import Suppression
from connectors.ports.outside import Messenger
from connectors.ports.own import CaseStore, Directory, Outbox
from models.effects import CallRequest, MessageRequest, MessageResult
from models.inventory import Inventory
from models.messages import Kept, Reader
from models.offers import Offer
from models.payload import EffectRequest
from models.plan import Plan
from models.policy import Policy
from models.vocabulary import Channel, MailKind, Reason
from rules.cadence import cadence_of
from rules.hours import goes_at_once, opening
from rules.links import Links
from rules.offers import come_back_offer
from rules.reach import ERASED, MARKETING, NO_KEY, NO_OFFER, RETURNED, WHY_NOT, Route, route


class MessagingActivities:
    """Messages and their cadence."""

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
        suppression: Suppression | None = None,
        has_webhook: bool = False,
    ) -> None:
        """Without `links` messages carry none; without those and `suppression` nobody could opt out: no marketing.

        `has_webhook`: the messenger hands SMS and WhatsApp over, too. `catalogue` is what messages are written from.
        """
        self._directory, self._outbox, self._store, self._policy = directory, outbox, store, policy
        self._suppression = suppression if links else None
        self._has_webhook = has_webhook
        self._handing_over = HandingOver(outbox, messenger)
        self._drafting = Drafting(
            directory=directory,
            store=store,
            sender=policy.sender,
            inventory=inventory,
            links=links,
            catalogue=catalogue,
        )

    @activity.defn(name="send_message")
    def send_message(self, request: MessageRequest) -> MessageResult:
        """Writes, keeps and delivers one message; what was sent or skipped before stays so.

        What is kept first is what goes out: a second attempt writes nothing anew, and bears the same Message-ID.

        Raises:
            ConnectorError: the reader is unknown (permanent), the other side failed, or an earlier attempt is at it.
        """
        now, message_id = _now(), self._drafting.id_of(request)
        kept = self._outbox.message(message_id)
        ready = self._readied(request, kept, now) if kept is None or kept.state == "sending" else kept
        if isinstance(ready, datetime):
            return MessageResult(message_id=message_id, state="later", not_before=ready, kind=request.kind)
        return _of(self._handing_over.done(ready, now))

    @activity.defn(name="note_call")
    def note_call(self, request: CallRequest) -> MessageResult:
        """A call was made, or given up; again changes nothing. Raises NotFound: there was none to make."""
        message_id, now = self._drafting.id_of(request), activity.info().scheduled_time
        if request.reached:
            self._outbox.sent(message_id, now, "said on the phone")
        else:
            self._outbox.skipped(message_id, WHY_NOT["not_reached"], "not_reached")
        kept = self._outbox.message(message_id)
        if kept is None:
            raise NotFound("outbox", f"there is no message {message_id}")
        return _of(kept)

    # -- whether, by which channel, and when

    def _readied(self, request: MessageRequest, kept: Kept | None, now: datetime) -> Kept | datetime:
        """The message as it may be handed over now, or as it was skipped; or not before when it may."""
        reader = self._reader(request)
        plan = plan_of(self._store, request.case, request.account, request.plan_hash)
        offer = self._offer(request, now)
        way = self._route(request, reader, kept, offer)
        if reader is None or way.channel is None:
            return self._skipped(request, reader, way)
        opens = self._opening(request, kept.channel if kept else way.channel, reader, plan, now)
        if opens > now:
            return opens
        if kept is None:
            goodbye = self._goodbye(request)
            left = goodbye.sent_at if goodbye else None
            wanted = self._suppressed(MailKind.THANKS, reader) is None
            draft = self._drafting.written(
                request, reader, way, plan, now, offer=offer, goodbye_at=left, marketing=wanted
            )
            kept = self._outbox.prepare(draft)
        return kept

    def _reader(self, request: MessageRequest) -> Reader | None:
        """None once the contact was erased: whoever tries a message again then tries in vain."""
        try:
            return self._outbox.reader(request.case, request.account)
        except NotFound:
            if self._directory.is_erased(request.account):
                return None
            raise

    def _route(self, request: MessageRequest, reader: Reader | None, kept: Kept | None, offer: Offer | None) -> Route:
        if reader is None or (kept is not None and kept.text is None):
            return _no(ERASED)
        if request.kind in MARKETING and has_returned(self._store, self._directory, request.account, request.case):
            return _no(RETURNED)
        way = route(request.kind, reader, self._suppressed(request.kind, reader), has_webhook=self._has_webhook)
        if way.channel and request.kind is MailKind.COME_BACK and kept is None and offer is None:
            return _no(NO_OFFER)
        return way

    def _suppressed(self, kind: MailKind, reader: Reader) -> str | None:
        """The ground on which one of the reader's addresses gets no marketing. Source: DOMAIN messages.8."""
        if kind not in MARKETING:
            return None
        if self._suppression is None:
            return NO_KEY
        grounds = [self._suppression.holds(each) for each in (reader.email, reader.phone) if each]
        return next((ground for ground in grounds if ground), None)

    def _opening(
        self, request: MessageRequest, channel: Channel, reader: Reader, plan: Plan | None, now: datetime
    ) -> datetime:
        """When it may arrive, by the hours of the plan's policy and the reader's. Source: DOMAIN messages.5."""
        if plan is None or goes_at_once(request.kind, channel, answers=request.answers):
            return now
        cadence = cadence_of(policy_of(self._store, request.case, plan.hash), plan.commitments)
        return opening(now, reader, cadence)

    def _offer(self, request: MessageRequest, now: datetime) -> Offer | None:
        """What a come-back mail may offer today, by the policy as it stands now. Source: DOMAIN messages.5."""
        row = self._store.by_id(request.case) if request.kind is MailKind.COME_BACK else None
        if row is None:
            return None
        account = self._directory.facts(request.account).account
        return come_back_offer(self._policy, account, request.case, Reason(row["reason"]), now)

    def _skipped(self, request: MessageRequest, reader: Reader | None, way: Route) -> Kept:
        kept = self._outbox.prepare(self._drafting.unwritten(request, reader))
        self._outbox.skipped(kept.message_id, way.why, way.code)
        return self._outbox.message(kept.message_id) or kept

    def _goodbye(self, request: EffectRequest) -> Kept | None:
        sent = self._outbox.messages(request.case)
        return next((kept for kept in sent if kept.kind is MailKind.GOODBYE), None)


def _now() -> datetime:
    """An attempt's own instant, by the server's clock: one that comes late doesn't write at night."""
    info = activity.info()
    return max(info.scheduled_time, info.current_attempt_scheduled_time)


def _no(code: str) -> Route:
    return Route(channel=None, why=WHY_NOT[code], code=code)


def _of(kept: Kept) -> MessageResult:
    return MessageResult(message_id=kept.message_id, state=kept.state, why=kept.why, code=kept.code, kind=kept.kind)
