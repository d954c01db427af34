"""Which rows of a table reach an account: the inventory's hops as SQL, every name quoted by SQLAlchemy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, TableClause, bindparam, column, select, table, tuple_
from sqlalchemy.types import NullType

from connectors.errors import Rejected
from models.inventory import DataSet, Inventory


@dataclass(frozen=True)
class Reach:
    """A table and its way to the root."""

    table: TableClause
    source: FromClause
    of_account: ColumnElement[bool]

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Selects among the rows that reach the account."""
        return select(*columns).select_from(self.source).where(self.of_account)

    def these(self, names: Iterable[str]) -> list[ColumnElement[Any]]:
        """Columns of the table."""
        return [self.table.c[name] for name in names]


def reach(inventory: Inventory, data_set: DataSet, root_key: str, columns: Iterable[str] = ()) -> Reach:
    """The way from the data set to the row `root_key` of the root.

    Raises:
        Rejected: the path doesn't lead there, so it could reach the rows of others.
    """
    _refuse_astray(inventory, data_set)
    leads = [*(hop.child_column for hop in data_set.path), inventory.key]
    own = named(data_set.table, *columns, *data_set.key, leads[0])
    source: FromClause = own
    here: FromClause = own
    for place, hop in enumerate(data_set.path, 1):
        parent = named(hop.parent, hop.parent_column, leads[place]).alias(f"parent_{place}")
        source = source.join(parent, here.c[hop.child_column] == parent.c[hop.parent_column])
        here = parent
    return Reach(own, source, here.c[inventory.key] == value(root_key))


def named(name: str, *columns: str) -> TableClause:
    """A table by its name, or `schema.name`, with the columns that a statement mentions."""
    schema, _, own = name.rpartition(".")
    return table(own, *(column(each) for each in dict.fromkeys(columns)), schema=schema or None)


def value(content: str | None) -> ColumnElement[Any]:
    """A bound value without a type of its own: the database takes the column's, number, UUID or text."""
    return bindparam(None, content, type_=NullType(), unique=True)


def among(columns: list[ColumnElement[Any]], chosen: Select[Any]) -> ColumnElement[bool]:
    """The columns, one or several, hold a row of `chosen`."""
    return columns[0].in_(chosen) if len(columns) == 1 else tuple_(*columns).in_(chosen)


def _refuse_astray(inventory: Inventory, data_set: DataSet) -> None:
    here = data_set.table
    for hop in data_set.path:
        if hop.child != here:
            break
        here = hop.parent
    else:
        if here == inventory.root:
            return
    what = f"the path of {data_set.name} doesn't lead from {data_set.table} to {inventory.root}"
    raise Rejected("inventory", what, "correct its `path`")
