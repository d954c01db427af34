"""Mail by SMTP. Source: RFC 5321; RFC 3834 (Auto-Submitted); RFC 8058 (List-Unsubscribe)."""

from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from connectors.errors import ConnectorError, Rejected, Timeout, Transient, Unanswered, Unauthorized, Unavailable
from connectors.mail_form import SYSTEM, composed
from connectors.smtp_line import Client, Line, Unheard
from models.messages import Outgoing

__all__ = ["SmtpMessenger", "composed"]
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_REFUSED_SIGN_IN = frozenset({530, 534, 535, 538})
_CHECK = "check FAREWELL_SMTP_URL, and that the mail server runs"


class SmtpMessenger:
    """Delivers over one connection, which all threads share, within `timeout_seconds`, one's turn included.

    The connection is closed once nobody has used it for `idle_seconds`, and by `close`.
    """

    def __init__(self, url: str, timeout_seconds: float = 30.0, idle_seconds: float = 20.0) -> None:
        """`url`: `smtp://[user:password@]host[:port]`, `smtps://…` (TLS) or `smtp+starttls://…`.

        Raises:
            ValueError: another form. It doesn't repeat the URL, which may hold a password.
        """
        self._url = _parsed(url)
        self._timeout = timeout_seconds
        self._line = Line(self._client, timeout_seconds, idle_seconds)

    def deliver(self, message: Outgoing) -> None:
        """Hands it over; returns when the server has taken it. A repeat bears the same Message-ID and the same bytes.

        Raises:
            Unanswered: nobody knows whether it was taken: it was said, and the server's word on it didn't come.
            Transient: retry: no answer in time, no connection, or a 4xx.
            Permanent: don't: a 5xx, refused credentials, or a message that no mail can carry.
        """
        mail = composed(message)
        try:
            self._line.use(lambda client: client.send_message(mail))
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _named(error) from None

    def check(self) -> None:
        """Connects and signs in, and sends nothing; raises ConnectorError."""
        try:
            self._line.try_once()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _named(error) from None

    def close(self) -> None:
        """Hangs up; who delivers afterwards connects anew."""
        self._line.close()

    def _client(self) -> Client:
        url = self._url
        return Client(
            hostname=url.hostname,
            port=url.port or PORTS[url.scheme],
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            start_tls=url.scheme == "smtp+starttls",
            timeout=self._timeout,
        )


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
    return _of_the_line(error)


def _of_the_line(error: aiosmtplib.SMTPException | OSError) -> ConnectorError:
    """The server didn't answer."""
    if isinstance(error, Unheard):
        return Unanswered(SYSTEM, "the mail server did not say whether it took the message", _CHECK)
    if isinstance(error, TimeoutError):  # the library's own are such
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
