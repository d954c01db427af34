"""The product's database, by whatever SQLAlchemy speaks; read and erased by the hops of the inventory."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, func

from connectors.ports.product import Snapshot
from connectors.product_erase import erase
from connectors.product_errors import product_errors
from connectors.product_held import held_rows
from connectors.product_left import left
from connectors.product_remains import clean_up, is_last
from connectors.product_schema import schema_facts, table_facts
from connectors.product_session import wait_for_nobody
from connectors.product_snapshot import open_snapshot
from connectors.reach import of_two_accounts, reach
from connectors.store.sessions import READS
from models.inventory import DataSet, Inventory
from models.schema import SchemaFacts, TableFacts


class SqlProduct:
    """Nothing of the schema is remembered from call to call: a column added during a long exit is exported too."""

    def __init__(self, engine: Engine) -> None:
        """Foreign keys are enforced, in SQLite as well."""
        self._engine = engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _enforce_foreign_keys)

    def schema(self) -> SchemaFacts:
        """All tables of all schemas but the database's own."""
        with self._reading("the schema") as connection:
            return schema_facts(connection)

    def table(self, table: str) -> TableFacts:
        """One table by its written name; raises NotFound."""
        with self._reading(table) as connection:
            return table_facts(connection, table)

    def snapshot(self) -> AbstractContextManager["Snapshot"]:
        """One instant of the whole database, held until the block ends."""
        return open_snapshot(self._engine)

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows are the account's now, whoever else reaches them."""
        with self._reading(data_set.table) as connection:
            way = reach(inventory, data_set, root_key, dialect=connection.dialect.name)
            return int(connection.scalar(way.select(func.count())) or 0)

    def of_two_accounts(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many of them another account reaches, too."""
        with self._reading(data_set.table) as connection:
            shared = of_two_accounts(inventory, data_set, root_key, dialect=connection.dialect.name)
            return int(connection.scalar(shared.select(func.count())) or 0) if shared else 0

    def left(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows should be erased or masked and aren't: an independent count. Source: DOMAIN erasure.4."""
        with self._reading(data_set.table) as connection:
            return left(connection, inventory, data_set, root_key)

    def total(self, root_key: str, inventory: Inventory) -> int:
        """All rows of all data sets that are the account's."""
        return sum(self.count(inventory, data_set, root_key) for data_set in inventory.data_sets)

    def erase(
        self,
        inventory: Inventory,
        data_set: DataSet,
        root_key: str,
        limit: int,
        may: Callable[[], None] = lambda: None,
    ) -> int:
        """Deletes, masks or cuts off up to `limit` rows in one transaction; answers how many; 0 means done.

        Data sets that point at each other in a circle go in one transaction, all of them at the first's turn. `may` is
        called right before the commit: what it raises undoes the batch. Rows are locked, never tables, and who holds
        one of them for long is not waited for.

        Raises:
            Rejected: a key isn't unique, or rows of two accounts are met of which nobody decided.
            Conflict: a foreign key holds a row, or would take rows along that must stay.
            Unavailable: somebody else holds a row, or, at the very end, reads what was before in an SQLite file.
        """
        with product_errors(f"erasing {data_set.table}"), held_rows(self._engine, inventory, data_set):
            with self._engine.begin() as connection:
                wait_for_nobody(connection)
                erased = erase(connection, inventory, data_set, root_key, limit)
                may()
            if not erased and is_last(inventory, data_set):
                clean_up(self._engine)
            return erased

    @contextmanager
    def _reading(self, table: str) -> Iterator[Connection]:
        engine = self._engine.execution_options(**{READS: True})
        with product_errors(f"reading {table}"), engine.connect() as connection:
            yield connection


def _enforce_foreign_keys(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
