"""Writes a message as it will leave: by mail, as a short text, or as what is said on the phone."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from typing import Any

from activities.catalogue import SHIPPED, Catalogue
from activities.enclosures import Enclosures
from activities.facts import Facts
from activities.rendering import Rendered, render, script, short
from connectors.ports.own import CaseStore, Directory
from models.effects import MessageRequest
from models.inventory import Inventory
from models.messages import Draft, Reader
from models.offers import Offer
from models.plan import Plan
from models.policy import Sender
from models.vocabulary import Channel
from rules.links import Links
from rules.reach import MARKETING, Route, address_of

_SHORT = frozenset({Channel.SMS, Channel.WHATSAPP})


class Drafting:
    """Gathers values and papers, and renders."""

    def __init__(
        self,
        *,
        directory: Directory,
        store: CaseStore,
        sender: Sender,
        inventory: Inventory,
        links: Links | None = None,
        catalogue: Catalogue = SHIPPED,
    ) -> None:
        """Without `links` the messages carry none; `catalogue` is what they are written from."""
        self._sender, self._catalogue = sender, catalogue
        self._facts = Facts(store, sender, inventory, links)
        self._enclosures = Enclosures(store, directory, sender, inventory)

    def id_of(self, request: MessageRequest) -> str:
        """Its Message-ID, without the angles. Source: CONTRACTS, Forms."""
        domain = self._sender.address.rpartition("@")[2]
        return f"{request.case}.{request.kind}.{request.generation}@{domain}"

    def written(
        self,
        request: MessageRequest,
        reader: Reader,
        way: Route,
        plan: Plan | None,
        now: datetime,
        *,
        offer: Offer | None = None,
        goodbye_at: datetime | None = None,
        marketing: bool = True,
        more: Mapping[str, Any] | None = None,
    ) -> Draft:
        """The message, for the channel of `way`; only a mail encloses papers. `more` goes before what is gathered."""
        values = {
            **self._facts.values(request, reader, plan, now, offer=offer, goodbye_at=goodbye_at, marketing=marketing),
            **(more or {}),
        }
        channel = way.channel or Channel.NONE
        by_mail = channel is Channel.EMAIL
        enclosed = self._enclosures.of(request.kind, request, reader, plan, values) if by_mail else ()
        write = script if channel is Channel.PHONE else short if channel in _SHORT else render
        text: Rendered = write(request.kind, reader.language, {**values, "enclosed": enclosed}, self._catalogue)
        return self._draft(request, channel, text.language).model_copy(
            update={
                "recipient": address_of(channel, reader),
                "subject": text.subject,
                "text": text.text,
                "html": text.html,
                "attachments": enclosed,
                "unsubscribe": values["opt_out"],
                "why": "; ".join(each for each in (way.why, text.why) if each),
            }
        )

    def unwritten(self, request: MessageRequest, reader: Reader | None) -> Draft:
        """What stands for a message that won't be written: that there would have been one."""
        language = reader.language if reader else ""
        return self._draft(request, reader.channel if reader else Channel.NONE, language)

    def _draft(self, request: MessageRequest, channel: Channel, language: str) -> Draft:
        return Draft(
            message_id=self.id_of(request),
            case=request.case,
            account=request.account,
            kind=request.kind,
            channel=channel,
            language=language,
            recipient="",
            sender=str(Address(self._sender.company, addr_spec=self._sender.address)),
            subject="",
            text="",
            html="",
            marketing=request.kind in MARKETING,
        )
