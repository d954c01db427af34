"""Who gets which message, by which channel, and why not. Source: DOMAIN messages.2, messages.5, messages.8."""

import re

from models.messages import Reader
from models.payload import Payload
from models.vocabulary import Channel, MailKind, StopGround

LEGALLY_REQUIRED = frozenset(
    {
        MailKind.ACKNOWLEDGEMENT,
        MailKind.PLAN,
        MailKind.NOTICE,
        MailKind.EXPORT_READY,
        MailKind.STATEMENT,
        MailKind.CERTIFICATE,
        MailKind.HOLD,
        MailKind.RESUME_REMINDER,  # charges are about to go on
    }
)
MARKETING = frozenset({MailKind.THANKS, MailKind.SURVEY_REMINDER, MailKind.COME_BACK})
CALLS = frozenset({MailKind.ACKNOWLEDGEMENT, MailKind.GOODBYE, MailKind.THANKS, MailKind.COME_BACK})
"""What is said on the phone to who wants that; all else is to be read again one day, so it is written."""
NO_KEY = "no_key"
"""Instead of a ground: nobody can tell who asked for peace, or how they could."""
RETURNED, NO_OFFER, ERASED, NOT_OUT = "returned", "no_offer", "erased", "not_out"
"""Codes of what only the activity can know."""
WHY_NOT = {
    RETURNED: "the customer has come back",
    NO_OFFER: "there is nothing true to offer any more",
    ERASED: "what it said was erased with the account",
    NOT_OUT: "it had not left when the follow-ups ended",
    "not_reached": "nobody was reached on the phone",
}
_GROUNDS = {
    StopGround.COMPLAINT: ("complained", "the contact marked a message of ours as spam"),
    StopGround.BOUNCE: ("bounced", "the address has refused our messages for good"),
    NO_KEY: (NO_KEY, "without FAREWELL_SUPPRESSION_KEY, FAREWELL_LINK_KEY and FAREWELL_PUBLIC_URL nobody can opt out"),
}
_OPTED_OUT = ("opted_out", "the contact wants no more messages but those that the law requires")
_BY_WEBHOOK = frozenset({Channel.SMS, Channel.WHATSAPP})
_DIGITS = range(7, 16)  # ITU-T E.164: fifteen at most


class Route(Payload):
    """By which channel a message goes, and why by another than was asked for; None: why not, and its `code`."""

    channel: Channel | None
    why: str = ""
    code: str = ""


def route(kind: MailKind, reader: Reader, suppressed: str | None = None, *, has_webhook: bool = False) -> Route:
    """How this reader gets this message.

    `suppressed` is the ground on which one of their addresses isn't written to, or `NO_KEY`: it stops marketing alone.
    `has_webhook`: somebody hands SMS and WhatsApp over for us.
    """
    if reader.channel is Channel.NONE and kind not in LEGALLY_REQUIRED:
        return _not("asked_for_none", "the contact asked for no messages but those that the law requires")
    if kind is MailKind.COME_BACK and not reader.come_back:
        return _not("not_asked_for", "the contact did not ask to hear from us again")
    if kind in MARKETING and suppressed:
        return _not(*_GROUNDS.get(suppressed, _OPTED_OUT))
    if reader.channel is Channel.PHONE and kind is MailKind.SURVEY_REMINDER:
        return _not("not_by_phone", "an anonymous survey isn't asked for by phone")
    return _by_channel(kind, reader, has_webhook=has_webhook)


def why_silent(kind: MailKind, reader: Reader) -> str | None:
    """Why nobody is to expect this message; None when they may."""
    way = route(kind, reader, has_webhook=True)
    return way.why if way.channel is None else None


def number(phone: str | None) -> str | None:
    """A phone number as it is dialled, `+34600111222`; None where it can't be one. Source: ITU-T E.164."""
    digits = re.sub(r"\D", "", phone or "")
    if len(digits) not in _DIGITS:
        return None
    return f"+{digits}" if (phone or "").strip().startswith("+") else digits


def address_of(channel: Channel, reader: Reader) -> str:
    """Where this channel leads; empty where it leads nowhere."""
    return (reader.email if channel in (Channel.EMAIL, Channel.NONE) else number(reader.phone)) or ""


def _by_channel(kind: MailKind, reader: Reader, *, has_webhook: bool) -> Route:
    """By what was asked for, if it can be; else by mail; else somebody calls, but nobody sells by phone unasked."""
    phone, asked = number(reader.phone), reader.channel
    if asked in _BY_WEBHOOK and phone and has_webhook:
        return Route(channel=asked)
    if asked is Channel.PHONE and phone and (kind in CALLS or not reader.email):
        return Route(channel=Channel.PHONE)
    if reader.email:
        return Route(channel=Channel.EMAIL, why=_instead(asked, phone))
    if phone and (kind not in MARKETING or asked is Channel.PHONE):
        return Route(channel=Channel.PHONE, why="the contact has no mail address, so somebody calls")
    return _not("no_address", f"the contact has no {'address' if phone else 'mail address and no phone number'}")


def _instead(asked: Channel, phone: str | None) -> str:
    if asked in (Channel.EMAIL, Channel.NONE):
        return ""
    if not phone:
        return f"by mail: the contact asked for {asked} and has no phone number"
    if asked is Channel.PHONE:
        return "by mail: it is to be read again one day"
    return f"by mail: nothing hands {asked} over (FAREWELL_MESSAGES_WEBHOOK_URL)"


def _not(code: str, why: str) -> Route:
    return Route(channel=None, why=why, code=code)
