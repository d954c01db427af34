"""Reports of mail servers: what became of a message, who complained of it, who opened it. Source: RFC 6522."""

from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from email.policy import compat32
from typing import NamedTuple

from models.vocabulary import Heard

_DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FEEDBACK = "message/feedback-report"
_OPENED = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_RETURNED = frozenset({"message/rfc822", "message/global", "message/global-headers", "message/partial"})
_RETURNED_HEADERS = "text/rfc822-headers"
_COMPLAINTS = frozenset({"abuse", "fraud", "other", "opt-out", "opt-out-list"})
_TEMPORARY = "4"
_LONGEST_TEXT = 1 << 16


class Report(NamedTuple):
    """What a report says, and the texts in it that name the message, the surest first."""

    heard: Heard | None
    named: list[str]


def report_of(mail: Message) -> Report | None:
    """The report that a mail is; None: it's none. A report that was attached to something is not the mail's own."""
    payload = mail.get_payload()
    parts = [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    for part in parts:
        kind = part.get_content_type()
        if kind in _DELIVERY:
            return Report(_delivery(part), _named(parts))
        if kind == _FEEDBACK:
            return Report(_feedback(part), _named(parts))
        if kind in _OPENED:
            return Report(Heard.AUTO_REPLY, [*_values(part, "original-message-id"), *_named(parts)])
    return None


def _delivery(part: Message) -> Heard | None:
    """Given up for good, or only for now; what was delivered is no news. Source: RFC 3464, 2.3.3 and 2.3.4."""
    words = {_fate(block) for block in _blocks(part)}
    return next((word for word in (Heard.BOUNCE, Heard.DELAY) if word in words), None)


def _fate(block: Message) -> Heard | None:
    action = _first(block, "action")
    if action == "delayed":
        return Heard.DELAY
    if action != "failed":
        return None
    # Who gave up on a server that never answered has learnt nothing of the address.
    return Heard.DELAY if _first(block, "status").startswith(_TEMPORARY) else Heard.BOUNCE


def _feedback(part: Message) -> Heard | None:
    """A complaint; not what says that a mail is none, nor what tells of signatures. Source: RFC 5965, 3.1; RFC 6591."""
    kinds = {_first(block, "feedback-type") for block in _blocks(part)}
    return Heard.COMPLAINT if kinds & _COMPLAINTS else None


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields: the parser splits those of a delivery status, all others lie in one text."""
    payload = part.get_payload()
    for block in payload if isinstance(payload, list) else [part]:
        if isinstance(block, Message):
            yield block
            text = block.get_payload()
            if isinstance(text, str):
                yield from (message_from_string(each.lstrip("\r\n"), policy=compat32) for each in _groups(text))


def _groups(text: str) -> list[str]:
    return text[:_LONGEST_TEXT].replace("\r\n", "\n").split("\n\n")


def _named(parts: list[Message]) -> list[str]:
    """The Message-ID of what was sent back; else whatever the text quotes."""
    returned = [text for part in parts for text in _returned(part)]
    return [*returned, *(text for part in parts if part.get_content_type() == "text/plain" for text in _text(part))]


def _returned(part: Message) -> list[str]:
    kind, payload = part.get_content_type(), part.get_payload()
    if kind in _RETURNED and isinstance(payload, list):
        return [text for each in payload if isinstance(each, Message) for text in _values(each, "message-id")]
    if kind == _RETURNED_HEADERS:
        return [text for headers in _text(part) for text in _values(message_from_string(headers), "message-id")]
    return []


def _text(part: Message) -> list[str]:
    content = part.get_payload(decode=True)
    return [content[:_LONGEST_TEXT].decode("utf-8", "replace")] if isinstance(content, bytes) else []


def _first(block: Message, name: str) -> str:
    return next((value.partition(";")[0].strip().lower() for value in _values(block, name)), "")


def _values(block: Message, name: str) -> list[str]:
    return [str(value) for value in block.get_all(name, [])]
