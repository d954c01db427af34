"""Writes to the customer: each message once, in their language. Source: DOMAIN messages."""

from datetime import datetime
from email.headerregistry import Address

from temporalio import activity

from activities.catalogue import SHIPPED, Catalogue
from activities.enclosures import Enclosures
from activities.facts import Facts, cadence_for, plan_of
from activities.rendering import render
from activities.returned import has_returned
from connectors.ports.outside import Messenger
from connectors.ports.own import CaseStore, Directory, Outbox
from models.case import Noted
from models.effects import MessageRequest, MessageResult
from models.follow_ups import FollowUpPlan
from models.inventory import Inventory
from models.messages import Draft, Kept, Reader
from models.payload import EffectRequest
from models.policy import Cadence, Policy
from models.vocabulary import Channel, MailKind
from rules.cadence import follow_ups
from rules.links import Links
from rules.reach import MARKETING, why_silent


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
    ) -> None:
        """Without `links` the mails carry none; `catalogue` is what they are written from."""
        self._directory, self._outbox, self._messenger = directory, outbox, messenger
        self._store, self._sender, self._catalogue = store, policy.sender, catalogue
        self._facts = Facts(store, policy.sender, inventory, links)
        self._enclosures = Enclosures(store, directory, policy.sender, inventory)

    @activity.defn(name="send_message")
    def send_message(self, request: MessageRequest) -> MessageResult:
        """Writes, keeps and delivers one message; what was sent or skipped before stays so.

        What is kept first is what goes out: a second attempt writes nothing anew, and bears the same Message-ID.

        Raises:
            ConnectorError: the reader is unknown (permanent), or the mail server failed.
        """
        now = activity.info().scheduled_time
        kept, why = self._kept(request, now)
        if kept.state == "sending":
            kept = self._dispatch(kept, request, now)
        return MessageResult(message_id=kept.message_id, state=kept.state, why=kept.why or why)

    @activity.defn(name="plan_follow_ups")
    def plan_follow_ups(self, request: EffectRequest) -> FollowUpPlan:
        """Sets the least of the contact apart, and plans what the goodbye promised, from when it left.

        Nothing follows a goodbye that was skipped, nor an eject for cause. Source: DOMAIN messages.5, erasure.7.
        """
        self._directory.keep_for_follow_ups(request.case, request.account)
        reader = self._outbox.reader(request.case, request.account)
        goodbye = self._goodbye(request.case)
        cadence = self._cadence(request)
        if cadence is None or (goodbye and goodbye.state == "skipped"):
            return FollowUpPlan(touches=())
        left = goodbye.sent_at if goodbye and goodbye.sent_at else activity.info().scheduled_time  # on its way
        touches = follow_ups(left, cadence, reader.timezone, reader.country, come_back=reader.come_back)
        return FollowUpPlan(touches=touches)

    @activity.defn(name="end_follow_ups")
    def end_follow_ups(self, request: EffectRequest) -> Noted:
        """The last contact is forgotten; again changes nothing. Source: DOMAIN erasure.7."""
        self._directory.forget_follow_ups(request.case)
        return Noted(text="the last contact is forgotten")

    def _kept(self, request: MessageRequest, now: datetime) -> tuple[Kept, str]:
        """The message as it stands, and what there is to say about its language."""
        known = [kept for kept in self._outbox.messages(request.case) if kept.message_id == self._id_of(request)]
        if known:
            return known[0], ""
        draft, why = self._draft(request, now)
        return self._outbox.prepare(draft), why

    def _dispatch(self, kept: Kept, request: MessageRequest, now: datetime) -> Kept:
        reader = self._outbox.reader(request.case, request.account)
        silent = self._why_back(request) or why_silent(request.kind, reader)
        if silent is not None:
            self._outbox.skipped(kept.message_id, silent)
            return kept.model_copy(update={"state": "skipped", "why": silent})
        self._messenger.deliver(kept.model_copy(update={"sent_at": now}))
        self._outbox.sent(kept.message_id, now)
        return kept.model_copy(update={"state": "sent"})

    def _why_back(self, request: MessageRequest) -> str | None:
        """Nobody is asked to come back who has. Source: DOMAIN messages.5."""
        about = self._store, self._directory, request.account, request.case
        return "the customer has come back" if request.kind in MARKETING and has_returned(*about) else None

    def _draft(self, request: MessageRequest, now: datetime) -> tuple[Draft, str]:
        reader = self._outbox.reader(request.case, request.account)
        plan = plan_of(self._store, request.case, request.account, request.plan_hash)
        values = self._facts.values(request, reader, plan, now)
        enclosed = self._enclosures.of(request.kind, request, reader, plan, values)
        mail = render(request.kind, reader.language, {**values, "enclosed": enclosed}, self._catalogue)
        draft = Draft(
            message_id=self._id_of(request),
            case=request.case,
            account=request.account,
            kind=request.kind,
            channel=_channel(reader),
            language=mail.language,
            recipient=reader.email or "",
            sender=str(Address(self._sender.company, addr_spec=self._sender.address)),
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            attachments=enclosed,
            marketing=request.kind in MARKETING,
        )
        return draft, mail.why

    def _id_of(self, request: MessageRequest) -> str:
        domain = self._sender.address.rpartition("@")[2]
        return f"{request.case}.{request.kind}.{request.generation}@{domain}"

    def _cadence(self, request: EffectRequest) -> Cadence | None:
        return cadence_for(self._store, request.case, plan_of(self._store, request.case, request.account))

    def _goodbye(self, case: str) -> Kept | None:
        return next((kept for kept in self._outbox.messages(case) if kept.kind is MailKind.GOODBYE), None)


def _channel(reader: Reader) -> Channel:
    """Mail, until the other channels come; only who asked for none and has no address keeps that."""
    return Channel.EMAIL if reader.email else reader.channel
