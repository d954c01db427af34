"""Messages of one system, and the form of their answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import uuid4

from pydantic import Field, ValidationError

from connectors.errors import Rejected
from connectors.webhooks.sender import Sender
from models.access import SharedAsset
from models.payload import Payload, Receipt
from models.vocabulary import CredentialClass

Count = Annotated[int, Field(ge=0, strict=True)]
A = TypeVar("A", bound=Payload)


class Done(Payload):
    """An effect happened; `count` of what it was done to; `reference` is the receiver's own, if it has one.

    It goes into the evidence, so it must be able to be an id: free text could name a person.
    """

    count: Count
    reference: str = Field(default="", pattern=r"^[\w.:/#+-]{0,100}$")

    def receipt(self, system: str, action: str, account: str, key: str, at: datetime) -> Receipt:
        """For the evidence pack."""
        about: dict[str, Any] = {"system": system, "action": action, "subject": account, "count": self.count, "at": at}
        return Receipt(**about, reference=self.reference or key)


class Counts(Payload):
    """By class of credential."""

    counts: dict[CredentialClass, Count]


class Ways(Payload):
    """By which classes of credential somebody comes in."""

    ways: tuple[CredentialClass, ...]


class Assets(Payload):
    """Shared assets."""

    assets: tuple[SharedAsset, ...]


class Deleted(Payload):
    """How many went."""

    deleted: Count


class Questions:
    """Types of message begin with the system's name. A question of what is now has a new `webhook-id` each time."""

    def __init__(self, sender: Sender, system: str) -> None:
        """`system` is the first half of the types."""
        self._sender, self._system = sender, system

    def ping(self) -> None:
        """Whether the receiver answers and takes our signature."""
        self._sender.ask("ping", {"system": self._system}, uuid4().hex)

    def now(self, method: str, form: type[A], **data: Any) -> A:
        """Asks how it is at this moment."""
        return self.once(method, form, uuid4().hex, data)

    def once(self, method: str, form: type[A], key: str, data: Mapping[str, Any]) -> A:
        """Asks for the effect of `key`; raises Rejected for an answer of another form."""
        kind = f"{self._system}.{method}"
        answer = self._sender.ask(kind, data, key)
        try:
            return form.model_validate(answer)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"][:1])
            what = f"its answer to {kind} is of another form: {where or 'all of it'}"
            raise Rejected(self._system, what, "docs/webhooks.md says what to answer") from None
