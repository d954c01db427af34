"""What comes back of a mail: bounce, delay, complaint, reply, or a machine's answer. Source: DOMAIN messages.5.

Nothing that a stranger wrote is trusted but which message of ours it is about: whom that went to, we know ourselves.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from typing import NamedTuple

from models.vocabulary import Heard, StopGround
from rules.incoming_reports import report_of

_MESSAGE_ID = re.compile(r"<([^<>@\s]{1,200}@[^<>@\s]{1,255})>")
_STOP = re.compile(r"stop ([^<>@\s]{1,200}@[^<>@\s]{1,255})", re.IGNORECASE)
"""The subject of the mail by which List-Unsubscribe lets one opt out. Source: RFC 2369, 3.2."""
_MOST_IDS = 20
_GROUNDS = {
    Heard.BOUNCE: StopGround.BOUNCE,
    Heard.COMPLAINT: StopGround.COMPLAINT,
    Heard.REPLY: StopGround.REPLY,
}
# Set by who answers without a person, whatever is in it.
_OF_MACHINES = (
    "x-autoreply",
    "x-autorespond",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-fc-machinegenerated",
    "list-id",
)
_MACHINES = frozenset(
    {"mailer-daemon", "mailerdaemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"}
)
"""Before the @ of who writes without reading."""
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_SUBJECTS = (
    *(
        "automatic reply",
        "auto reply",
        "auto-reply",
        "autoreply",
        "auto:",
        "autosvar",
        "out of office",
        "out of the office",
    ),
    *("respuesta automática", "respuesta automatica", "fuera de oficina", "fuera de la oficina", "ausente:"),
    *("réponse automatique", "resposta automática", "risposta automatica", "automatische antwort", "abwesenheit"),
)


class Echo(NamedTuple):
    """What was heard, and the messages of ours that it may be about, the likeliest first."""

    heard: Heard
    message_ids: tuple[str, ...]
    opted_out: bool = False

    @property
    def ground(self) -> StopGround | None:
        """On which ground it ends the follow-ups; None: a delay or a machine's answer ends nothing."""
        return StopGround.OPT_OUT if self.opted_out else _GROUNDS.get(self.heard)


def domain_of(sender: str) -> str:
    """The domain of our Message-IDs: that of the address by which we write."""
    return sender.rpartition("@")[2]


def heard_in(raw: bytes, ours: str) -> Echo | None:
    """What a mail says about one of ours; None: nothing. `ours` is the domain of our Message-IDs.

    Any bytes will do, cut off ones too. Source: RFC 3464 (bounces), RFC 5965 (complaints), RFC 5322 3.6.4 (replies),
    RFC 3834 (answers of machines), RFC 2369 (opting out by mail).
    """
    try:
        mail = message_from_bytes(raw, policy=compat32)  # the newer one fails at some headers that strangers write
        if (stop := _STOP.fullmatch(_subject(mail))) and _ids(f"<{stop[1]}>", ours):
            return Echo(Heard.REPLY, (stop[1],), opted_out=True)
        heard, about = _heard(mail, ours)
        ids = dict.fromkeys(each for text in about for each in _ids(text, ours))
    except RecursionError:  # parts within parts, made to be deep
        return None
    return Echo(heard, tuple(ids)[:_MOST_IDS]) if heard and ids else None


def _heard(mail: Message, ours: str) -> tuple[Heard | None, list[str]]:
    """The word, and the texts that name the message."""
    report = report_of(mail)
    if report is not None:
        return report.heard, [*report.named, *_answered(mail)]
    if _is_from(mail, ours):  # one of us wrote to the customer, and we got a copy
        return None, []
    return Heard.AUTO_REPLY if _by_a_machine(mail) else Heard.REPLY, [*_answered(mail)]


def _answered(mail: Message) -> Iterator[str]:
    """In-Reply-To, then References from the newest on."""
    yield from _all(mail, "in-reply-to")
    for each in _all(mail, "references"):
        yield " ".join(reversed(each.split()))


def _ids(text: str, ours: str) -> list[str]:
    found = _MESSAGE_ID.findall(text)
    return [each for each in found if each.rpartition("@")[2].casefold() == ours.casefold()]


def _is_from(mail: Message, ours: str) -> bool:
    return any(address.rpartition("@")[2].casefold() == ours.casefold() for address in _senders(mail))


def _senders(mail: Message) -> list[str]:
    return [address for _, address in getaddresses(_all(mail, "from"))]


def _by_a_machine(mail: Message) -> bool:
    """Whether nobody wrote this. Source: RFC 3834, 2 and 5; RFC 8098 (receipts); and what others set instead."""
    submitted = [each.partition(";")[0].strip().lower() for each in _all(mail, "auto-submitted")]
    if any(each and each != "no" for each in submitted) or any(name in mail for name in _OF_MACHINES):
        return True
    if any(each.strip().lower() in _BULK for name in ("precedence", "x-precedence") for each in _all(mail, name)):
        return True
    if any(each.strip() == "<>" for each in _all(mail, "return-path")):
        return True
    named = {address.partition("@")[0].lower() for address in _senders(mail)}
    return bool(named & _MACHINES) or _subject(mail).lower().startswith(_SUBJECTS)


def _subject(mail: Message) -> str:
    said = " ".join(_all(mail, "subject"))
    with suppress(HeaderParseError, LookupError, ValueError):  # a charset that nobody knows, or broken base64
        said = str(make_header(decode_header(said)))
    return " ".join(said.split())


def _all(mail: Message, name: str) -> list[str]:
    return [str(value) for value in mail.get_all(name, [])]
