"""Credentials in a system of others, asked by signed webhook. Source: DOMAIN identity; docs/webhooks.md."""

from datetime import datetime
from typing import Any

from connectors.webhooks.questions import Assets, Counts, Deleted, Done, Questions, Ways
from connectors.webhooks.sender import Sender
from models.access import SharedAsset
from models.payload import Receipt

SYSTEM = "access"


class WebhookAccess:
    """An `AccessSystem`. Each method is one message, `access.<method>`; an effect's is the same at every attempt."""

    def __init__(self, sender: Sender) -> None:
        """`sender` knows address and secret."""
        self._ask = Questions(sender, SYSTEM)

    def check(self) -> None:
        """Sends a `ping`; raises ConnectorError."""
        self._ask.ping()

    def counts(self, account: str) -> dict[str, int]:
        """How many credentials of each class are there, gated or not."""
        return self._counts("counts", account)

    def gate(self, account: str, kind: str, key: str, at: datetime) -> Receipt:
        """Closes all open ones of a class but the export contact's sign-in."""
        data = {"account": account, "class": kind, "key": key, "at": at.isoformat()}
        return self._ask.once("gate", Done, f"{key}:{kind}", data).receipt(SYSTEM, f"gate {kind}", account, key, at)

    def free(self, account: str, key: str, at: datetime) -> Receipt:
        """Opens those that `key` closed."""
        return self._done("free", account, key, at)

    def open(self, account: str) -> dict[str, int]:
        """How many of each class still let somebody in, but the export contact's sign-in."""
        return self._counts("open", account)

    def plant(self, account: str, token: str, key: str, at: datetime) -> Receipt:
        """A session and an API key that accept `token`."""
        return self._done("plant", account, key, at, token=token)

    def admits(self, account: str, token: str) -> tuple[str, ...]:
        """The classes by which `token` comes in, when it is tried."""
        return self._ask.now("admits", Ways, account=account, token=token).ways

    def pull(self, account: str, key: str, at: datetime) -> Receipt:
        """Removes what `key` planted."""
        return self._done("pull", account, key, at)

    def assets(self, account: str) -> list[SharedAsset]:
        """What is shared with others and still owned by a user of the account, by id."""
        return sorted(self._ask.now("assets", Assets, account=account).assets, key=lambda asset: asset.id)

    def hand_over(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives every asset that has a successor to them."""
        return self._done("hand_over", account, key, at)

    def hand_back(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives those back that `key` handed over."""
        return self._done("hand_back", account, key, at)

    def delete(self, account: str) -> int:
        """Deletes all; again answers how many went then."""
        return self._ask.now("delete", Deleted, account=account).deleted

    def _counts(self, method: str, account: str) -> dict[str, int]:
        found = self._ask.now(method, Counts, account=account).counts
        return {kind.value: count for kind, count in found.items() if count}

    def _done(self, method: str, account: str, key: str, at: datetime, **more: Any) -> Receipt:
        data = {"account": account, "key": key, "at": at.isoformat(), **more}
        done = self._ask.once(method, Done, key, data)
        return done.receipt(SYSTEM, method.replace("_", " "), account, key, at)
