"""A snapshot of PostgreSQL that several connections read: one transaction exports it, each reader imports it.

Nothing is locked while it's held; that a table was rewritten or changed since is found out when it's read.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from connectors.errors import Unavailable
from connectors.ports.product import TableRead
from connectors.product_closed import is_closed
from connectors.product_copy import CopyRead
from connectors.product_copy_query import CopyQuery
from connectors.product_errors import product_errors
from connectors.product_fit import Counted, count_of
from connectors.product_form import form_of
from connectors.product_instant import Instant, instant_of
from connectors.product_proof import depended_on, proven
from connectors.product_schema import table_facts
from connectors.product_session import set_session
from connectors.product_sql import named
from connectors.reach import Reach, reach
from models.hop import Hop
from models.inventory import DataSet, Inventory
from models.schema import TableFacts

READERS = 2
_VALUES_AT_ONCE = 1_000
# A table in somebody's hands isn't waited for long.
_LOCK_TIMEOUT = "10s"


@contextmanager
def shared_snapshot(engine: Engine) -> Iterator["SharedSnapshot"]:
    """Holds it until the block ends; raises ConnectorError."""
    with ExitStack() as held:
        with product_errors("opening a snapshot"):
            holder = held.enter_context(_transaction(engine))
            set_session(holder, lock_timeout=_LOCK_TIMEOUT)
            exported = str(holder.scalar(select(func.pg_export_snapshot())))
            with _beside(engine) as beside:
                instant = instant_of(holder, beside)
        try:
            yield SharedSnapshot(engine, exported, instant)
        finally:
            with suppress(DBAPIError):  # what was read stays true if the holder is gone by now
                holder.rollback()


class SharedSnapshot:
    """Each reader has a connection of its own, for as long as it reads."""

    readers = READERS

    def __init__(self, engine: Engine, exported: str, instant: str) -> None:
        """`exported` is the server's name of it, `instant` the one that outlasts it."""
        self._engine, self._exported, self.instant = engine, exported, instant
        self._counted: dict[tuple[str, str], Counted] = {}
        self._known: dict[str, TableFacts] = {}

    def read(self, inventory: Inventory, data_set: DataSet, root_key: str) -> TableRead:
        """The account's rows as text, by COPY; raises NotFound."""
        facts = self._facts(inventory, data_set).without(data_set.leave_out)
        way = _way(inventory, data_set, root_key, *facts.column_names, *data_set.key)

        def loose() -> frozenset[str]:
            return self._count(inventory, data_set, root_key).loose

        return CopyRead(lambda: self._reading(inventory, data_set), CopyQuery(way, data_set, facts), loose)

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows go into the package."""
        return self._count(inventory, data_set, root_key).rows

    def values(self, inventory: Inventory, data_set: DataSet, root_key: str, column: str) -> Iterator[str]:
        """The values of one column as COPY would write them, without NULL."""
        way = _way(inventory, data_set, root_key, column)
        (own,) = way.these([column])
        query = way.select(func.format("%s", own)).where(own.is_not(None))
        with self._reading(inventory, data_set) as connection:
            yield from connection.scalars(query, execution_options={"yield_per": _VALUES_AT_ONCE})

    def closed(self, inventory: Inventory, data_set: DataSet, hop: Hop, root_key: str) -> bool:
        """Whether the key never leads out of the package."""
        with self._reading(inventory, data_set) as connection:
            return is_closed(connection, inventory, data_set, hop, root_key)

    def unchanged_since(
        self, instant: str, counted: int, inventory: Inventory, data_set: DataSet, root_key: str
    ) -> bool:
        """Whether it is proven that these rows are those of an earlier instant, when there were `counted`."""
        then, now = Instant.read(instant), Instant.read(self.instant)
        if then is None or now is None or self.count(inventory, data_set, root_key) != counted:
            return False
        with self._reading(inventory, data_set) as connection:
            return proven(connection, (then, now), inventory, data_set, root_key)

    def _count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> Counted:
        """Counted once: the instant doesn't change."""
        which = (data_set.name, root_key)
        if which not in self._counted:
            columns = self._facts(inventory, data_set).without(data_set.leave_out).columns
            way = _way(inventory, data_set, root_key, *(each.name for each in columns))
            with self._reading(inventory, data_set) as connection:
                self._counted[which] = count_of(connection, way, columns)
        return self._counted[which]

    def _facts(self, inventory: Inventory, data_set: DataSet) -> TableFacts:
        if data_set.table not in self._known:
            with self._reading(inventory, data_set) as connection:
                self._known[data_set.table] = table_facts(connection, data_set.table)
        return self._known[data_set.table]

    @contextmanager
    def _reading(self, inventory: Inventory, data_set: DataSet) -> Iterator[Connection]:
        """A transaction in which all tables that decide on the data set are held, and are as they were."""
        tables = [each.table for each in depended_on(inventory, data_set)]
        with product_errors(f"reading {data_set.table}"), _transaction(self._engine) as connection:
            connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{self._exported}'")
            set_session(connection, lock_timeout=_LOCK_TIMEOUT)
            for table in tables:  # asks for no row, and keeps others from changing its form until the end
                connection.execute(select(1).select_from(named(table, ())).limit(0))
            with _beside(self._engine) as beside:
                if form_of(connection, tables) != form_of(beside, tables):
                    what = f"{data_set.table} or a table on its way to the root was altered since the snapshot"
                    raise Unavailable("product database", what)
            yield connection


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
        yield connection


@contextmanager
def _beside(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def _way(inventory: Inventory, data_set: DataSet, root_key: str, *columns: str) -> Reach:
    return reach(inventory, data_set, root_key, columns, exported=True)
