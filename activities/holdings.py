"""What is held of an account, by the names that a plan uses: each can be counted and erased.

Source: DOMAIN erasure.1, erasure.7.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from activities.pulse import beat
from activities.together import answered
from connectors.errors import Unavailable
from connectors.ports.access import AccessSystem, IdentitySystem
from connectors.ports.own import Directory
from connectors.ports.product import ProductDatabase
from connectors.ports.storage import ObjectStore
from models.inventory import DataSet, Inventory
from models.vocabulary import FILES, OWN

__all__ = ["FILES", "OWN", "Holding", "Objects", "Records", "Rows", "Uncounted", "Users"]

ROWS_A_BATCH = OBJECTS_A_HEARTBEAT = 1_000
USERS_A_BATCH = 500
May = Callable[[], None]
"""Raises where the next batch mustn't go: a hold stands, say."""


class Holding(Protocol):
    """One data set of a plan, for one account."""

    def count(self) -> int:
        """How many rows, objects or records there are now."""
        ...

    def erase(self, may: May) -> Iterator[int]:
        """Erases batch by batch, answering how many each; `may` is called right before each of them."""
        ...

    def left(self) -> int:
        """How many should be gone, or masked, and aren't."""
        ...


class Rows:
    """A table of the product. The database may take its time: meanwhile the attempt tells that it's alive."""

    def __init__(self, product: ProductDatabase, inventory: Inventory, data_set: DataSet, root_key: str) -> None:
        self._product, self._inventory = product, inventory
        self._data_set, self._root_key = data_set, root_key

    def count(self) -> int:
        """Rows that reach the account."""
        return self._asked(self._product.count)

    def erase(self, may: May) -> Iterator[int]:
        """Deletes or masks, as the inventory says, one short transaction a batch; what is in a circle, in one.

        `may` is called once more before the transaction commits.

        Raises:
            Unavailable: rows are there that no batch took, for another attempt holds them, or they are new.
        """
        may()
        while erased := self._asked(self._product.erase, ROWS_A_BATCH, may):
            yield erased
            may()
        if left := self.left():
            what = f"{left} rows of {self._data_set.name} are there that this attempt didn't find"
            raise Unavailable("product database", what, "another attempt erases them, or something still writes there")

    def left(self) -> int:
        """Rows still there; of masked ones, those that still show a value of their own."""
        return self._asked(self._product.left)

    def _asked(self, ask: Callable[..., int], *more: int | May) -> int:
        about = (self._inventory, self._data_set, self._root_key, *more)
        return answered(lambda: ask(*about), lambda: beat(self._data_set.name))


class Objects:
    """Everything under a prefix, with every version and upload."""

    def __init__(self, objects: ObjectStore, bucket: str, prefix: str) -> None:
        self._objects, self._bucket, self._prefix = objects, bucket, prefix

    def count(self) -> int:
        """Objects that a listing shows."""
        found = 0
        for found, _ in enumerate(self._objects.list(self._bucket, self._prefix), start=1):
            if found % OBJECTS_A_HEARTBEAT == 0:
                beat(self._prefix, found)
        return found

    def erase(self, may: May) -> Iterator[int]:
        """Batch by batch, as the store deletes by prefix."""
        may()
        for erased in self._objects.erase(self._bucket, self._prefix):
            yield erased
            may()

    def left(self) -> int:
        """Objects still there."""
        return self.count()


class Records:
    """Contacts, messages or notes in Farewell's own database."""

    def __init__(self, directory: Directory, account: str, what: str) -> None:
        self._directory, self._account, self._what = directory, account, what

    def count(self) -> int:
        """How many there are."""
        return self._directory.count(self._account, self._what)

    def erase(self, may: May) -> Iterator[int]:
        """In one go."""
        may()
        yield self._directory.erase(self._account, self._what)[1]

    def left(self) -> int:
        """Records still there."""
        return self.count()


class Users:
    """Users, and what lets them in: credentials go before the users that they point at.

    A system of others may take minutes for a batch: meanwhile the attempt tells that it's alive.
    """

    def __init__(self, identity: IdentitySystem, access: AccessSystem, account: str) -> None:
        self._identity, self._access, self._account = identity, access, account

    def count(self) -> int:
        """Users, active or not, and credentials."""
        users = answered(lambda: self._identity.count(self._account, active=False), beat)
        return users + sum(answered(lambda: self._access.counts(self._account), beat).values())

    def erase(self, may: May) -> Iterator[int]:
        """Credentials, then users in batches, groups with the last. Source: DOMAIN identity.1."""
        may()
        yield answered(lambda: self._access.delete(self._account), beat)
        may()
        while erased := answered(lambda: self._identity.delete(self._account, USERS_A_BATCH), beat):
            yield erased
            may()

    def left(self) -> int:
        """Those still there."""
        return self.count()


class Uncounted:
    """What lies with a sub-processor: it is asked to erase, and says itself what it did."""

    def count(self) -> int:
        """Nothing that we could see."""
        return 0

    def erase(self, may: May) -> Iterator[int]:
        """Nothing that we could do."""
        may()
        yield 0

    def left(self) -> int:
        """Nothing that we could see."""
        return 0
