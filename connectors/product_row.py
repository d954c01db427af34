"""A table of which rows are to go: how its rows are named, with or without a key, and which they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, TableClause, Text, cast, func, or_, select

from connectors.errors import Rejected
from connectors.product_schema import table_facts
from connectors.product_sql import named, value
from connectors.product_strike import Row
from connectors.reach import reach
from models.hop import Hop, split
from models.inventory import DataSet, Inventory
from models.schema import TableFacts

# Where the row lies: PostgreSQL's partition and place, SQLite's number.
_POSTGRESQL: Row = ("tableoid", "ctid")
_SQLITE: Row = ("_rowid_",)
_NOT_COMPARED = ("json", "xml")


@dataclass(frozen=True)
class Target:
    """A data set in its database."""

    connection: Connection
    inventory: Inventory
    data_set: DataSet
    root_key: str
    facts: TableFacts

    @classmethod
    def of(cls, connection: Connection, inventory: Inventory, data_set: DataSet, root_key: str) -> "Target":
        """Asks the database.

        Raises:
            NotFound: there is no such table.
            Rejected: the inventory's key isn't unique, so it could name rows of others; or nothing is to be masked.
        """
        facts = table_facts(connection, data_set.table)
        _refuse_loose_key(data_set, facts)
        if data_set.erase == "mask" and not data_set.mask:
            raise Rejected(
                "inventory", f"{data_set.name} is to be masked, but no column is named", "fill in its `mask`"
            )
        return cls(connection, inventory, data_set, root_key, facts)

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of it."""
        return self.connection.dialect.name

    @property
    def row(self) -> Row:
        """The columns that name a row."""
        if self.dialect == "postgresql":
            return _POSTGRESQL
        return self.data_set.key if _without_row_id(self.connection, self.data_set) else _SQLITE

    @property
    def own_keys(self) -> tuple[Hop, ...]:
        """The keys by which its rows point at rows of its own."""
        keys = (*(key.hop for key in self.facts.foreign), *self.data_set.hops, *self.data_set.ignored)
        return tuple({str(hop): hop for hop in keys if hop.child == hop.parent}.values())

    @property
    def pointed_at(self) -> tuple[str, ...]:
        """Its columns that rows of data sets point at."""
        hops = (*self.own_keys, *(hop for _, hop in self.children()))
        return tuple(dict.fromkeys(name for hop in hops for name in hop.parent_columns))

    def children(self) -> list[tuple[DataSet, Hop]]:
        """The data sets that point at it, and how."""
        each = ((child, hop) for child in self.inventory.data_sets for hop in (*child.hops, *child.ignored))
        return [(child, hop) for child, hop in each if hop.parent == self.data_set.table]

    def named(self) -> TableClause:
        """The table, to change or delete rows of it."""
        return named(self.data_set.table, [*self.row, *self.facts.column_names])

    def due(self, columns: Iterable[str] = ()) -> Select[Any]:
        """The rows that are to go, or to be masked and aren't: `row` of them, and these columns."""
        names = dict.fromkeys([*self.row, *columns])
        way = reach(
            self.inventory,
            self.data_set,
            self.root_key,
            [*names, *self.data_set.mask],
            alone=True,
            dialect=self.dialect,
        )
        chosen = way.select(*way.these(names))
        if self.data_set.erase == "mask":
            return chosen.where(shows(self.data_set, self.facts, way.these(self.data_set.mask)))
        return chosen

    def loose(self, hop: Hop) -> tuple[str, ...]:
        """The columns of a hop that may be NULL and lead nowhere else: so it can be cut."""
        hops = (*self.data_set.hops, *self.data_set.ignored, *(key.hop for key in self.facts.foreign))
        elsewhere = {name for other in hops if other != hop for name in other.child_columns}
        nullable = {column.name for column in self.facts.columns if column.nullable}
        return tuple(name for name in hop.child_columns if name in nullable - elsewhere)


def shows(data_set: DataSet, facts: TableFacts, columns: list[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Whether a row shows another value than the mask in any of its masked columns."""
    types = {column.name: column.type.lower() for column in facts.columns}
    pairs = zip(columns, data_set.mask.items(), strict=True)
    return or_(*(_as_compared(types.get(name, ""), here).is_distinct_from(value(to)) for here, (name, to) in pairs))


def _as_compared(kind: str, here: ColumnElement[Any]) -> ColumnElement[Any]:
    """PostgreSQL has no equality for some types; their text is kept as it was written."""
    return cast(here, Text) if kind in _NOT_COMPARED else here


def _refuse_loose_key(data_set: DataSet, facts: TableFacts) -> None:
    unique = [each for each in (facts.primary, *facts.unique) if each]
    if data_set.key and not any({*each} <= {*data_set.key} for each in unique):
        what = f"the key {', '.join(data_set.key)} of {data_set.name} isn't unique, so it could name rows of others"
        raise Rejected("inventory", what, "name the table's primary key in `key`, or leave it out")


def _without_row_id(connection: Connection, data_set: DataSet) -> bool:
    listed = func.pragma_table_list(split(data_set.table)[0]).table_valued("schema", "wr")
    return bool(connection.scalar(select(listed.c.wr).where(listed.c.schema == (split(data_set.table)[1] or "main"))))
