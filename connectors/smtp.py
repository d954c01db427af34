"""Mail by SMTP. Source: RFC 5321; RFC 3834 (Auto-Submitted); RFC 2369 (List-Unsubscribe)."""

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from hashlib import sha256
from urllib.parse import SplitResult, quote, unquote, urlsplit

import aiosmtplib

from connectors.errors import ConnectorError, Rejected, Timeout, Transient, Unauthorized, Unavailable
from models.messages import Outgoing

SYSTEM = "SMTP"
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_REFUSED_SIGN_IN = frozenset({530, 534, 535, 538})
_CHECK = "check FAREWELL_SMTP_URL, and that the mail server runs"


class SmtpMessenger:
    """Delivers by one connection a message, within `timeout_seconds`."""

    def __init__(self, url: str, timeout_seconds: float = 30.0) -> None:
        """`url`: `smtp://[user:password@]host[:port]`, `smtps://…` (TLS) or `smtp+starttls://…`.

        Raises:
            ValueError: another form. It doesn't repeat the URL, which may hold a password.
        """
        self._url = _parsed(url)
        self._timeout = timeout_seconds

    def deliver(self, message: Outgoing) -> None:
        """Hands it over; returns when the server has taken it. A repeat bears the same Message-ID and the same bytes.

        Raises:
            Transient: retry: no answer in time, no connection, or a 4xx.
            Permanent: don't: a 5xx, refused credentials, or a message that no mail can carry.
        """
        mail = composed(message)
        try:
            asyncio.run(self._send(mail))
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _named(error) from None

    def check(self) -> None:
        """Connects and signs in, and sends nothing; raises ConnectorError."""
        try:
            asyncio.run(self._greet())
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _named(error) from None

    async def _send(self, mail: EmailMessage) -> None:
        async with self._client() as client:
            await client.send_message(mail)

    async def _greet(self) -> None:
        async with self._client() as client:
            await client.noop()

    def _client(self) -> aiosmtplib.SMTP:
        url = self._url
        return aiosmtplib.SMTP(
            hostname=url.hostname,
            port=url.port or PORTS[url.scheme],
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            start_tls=url.scheme == "smtp+starttls",
            timeout=self._timeout,
        )


def composed(message: Outgoing) -> EmailMessage:
    """The mail: text and HTML as alternatives, then what is attached. Its Date is `sent_at`: a repeat has equal bytes.

    Raises:
        Rejected: content or address is gone, or a header can't hold what it's given (a line break, say).
    """
    if message.text is None or message.html is None or not message.recipient:
        raise Rejected(SYSTEM, f"message {message.message_id} has no content or no address any more")
    mail = EmailMessage(policy=SMTP)
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
        headers["List-Unsubscribe"] = f"<mailto:{_address(message)}?subject={quote(f'stop {message.case}')}>"
    return headers


def _address(message: Outgoing) -> str:
    return parseaddr(message.sender or "")[1]


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("the SMTP URL must read smtp://, smtps:// or smtp+starttls://[user:password@]host[:port]")
    return parts


def _named(error: aiosmtplib.SMTPException | OSError) -> ConnectorError:
    """What it was, by type and code: a server's words may hold the address, so they are not repeated."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _by_code(error.recipients[0].code)
    if isinstance(error, aiosmtplib.SMTPConnectResponseError):
        return Unavailable(SYSTEM, f"the mail server greeted with {error.code}", _CHECK)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _by_code(error.code)
    if isinstance(error, (aiosmtplib.SMTPTimeoutError, TimeoutError)):
        return Timeout(SYSTEM, "the mail server did not answer in time", _CHECK)
    if isinstance(error, (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, OSError)):
        return Unavailable(SYSTEM, "the mail server can't be reached, or hung up", _CHECK)
    return Rejected(SYSTEM, f"the mail server can't take this mail ({type(error).__name__})", _CHECK)


def _by_code(code: int) -> ConnectorError:
    if code in _REFUSED_SIGN_IN:
        return Unauthorized(SYSTEM, f"the mail server did not accept the credentials ({code})", _CHECK)
    if 400 <= code < 500:  # noqa: PLR2004 - RFC 5321, 4.2.1: the first digit says it
        return Transient(SYSTEM, f"the mail server asked to try again later ({code})")
    return Rejected(SYSTEM, f"the mail server refused the message ({code})", "check the contact's address")
