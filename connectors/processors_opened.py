"""Opens the way to each sub-processor of the inventory; what is missing stops the worker's start, in one line."""

import json

from connectors.configuration import WrongSetting
from connectors.errors import Rejected, Unauthorized
from connectors.processors import AskedProcessors, Post
from connectors.webhooks.sender import Sender as WebhookSender
from models.inventory import Inventory, Processor
from models.policy import Sender
from models.settings import Settings

SECRETS = "FAREWELL_PROCESSOR_SECRETS"


def opened_processors(inventory: Inventory, settings: Settings, post: Post, sender: Sender) -> AskedProcessors:
    """All of them; a mail needs no more than the mail server.

    Raises:
        WrongSetting: a secret is missing or none, the secrets are no JSON object, or an address is none.
    """
    asked = [each for each in inventory.processors if each.ask == "webhook"]
    secrets = _secrets(settings) if asked else {}
    webhooks = {each.name: _webhook(each, secrets, embedded=settings.embedded) for each in asked}
    return AskedProcessors(webhooks, post, sender)


def _secrets(settings: Settings) -> dict[str, str]:
    known = settings.processor_secrets
    try:
        read = json.loads(known.get_secret_value()) if known else {}
    except ValueError:
        read = None
    if not isinstance(read, dict) or not all(isinstance(each, str) for each in read.values()):
        raise WrongSetting(SECRETS, 'expected a JSON object: {"name of the sub-processor": "whsec_…"}')
    return read


def _webhook(processor: Processor, secrets: dict[str, str], *, embedded: bool) -> WebhookSender:
    if processor.name not in secrets:
        raise WrongSetting(SECRETS, f"has no secret for {processor.name}, which the inventory asks by webhook")
    system = f"sub-processor {processor.name}"
    try:
        return WebhookSender(processor.address, secrets[processor.name], system, embedded=embedded)
    except Unauthorized as no:
        raise WrongSetting(SECRETS, f"{processor.name}: {no.what}; {no.fix}") from None
    except Rejected as no:
        raise WrongSetting("FAREWELL_INVENTORY_FILE", f"processor {processor.name}: {no.what}; {no.fix}") from None
