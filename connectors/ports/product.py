"""Port to the product's database, exported and erased.

Each raises `connectors.errors.ConnectorError`, and nothing of the library behind.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from models.hop import Hop
from models.inventory import DataSet, Inventory
from models.package import PackagedColumn
from models.schema import SchemaFacts, TableFacts


class ProductDatabase(Protocol):
    """What is exported and erased. The same inventory drives reading, counting, erasing and counting again."""

    def schema(self) -> SchemaFacts:
        """All tables of all schemas but the database's own, in bulk: a thousand take seconds."""
        ...

    def table(self, table: str) -> TableFacts:
        """One table by its written name; raises NotFound."""
        ...

    def snapshot(self) -> AbstractContextManager["Snapshot"]:
        """One instant of the whole database, held until the block ends."""
        ...

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows are the account's now, whoever else reaches them."""
        ...

    def of_two_accounts(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many of them another account reaches, too."""
        ...

    def left(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows should be erased or masked and aren't: an independent count. Source: DOMAIN erasure.4."""
        ...

    def total(self, root_key: str, inventory: Inventory) -> int:
        """All rows of all data sets that are the account's."""
        ...

    def erase(
        self, inventory: Inventory, data_set: DataSet, root_key: str, limit: int, may: Callable[[], None] = ...
    ) -> int:
        """Deletes, masks or cuts off up to `limit` rows in one transaction; answers how many; 0 means done.

        `may` is called right before the commit: what it raises undoes the batch. Rows that point at rows of their own
        table go at once, whatever the limit, and so do data sets that point at each other in a circle, all of them at
        the first's turn. Where a row may be the account's in several ways, a batch is a few times the limit.
        """
        ...


class Snapshot(Protocol):
    """One instant of the product's database. `readers` says how many threads may read it at once."""

    instant: str
    readers: int

    def read(self, inventory: Inventory, data_set: DataSet, root_key: str) -> "TableRead":
        """The rows that go into the package, each once, ordered, while they are read."""
        ...

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows `read` must give, by a count of its own."""
        ...

    def values(self, inventory: Inventory, data_set: DataSet, root_key: str, column: str) -> Iterator[str]:
        """The values of one column, without NULL, streamed."""
        ...

    def closed(self, inventory: Inventory, data_set: DataSet, hop: Hop, root_key: str) -> bool:
        """Whether this key of the rows that `read` gives never points at a row that isn't in the package."""
        ...

    def unchanged_since(
        self, instant: str, counted: int, inventory: Inventory, data_set: DataSet, root_key: str
    ) -> bool:
        """Whether it is proven that these rows are those of an earlier instant, when there were `counted`."""
        ...


class TableRead(Protocol):
    r"""A data set as text in UTF-8: CSV with a header and `\N` for NULL, or JSON Lines.

    Iterating gives blocks of about 1 MiB that end anywhere; equal rows give equal blocks. `rows` and what was seen of
    the `columns` are true once it was read to its end.
    """

    rows: int

    @property
    def columns(self) -> tuple[PackagedColumn, ...]:
        """The columns, in order."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Once; raises ConnectorError."""
        ...
