"""One instant of the product's database: shared by readers in PostgreSQL, elsewhere one transaction's.

What it means for a package, and when it's proven, is told in docs/one-instant.md.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from uuid import uuid4

from sqlalchemy import Connection, Engine, func, text

from connectors.ports.product import Snapshot, TableRead
from connectors.product_closed import is_closed
from connectors.product_errors import product_errors
from connectors.product_rows import ROWS_A_PAGE, RowsRead
from connectors.product_schema import table_facts
from connectors.product_shared import shared_snapshot
from connectors.product_values import plain
from connectors.reach import Reach, reach
from connectors.store.sessions import READS
from models.hop import Hop
from models.inventory import DataSet, Inventory

# What makes all statements of a transaction see the same; SQLite's always do, and it knows no such word.
_ONE_INSTANT = {"mysql": "REPEATABLE READ", "mariadb": "REPEATABLE READ", "mssql": "SNAPSHOT", "oracle": "SERIALIZABLE"}


def open_snapshot(engine: Engine) -> AbstractContextManager[Snapshot]:
    """Holds one instant of the whole database until the block ends; raises ConnectorError."""
    return shared_snapshot(engine) if engine.dialect.name == "postgresql" else held_snapshot(engine)


@contextmanager
def held_snapshot(engine: Engine) -> Iterator["HeldSnapshot"]:
    """An instant that one transaction holds: nobody else can read it, and its name says nothing."""
    options: dict[str, object] = {READS: True}
    if engine.dialect.name in _ONE_INSTANT:
        options["isolation_level"] = _ONE_INSTANT[engine.dialect.name]
    with ExitStack() as held:
        with product_errors("opening a snapshot"):
            connection = held.enter_context(engine.connect().execution_options(**options))
            if engine.dialect.name == "sqlite":  # its instant is that of the first statement that reads the file
                connection.execute(text("SELECT count(*) FROM sqlite_schema"))
        yield HeldSnapshot(connection)


class HeldSnapshot:
    """Reads within one transaction, so one at a time."""

    readers = 1

    def __init__(self, connection: Connection) -> None:
        """The connection, in its transaction."""
        self._connection = connection
        self.instant = uuid4().hex

    def read(self, inventory: Inventory, data_set: DataSet, root_key: str) -> TableRead:
        """The account's rows as text; raises NotFound."""
        with product_errors(f"reading {data_set.table}"):
            facts = table_facts(self._connection, data_set.table).without(data_set.leave_out)
        way = self._way(inventory, data_set, root_key, *facts.column_names, *data_set.key)
        return RowsRead(self._connection, way, data_set, facts)

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows are the account's."""
        with product_errors(f"counting {data_set.table}"):
            return self._connection.scalar(self._way(inventory, data_set, root_key).select(func.count())) or 0

    def values(self, inventory: Inventory, data_set: DataSet, root_key: str, column: str) -> Iterator[str]:
        """The values of one column as text, without NULL."""
        way = self._way(inventory, data_set, root_key, column)
        (own,) = way.these([column])
        query = way.select(own).where(own.is_not(None))
        with product_errors(f"reading {data_set.table}"):
            for value in self._connection.scalars(query, execution_options={"yield_per": ROWS_A_PAGE}):
                yield plain(value)

    def closed(self, inventory: Inventory, data_set: DataSet, hop: Hop, root_key: str) -> bool:
        """Whether the key never leads out of the package."""
        with product_errors(f"reading {data_set.table}"):
            return is_closed(self._connection, inventory, data_set, hop, root_key)

    def unchanged_since(
        self, instant: str, counted: int, inventory: Inventory, data_set: DataSet, root_key: str
    ) -> bool:
        """Never proven: such a database doesn't tell when a row was written."""
        del instant, counted, inventory, data_set, root_key
        return False

    def _way(self, inventory: Inventory, data_set: DataSet, root_key: str, *columns: str) -> Reach:
        dialect = self._connection.dialect.name
        return reach(inventory, data_set, root_key, columns, exported=True, dialect=dialect)
