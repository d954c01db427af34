"""Opens the ways by which messages leave."""

from collections.abc import Callable

from connectors.configuration import EXPECTED, WrongSetting
from connectors.messenger import ChannelMessenger
from connectors.smtp import SmtpMessenger
from connectors.webhooks.messages import SYSTEM, WebhookMessenger
from connectors.webhooks.sender import Sender
from models.settings import Settings


def opened_messenger(settings: Settings, sender: Callable[[str], Sender]) -> ChannelMessenger:
    """Mail, and what the webhook carries if its address is set; `sender` signs for a system, by its name.

    Raises:
        WrongSetting: an address or a secret of another form.
    """
    texts = WebhookMessenger(sender(SYSTEM)) if settings.messages_webhook_url else None
    try:
        return ChannelMessenger(SmtpMessenger(settings.smtp_url), texts)
    except ValueError:  # its text may hold the password
        raise WrongSetting("FAREWELL_SMTP_URL", f"expected {EXPECTED['smtp_url']}") from None
