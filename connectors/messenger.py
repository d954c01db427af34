"""Whatever carries a message, by its channel."""

from connectors.errors import Rejected
from connectors.smtp import SmtpMessenger
from connectors.webhooks.messages import WebhookMessenger
from models.messages import Outgoing
from models.vocabulary import Channel

_BY_WEBHOOK = frozenset({Channel.SMS, Channel.WHATSAPP})


class ChannelMessenger:
    """The port `Messenger`: mail by SMTP, SMS and WhatsApp by webhook, if there is one."""

    def __init__(self, mail: SmtpMessenger, texts: WebhookMessenger | None = None) -> None:
        """`texts` carries what isn't mail."""
        self._mail, self._texts = mail, texts

    def deliver(self, message: Outgoing) -> None:
        """Hands it over; returns when the other side has taken it.

        Raises:
            Unanswered: nobody knows whether it was taken. Transient: retry. Permanent: don't.
        """
        if message.channel is Channel.EMAIL:
            self._mail.deliver(message)
        elif message.channel in _BY_WEBHOOK and self._texts is not None:
            self._texts.deliver(message)
        else:
            fix = "set FAREWELL_MESSAGES_WEBHOOK_URL, or let the contact choose another channel"
            raise Rejected("messages", f"nothing carries a message by {message.channel}", fix)

    def check(self) -> None:
        """Connects to the mail server and signs in, and sends nothing; raises ConnectorError."""
        self._mail.check()

    def check_texts(self) -> bool:
        """Sends the webhook a `ping`; False: there is none. Raises ConnectorError."""
        if self._texts is not None:
            self._texts.check()
        return self._texts is not None

    def close(self) -> None:
        """Hangs up on the mail server."""
        self._mail.close()
