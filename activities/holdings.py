"""What is held of an account, by the names that a plan uses: each can be counted and erased.

Source: DOMAIN erasure.1, erasure.7.
"""

from collections.abc import Iterator
from typing import Protocol

from activities.pulse import beat
from connectors.ports import AccessSystem, Directory, IdentitySystem, ObjectStore, ProductDatabase
from models.inventory import DataSet, Inventory

ROWS_A_BATCH = OBJECTS_A_HEARTBEAT = 1_000
FILES, OWN = "files/", "own/"


class Holding(Protocol):
    """One data set of a plan, for one account."""

    def count(self) -> int:
        """How many rows, objects or records there are now."""
        ...

    def erase(self) -> Iterator[int]:
        """Erases batch by batch, answering how many each; the caller looks around between them."""
        ...

    def left(self) -> int:
        """How many should be gone, or masked, and aren't."""
        ...


class Rows:
    """A table of the product."""

    def __init__(self, product: ProductDatabase, inventory: Inventory, data_set: DataSet, root_key: str) -> None:
        self._product, self._inventory = product, inventory
        self._data_set, self._root_key = data_set, root_key

    def count(self) -> int:
        """Rows that reach the account."""
        return self._product.count(self._inventory, self._data_set, self._root_key)

    def erase(self) -> Iterator[int]:
        """Deletes or masks, as the inventory says, one short transaction a batch."""
        while erased := self._product.erase(self._inventory, self._data_set, self._root_key, ROWS_A_BATCH):
            yield erased

    def left(self) -> int:
        """Rows still there; of masked ones, those that still show a value of their own."""
        if self._data_set.erase == "retain":
            return 0
        if self._data_set.erase == "delete":
            return self.count()
        names = [column["name"] for column in self._product.columns(self._data_set)]
        masked = [(names.index(column), value) for column, value in self._data_set.mask.items()]
        rows = self._product.rows(self._inventory, self._data_set, self._root_key)
        return sum(any(_shows(row[place], value) for place, value in masked) for row in rows)


def _shows(found: object, masked: str | None) -> bool:
    """Whether a column still shows something else; the inventory writes every value as text."""
    return found is not None if masked is None else str(found) != masked


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

    def erase(self) -> Iterator[int]:
        """In one go: the store deletes by prefix."""
        yield self._objects.erase(self._bucket, self._prefix)

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

    def erase(self) -> Iterator[int]:
        """In one go."""
        yield self._directory.erase(self._account, self._what)[1]

    def left(self) -> int:
        """Records still there."""
        return self.count()


class Users:
    """Imported users, and what lets them in: credentials go before the users that they point at."""

    def __init__(self, identity: IdentitySystem, access: AccessSystem, account: str) -> None:
        self._identity, self._access, self._account = identity, access, account

    def count(self) -> int:
        """Users, active or not, and credentials."""
        users = self._identity.count(self._account, active=False)
        return users + sum(self._access.counts(self._account).values())

    def erase(self) -> Iterator[int]:
        """Credentials, then users and groups."""
        yield self._access.delete(self._account)
        yield self._identity.delete(self._account)

    def left(self) -> int:
        """Those still there."""
        return self.count()
