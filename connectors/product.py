"""The product's database, by whatever SQLAlchemy speaks; read and erased by the paths of the inventory."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, event, func, inspect, null, or_, select, update

from connectors.errors import NotFound, Rejected
from connectors.product_errors import product_errors
from connectors.product_schema import columns_of, foreign_keys, primary_key, split
from connectors.reach import Reach, among, reach, value
from connectors.store.sessions import READS
from models.inventory import DataSet, Inventory

ROWS_A_FETCH = 1_000


class SqlProduct:
    """Nothing of the schema is remembered from call to call: a column added during a long exit is exported too."""

    def __init__(self, engine: Engine) -> None:
        """Foreign keys are enforced, in SQLite as well."""
        self._engine = engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _enforce_foreign_keys)

    def columns(self, data_set: DataSet) -> list[Mapping[str, Any]]:
        """`name`, `type` as the database declares it, `nullable`, in order; raises NotFound."""
        with self._reading(data_set) as connection:
            found = columns_of(connection, data_set.table)
        if not found:
            raise NotFound("product database", f"there is no table {data_set.table}", "correct the inventory")
        return found

    def keys(self, inventory: Inventory, data_set: DataSet) -> Mapping[str, Any]:
        """`primary`: columns; `foreign`: {columns, table, references}, those to tables of the inventory."""
        known = {each.table for each in inventory.data_sets}
        with self._reading(data_set) as connection:
            primary = primary_key(connection, data_set.table)
            foreign = [key for key in foreign_keys(connection, data_set.table) if key["table"] in known]
        return {"primary": primary, "foreign": foreign}

    def rows(self, inventory: Inventory, data_set: DataSet, root_key: str) -> Iterator[Sequence[Any]]:
        """All rows that reach the account, by key, a thousand in memory at a time; values as the driver gives them."""
        names = [column["name"] for column in self.columns(data_set)]
        way = reach(inventory, data_set, root_key, names)
        query = way.select(*way.these(names)).order_by(*way.these(data_set.key))
        with self._reading(data_set) as connection:
            streamed = connection.execution_options(yield_per=ROWS_A_FETCH).execute(query)
            for page in streamed.partitions():
                yield from page

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows reach the account."""
        way = reach(inventory, data_set, root_key)
        with self._reading(data_set) as connection:
            return int(connection.scalar(way.select(func.count())) or 0)

    def total(self, root_key: str, inventory: Inventory) -> int:
        """All rows of all data sets that reach the account."""
        return sum(self.count(inventory, data_set, root_key) for data_set in inventory.data_sets)

    def erase(self, inventory: Inventory, data_set: DataSet, root_key: str, limit: int) -> int:
        """Deletes or masks up to `limit` rows in one transaction; a masked row isn't masked again. 0: done.

        Raises:
            Rejected: the key isn't unique, so that it could name rows of others.
            Conflict: a foreign key holds a row.
        """
        if data_set.erase == "retain":
            return 0
        with product_errors(f"erasing {data_set.table}"), self._engine.begin() as connection:
            _refuse_loose_key(connection, data_set)
            if data_set.erase == "mask":
                return _mask(connection, data_set, reach(inventory, data_set, root_key, data_set.mask), limit)
            return _delete(connection, inventory, data_set, root_key, limit)

    @contextmanager
    def _reading(self, data_set: DataSet) -> Iterator[Connection]:
        engine = self._engine.execution_options(**{READS: True})
        with product_errors(f"reading {data_set.table}"), engine.connect() as connection:
            yield connection


def _enforce_foreign_keys(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


def _refuse_loose_key(connection: Connection, data_set: DataSet) -> None:
    unique = [each["column_names"] for each in inspect(connection).get_unique_constraints(*split(data_set.table))]
    for key in [primary_key(connection, data_set.table), *unique]:
        if key and set(key) <= set(data_set.key):
            return
    what = f"the key {', '.join(data_set.key)} of {data_set.name} isn't unique, so it could name rows of others"
    raise Rejected("inventory", what, "name the table's primary key in `key`")


def _mask(connection: Connection, data_set: DataSet, way: Reach, limit: int) -> int:
    if not data_set.mask:
        raise Rejected("inventory", f"{data_set.name} is to be masked, but no column is named", "fill in its `mask`")
    shows = or_(*(way.table.c[name].is_distinct_from(value(masked)) for name, masked in data_set.mask.items()))
    keys = way.these(data_set.key)
    chosen = _batch(way.select(*keys).where(shows).order_by(*keys).limit(limit), data_set.key)
    hidden = {name: value(masked) for name, masked in data_set.mask.items()}
    return connection.execute(update(way.table).where(among(keys, chosen)).values(hidden)).rowcount


def _delete(connection: Connection, inventory: Inventory, data_set: DataSet, root_key: str, limit: int) -> int:
    nullable = {column["name"] for column in columns_of(connection, data_set.table) if column["nullable"]}
    own = [key for key in foreign_keys(connection, data_set.table) if _detachable(key, data_set, nullable)]
    way = reach(inventory, data_set, root_key, [name for key in own for name in (*key["columns"], *key["references"])])
    keys = way.these(data_set.key)
    chosen = way.select(*way.these(column.name for column in way.table.columns)).order_by(*keys).limit(limit)
    for key in own:
        _detach(connection, way, chosen, key)
    return connection.execute(delete(way.table).where(among(keys, _batch(chosen, data_set.key)))).rowcount


def _detachable(key: Mapping[str, Any], data_set: DataSet, nullable: set[str]) -> bool:
    return key["table"] == data_set.table and nullable.issuperset(key["columns"])


def _detach(connection: Connection, way: Reach, chosen: Select[Any], key: Mapping[str, Any]) -> None:
    """Rows of the same table that point at rows about to go: in a tree no order of keys would do."""
    pointing = {name: null() for name in key["columns"]}
    there = among(way.these(key["columns"]), _batch(chosen, key["references"]))
    connection.execute(update(way.table).where(there).values(pointing))


def _batch(chosen: Select[Any], names: Sequence[str]) -> Select[Any]:
    """As a derived table: some databases take no LIMIT, or not the same table, right inside IN."""
    batch = chosen.subquery("batch")
    return select(*(batch.c[name] for name in names))
