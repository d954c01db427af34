"""Ports to who and what may come in.

Every effect takes a `key` and may be called twice with it. All raise `connectors.errors.ConnectorError`, and nothing of
the library behind.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from models.access import SharedAsset
from models.payload import Receipt


class IdentitySystem(Protocol):
    """Users and groups."""

    def check(self) -> None:
        """Whether it answers, and lets us in.

        Raises:
            ConnectorError: it doesn't.
        """
        ...

    def users(self, account: str, after: str, limit: int) -> list[str]:
        """A page of the ids of all users after the id `after`, ordered, the export contact included."""
        ...

    def count(self, account: str, *, active: bool) -> int:
        """How many users there are, or are active."""
        ...

    def spared(self, account: str) -> int:
        """How many active users are the export contact's: one, as a rule. Source: DOMAIN identity.2."""
        ...

    def deactivate(self, account: str, users: Sequence[str], key: str) -> int:
        """Deactivates those that are active, but the export contact; remembers `key`. Answers how many now bear it."""
        ...

    def reactivate(self, account: str, key: str) -> int:
        """Reactivates those that the effect `key` deactivated, and no others."""
        ...

    def empty_groups(self, account: str, key: str) -> int:
        """Takes every member but the export contact out of the account's groups; remembers `key`. How many bear it."""
        ...

    def refill_groups(self, account: str, key: str) -> int:
        """Puts those back that the effect `key` took out, and no others. Source: DOMAIN identity.5."""
        ...

    def plant(self, account: str, key: str) -> str:
        """Makes an identity of our own in the account, once a `key`: active, of no person. Answers its id.

        Source: DOMAIN identity.3.
        """
        ...

    def admits(self, account: str, user: str) -> bool:
        """Whether that identity is there and active."""
        ...

    def pull(self, account: str, user: str) -> None:
        """Removes what `plant` made; again changes nothing."""
        ...

    def delete(self, account: str, limit: int) -> int:
        """Deletes up to `limit` users with their memberships, active or not, groups with the last; 0 means done.

        For erasure alone: afterwards no effect of before can be undone. Source: DOMAIN identity.1.
        """
        ...


class AccessSystem(Protocol):
    """Everything that lets somebody in."""

    def check(self) -> None:
        """Whether it answers, and lets us in; raises ConnectorError."""
        ...

    def counts(self, account: str) -> dict[str, int]:
        """How many credentials of each class are there, gated or not."""
        ...

    def gate(self, account: str, kind: str, key: str, at: datetime) -> Receipt:
        """Closes all of a class that are open, but the export contact's sign-in; `count` is how many bear `key`."""
        ...

    def free(self, account: str, key: str, at: datetime) -> Receipt:
        """Opens those that the effect `key` closed, and no others."""
        ...

    def open(self, account: str) -> dict[str, int]:
        """How many of each class still let somebody in, but the export contact's sign-in; classes with none left out.

        Source: DOMAIN identity.3.
        """
        ...

    def plant(self, account: str, token: str, key: str, at: datetime) -> Receipt:
        """Makes a session and an API key of our own in the account that accept `token`, once a `key`.

        Source: DOMAIN identity.3.
        """
        ...

    def admits(self, account: str, token: str) -> tuple[str, ...]:
        """Tries to come in with `token`: the classes of credential by which it succeeds, in their order."""
        ...

    def pull(self, account: str, key: str, at: datetime) -> Receipt:
        """Removes what the effect `key` planted; again changes nothing."""
        ...

    def assets(self, account: str) -> list[SharedAsset]:
        """What is shared with others and still owned by a user of the account, by id. Source: DOMAIN identity.4."""
        ...

    def hand_over(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives every asset that has a successor to them; remembers `key`; `count` is how many bear it."""
        ...

    def hand_back(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives those back that the effect `key` handed over, and no others."""
        ...

    def delete(self, account: str) -> int:
        """Deletes all; for erasure."""
        ...
