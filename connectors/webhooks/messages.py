"""SMS and WhatsApp, handed to a system of others by signed webhook. Source: DOMAIN messages.2; docs/webhooks.md."""

from pydantic import Field

from connectors.errors import Rejected
from connectors.webhooks.questions import Questions
from connectors.webhooks.sender import Sender
from models.messages import Outgoing
from models.payload import Payload

SYSTEM = "messages"


class _Taken(Payload):
    """It was taken; `reference` is the receiver's own, if it has one."""

    reference: str = Field(default="", pattern=r"^[\w.:/#+-]{0,100}$")


class WebhookMessenger:
    """A `Messenger` of short texts. The `webhook-id` comes from the Message-ID: a repeat is the same message."""

    def __init__(self, sender: Sender) -> None:
        """`sender` knows address and secret."""
        self._ask = Questions(sender, SYSTEM)

    def check(self) -> None:
        """Sends a `ping`; raises ConnectorError."""
        self._ask.ping()

    def deliver(self, message: Outgoing) -> None:
        """Hands it over; returns when the receiver has taken it, who sends it once however often it is handed over.

        Raises:
            Transient: later, perhaps. Permanent: no, or its content was erased.
        """
        if not message.text or not message.recipient:
            raise Rejected(SYSTEM, f"message {message.message_id} has no content or no number any more")
        data = {
            "key": message.message_id,
            "channel": message.channel,
            "to": message.recipient,
            "language": message.language,
            "text": message.text,
            "marketing": message.marketing,
        }
        self._ask.once("send", _Taken, message.message_id, data)
