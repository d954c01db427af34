"""A message in the form of a mail. Source: RFC 5322; RFC 3834 (Auto-Submitted); RFC 8058 (one-click opt-out)."""

from datetime import UTC, datetime
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import parseaddr
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from connectors.errors import Rejected
from models.messages import Outgoing

SYSTEM = "SMTP"


class _AsItIs:
    """A header of addresses that software reads: a long one stays a word, where the library would encode it."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """The header's library asks for the value, and what is wrong with it: nothing, unless it breaks a line."""
        if "\r" in value or "\n" in value:
            raise ValueError("a line break")
        kwds["decoded"], kwds["parse_tree"] = value, None

    def fold(self, *, policy: "Policy[Any]") -> str:
        """An address a line."""
        name = getattr(self, "name", "")
        return f"{name}: {str(self).replace(', ', f',{policy.linesep} ')}{policy.linesep}"


def _policy() -> Any:
    registry = HeaderRegistry()
    registry.map_to_type("list-unsubscribe", _AsItIs)  # type: ignore[arg-type]  # the stub wants its own class
    return SMTP.clone(header_factory=registry)


POLICY = _policy()


def composed(message: Outgoing) -> EmailMessage:
    """The mail: text and HTML as alternatives, then what is attached. Its Date is `sent_at`: a repeat has equal bytes.

    Raises:
        Rejected: content or address is gone, or a header can't hold what it's given (a line break, say).
    """
    if message.text is None or message.html is None or not message.recipient:
        raise Rejected(SYSTEM, f"message {message.message_id} has no content or no address any more")
    mail = EmailMessage(policy=POLICY)
    try:
        for name, value in _headers(message).items():
            mail[name] = value
    except ValueError:  # line breaks in a header; the text would name the address
        raise Rejected(SYSTEM, f"message {message.message_id}: a header holds what no mail can carry") from None
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    _bound(mail, message, "text")
    for attached in message.attachments:
        main, _, sub = attached.media_type.partition("/")
        mail.add_attachment(attached.content, maintype=main, subtype=sub, filename=attached.name)
    _bound(mail, message, "all")
    mail["Content-Language"] = message.language  # last: setting the content drops what describes it
    return mail


def _bound(mail: EmailMessage, message: Outgoing, part: str) -> None:
    """Derives the boundary, since a random one would make the repeat another mail."""
    mail.set_boundary(sha256(f"{message.message_id} {part}".encode()).hexdigest())


def _headers(message: Outgoing) -> dict[str, str | datetime]:
    headers: dict[str, str | datetime] = {
        "From": message.sender or "",
        "To": message.recipient or "",
        "Subject": message.subject or "",
        "Date": message.sent_at or datetime.now(UTC),
        "Message-ID": f"<{message.message_id}>",
        "Auto-Submitted": "auto-generated",
    }
    if message.marketing:
        by_mail = f"<mailto:{_address(message)}?subject={quote(f'stop {message.message_id}')}>"
        headers["List-Unsubscribe"] = f"<{message.unsubscribe}>, {by_mail}" if message.unsubscribe else by_mail
    if message.marketing and message.unsubscribe:
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _address(message: Outgoing) -> str:
    return parseaddr(message.sender or "")[1]
