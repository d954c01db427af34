"""Messages as they are written, kept and delivered."""

from datetime import date

from pydantic import AwareDatetime

from models.payload import Payload
from models.vocabulary import Channel, MailKind


class Draft(Payload):
    """A message as it was rendered."""

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
    marketing: bool = False


class Kept(Payload):
    """A message in the outbox: `state` is `sending` `sent` or `skipped`. Erased ones have no content."""

    message_id: str
    case: str
    kind: MailKind
    channel: Channel
    language: str
    state: str
    why: str = ""
    sent_at: AwareDatetime | None = None
    recipient: str | None = None
    sender: str | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    marketing: bool = False


class Reader(Payload):
    """Who reads: enough to write to them, no more."""

    name: str
    email: str | None
    language: str
    channel: Channel
    timezone: str
    country: str
    account_name: str
    signed_by: str
    customer_since: date
    come_back: bool = False
