"""Messages as they are written, kept and delivered."""

from base64 import b64decode, b64encode
from datetime import date, timedelta
from typing import Self

from pydantic import AwareDatetime

from models.payload import Payload
from models.vocabulary import Channel, Heard, MailKind

ABANDONED = timedelta(seconds=60)
"""Longer than any attempt takes: what has been leaving since then was left behind by one that died."""


class Attachment(Payload):
    """A file that goes with a message: `name` as the reader saves it, `media_type` as in `application/pdf`."""

    name: str
    media_type: str
    content_base64: str

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> Self:
        """These bytes under that name."""
        return cls(name=name, media_type=media_type, content_base64=b64encode(content).decode())

    @property
    def content(self) -> bytes:
        """The bytes."""
        return b64decode(self.content_base64)


class Draft(Payload):
    """A message as it was rendered; `why` is what there is to say of its language and channel."""

    message_id: str
    case: str
    account: str
    kind: MailKind
    channel: Channel
    language: str
    recipient: str
    sender: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    marketing: bool = False
    unsubscribe: str | None = None
    why: str = ""


class Outgoing(Payload):
    """What a messenger needs to know of a message, whoever reads it.

    `recipient` is an address or a number, by `channel`; `unsubscribe` the address that takes a one-click opt-out.
    Source: RFC 8058.
    """

    message_id: str
    channel: Channel = Channel.EMAIL
    case: str
    language: str
    sent_at: AwareDatetime | None = None
    recipient: str | None = None
    sender: str | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    marketing: bool = False
    unsubscribe: str | None = None


class Kept(Outgoing):
    """A message in the outbox: `state` is `sending` `leaving` `to_call` `sent` or `skipped`; erased ones are empty.

    `leaving` says that it is being handed over, since `leaving_at`; `code` is why it was skipped, in a word that
    reports count; `heard` is what came back of it.
    """

    kind: MailKind
    channel: Channel
    state: str
    why: str = ""
    code: str = ""
    leaving_at: AwareDatetime | None = None
    heard: Heard | None = None


class Reader(Payload):
    """Who reads: enough to write to them, no more. Hours are those of `models.account.Contact`."""

    name: str
    email: str | None
    phone: str | None = None
    language: str
    channel: Channel
    timezone: str
    hours_from: int | None = None
    hours_to: int | None = None
    country: str
    account_name: str
    signed_by: str
    customer_since: date
    come_back: bool = False
