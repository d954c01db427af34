"""Sub-processors: asked by signed webhook, which may confirm at once, or by mail, which a person answers.

Source: DOMAIN erasure.1, stages.3; GDPR Art. 28(3)(g), 28(4).
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from connectors.errors import Rejected, Unauthorized
from connectors.processor_mail import request_mail
from models.inventory import Processor
from models.messages import Outgoing
from models.policy import Sender
from models.processors import ProcessorAnswer

REQUESTED = "erasure.requested"
_A_REFERENCE = re.compile(r"[\w.:/#+-]{0,100}")


class Webhook(Protocol):
    """Sends a signed request."""

    def ask(self, kind: str, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """What was answered; the same `key` is the same request. Raises ConnectorError."""
        ...


class Post(Protocol):
    """Delivers mail."""

    def deliver(self, message: Outgoing) -> None:
        """Returns when the other side has taken it. Raises ConnectorError."""
        ...


class AskedProcessors:
    """The port `SubProcessors`."""

    def __init__(self, webhooks: Mapping[str, Webhook], post: Post, sender: Sender) -> None:
        """`webhooks` by the names of those that are asked so; mails are written by `sender`."""
        self._webhooks, self._post, self._sender = webhooks, post, sender

    def ask(self, processor: Processor, account: str, root_key: str, key: str, at: datetime) -> ProcessorAnswer:
        """Asks for erasure, or again how far it is: the same `key` is the same request, and the same mail.

        Raises:
            Rejected: its answer has another form. Unauthorized: there is no secret to sign with.
            ConnectorError: what the webhook or the mail server raises.
        """
        if processor.ask == "mail":
            self._post.deliver(request_mail(processor, self._sender, root_key, key, at))
            return ProcessorAnswer(confirmed=False)
        webhook = self._webhooks.get(processor.name)
        if webhook is None:
            what = f"there is no secret to sign requests to {processor.name} with"
            raise Unauthorized("sub-processor", what, "add it to FAREWELL_PROCESSOR_SECRETS")
        data = {"account": account, "root_key": root_key, "key": key}
        return _read(processor, webhook.ask(REQUESTED, data, key))


def _read(processor: Processor, said: Mapping[str, Any]) -> ProcessorAnswer:
    """Their reference goes into the evidence if it can be an id; free text could name a person."""
    try:
        answer = ProcessorAnswer.model_validate(said, strict=True)
    except ValidationError as wrong:
        what = f"{processor.name} answered in another form: {wrong.errors()[0]['loc'] or 'no object'}"
        fix = (
            'it must answer {"confirmed": true or false, "erased": a number or nothing, "reference": an id or nothing}'
        )
        raise Rejected("sub-processor", what, fix) from None
    return answer if _A_REFERENCE.fullmatch(answer.reference) else answer.model_copy(update={"reference": ""})
