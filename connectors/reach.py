"""Which rows of a table are the account's, or come along with them, as SQL.

A row is the account's if a hop leads to a row that is. Source: docs/adr/0010-hops-not-paths.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, TableClause, and_, exists, false, select, union_all

from connectors.product_sql import among, named, untrue, value
from connectors.reach_flow import Flow, flows_to
from connectors.reach_rows import Reached
from connectors.reach_two import OfOthers, only_one_way
from models.inventory import DataSet, Inventory


@dataclass(frozen=True)
class Reach:
    """Rows of a table. `table` has the columns that were asked for, and those of the key."""

    table: FromClause
    condition: ColumnElement[bool] | None
    before: tuple[CTE, ...] = ()
    """Named in order: found one inside the other, in a long chain of tables, they would exhaust Python's stack."""

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """Selects among these rows, each once."""
        chosen = select(*columns).select_from(self.table).add_cte(*self.before)
        return chosen if self.condition is None else chosen.where(self.condition)

    def these(self, names: Iterable[str]) -> list[ColumnElement[Any]]:
        """Columns of the table."""
        return [self.table.c[name] for name in names]


def reach(
    inventory: Inventory,
    data_set: DataSet,
    root_key: str,
    columns: Iterable[str] = (),
    *,
    exported: bool = False,
    alone: bool = False,
    dialect: str = "postgresql",
) -> Reach:
    """The rows of the data set that are the account's; of a shared table those of its reference set.

    `exported`: only those that go into the package: a policy may keep rows of two accounts out. `alone`: only those
    that no other account reaches. `dialect` is SQLAlchemy's name of it, `postgresql` or `sqlite`: they write recursion
    differently.

    Raises:
        Rejected: the hops don't lead there, so they could reach the rows of others.
    """
    belonging = Belonging(inventory, data_set, root_key, dialect)
    own = belonging.named(columns)
    without = alone or (exported and data_set.of_two == "keep")
    shared = belonging.with_others(own) if without else None
    return belonging.rows(own, *([] if shared is None else [untrue(shared)]))


def of_two_accounts(
    inventory: Inventory, data_set: DataSet, root_key: str, columns: Iterable[str] = (), *, dialect: str = "postgresql"
) -> Reach | None:
    """The account's rows that another account reaches too; None: there can be none."""
    belonging = Belonging(inventory, data_set, root_key, dialect)
    own = belonging.named(columns)
    shared = belonging.with_others(own)
    return None if shared is None else belonging.rows(own, shared)


class Belonging:
    """Conditions on rows of one table: whether they are the account's, and whether they are others' too."""

    def __init__(self, inventory: Inventory, data_set: DataSet, root_key: str, dialect: str) -> None:
        """Raises Rejected, as `reach` does."""
        self._inventory, self._data_set, self._root_key, self._dialect = inventory, data_set, root_key, dialect
        self._flows = flows = flows_to(inventory, data_set)
        self._at_once = self._by_the_root_key()
        links = [flow for flow in flows.own if flow not in self._at_once]
        self._account = Reached(links, self._of_root, flows, dialect)
        self._shared = Reached(flows.shared, self._used, flows, dialect)
        self._kept: dict[str, CTE] = {}

    def named(self, columns: Iterable[str] = ()) -> TableClause:
        """The table, with these columns and all that the conditions mention."""
        return named(self._data_set.table, [*columns, *self._flows.columns[self._data_set.table]])

    def ways(self, own: TableClause) -> list[ColumnElement[bool]]:
        """One condition for each way in which a row may be the account's."""
        rows = self._shared if self._data_set.used_by else self._account
        return rows.ways(self._data_set.table, own) or [false()]

    def rows(self, own: TableClause, *also: ColumnElement[bool]) -> Reach:
        """The account's rows, each once: several ways as one query each, so that each takes its index."""
        ways = self.ways(own)
        if len(ways) == 1:
            return Reach(own, and_(*ways, *also), self._account.written)
        each = (select(*own.columns).where(way, *map(untrue, ways[:place]), *also) for place, way in enumerate(ways))
        return Reach(union_all(*each).subquery(), None, self._account.written)

    def with_others(self, own: TableClause) -> ColumnElement[bool] | None:
        """Whether another account reaches a row too; None: none ever can."""
        if self._data_set.used_by or only_one_way(self._inventory, self._data_set):
            return None
        others = OfOthers(self._inventory, self._flows, self._account, self._dialect)
        return others.reach(self._data_set.table, own)

    def _by_the_root_key(self) -> list[Flow]:
        """Flows whose target holds the root's own key; none where other rows of the root belong, too."""
        root, key = self._inventory.root, (self._inventory.key,)
        if self._dialect == "sqlite" or any(flow.target == root for flow in self._flows.own):
            return []  # SQLite compares by how columns are declared, and a child may be declared otherwise
        return [flow for flow in self._flows.own if (flow.source, flow.source_columns) == (root, key)]

    def _of_root(self, table: str, own: FromClause) -> list[ColumnElement[bool]]:
        if table == self._inventory.root:
            return [self._is_root(own.c[self._inventory.key])]
        return [self._holds_root(own.c[each.target_columns[0]]) for each in self._at_once if each.target == table]

    def _holds_root(self, own: ColumnElement[Any]) -> ColumnElement[bool]:
        """The key is compared, and its row looked up once: row by row takes PostgreSQL a third longer."""
        root = named(self._inventory.root, (self._inventory.key,)).alias()
        there = exists().select_from(root).where(self._is_root(root.c[self._inventory.key]))
        return and_(self._is_root(own), there)

    def _is_root(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        return column == value(self._root_key)

    def _used(self, table: str, own: FromClause) -> list[ColumnElement[bool]]:
        return [
            among([own.c[name] for name in flow.target_columns], self._exported(flow.source, flow.source_columns))
            for flow in self._flows.outward
            if flow.target == table
        ]

    def _exported(self, table: str, columns: tuple[str, ...]) -> Select[Any]:
        """What exported rows of a data set point at."""
        data_set = next(each for each in self._inventory.data_sets if each.table == table)
        if data_set.of_two != "keep":
            return self._account.rows(table, columns)
        if table not in self._kept:
            asked = self._flows.asked[table]
            kept = reach(self._inventory, data_set, self._root_key, asked, exported=True, dialect=self._dialect)
            self._kept[table] = kept.select(*kept.these(asked)).cte()
        return select(*(self._kept[table].c[name] for name in columns))
