"""The rows of each table that flows reach from a base: one common table expression a table, so SQL grows with tables.

The database writes those that are used once into the query again, so that a chain of tables stays a chain of indexes.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, Select, false, select, union_all

from connectors.product_sql import among, named
from connectors.reach_circle import Circle, Entered
from connectors.reach_flow import Flow, Flows
from models.inventory_circles import strongly_connected

# SQLite reads an expression again wherever it's named, so they multiply where ways meet: one recursive one doesn't.
COPIES_IN_SQLITE = 100

Base = Callable[[str, FromClause], list[ColumnElement[bool]]]
"""The conditions under which a row of a table is reached at once."""


class Reached:
    """The least fixpoint: what `base` reaches, and what a flow leads to from a row that is reached."""

    def __init__(self, links: Iterable[Flow], base: Base, flows: Flows, dialect: str) -> None:
        """`links` are followed; `flows` says which columns take part; `dialect`: SQLAlchemy's name of it."""
        self._base, self._flows, self._dialect = base, flows, dialect
        self._into: dict[str, list[Flow]] = defaultdict(list)
        for flow in links:
            self._into[flow.target].append(flow)
        self._circle_of = {table: circle for circle in self._circles() for table in circle}
        self._written: dict[str, CTE] = {}
        self._walked: dict[frozenset[str], Entered] = {}

    def ways(self, table: str, own: FromClause) -> list[ColumnElement[bool]]:
        """One condition on `own` for each way in which a row of the table is reached."""
        return [*self._base(table, own), *self.led_to(table, own)]

    def led_to(self, table: str, own: FromClause) -> list[ColumnElement[bool]]:
        """Those of the ways that lead over another row."""
        return [self._by(flow, own) for flow in self._into[table]]

    def rows(self, table: str, columns: tuple[str, ...]) -> Select[Any]:
        """These columns of the rows that are reached, some perhaps twice: to be looked up in."""
        if table in self._circle_of:
            return self._circle(self._circle_of[table]).rows(table, columns)
        if table not in self._written:
            self._written[table] = self._expression(table)
        written = self._written[table]
        return select(*(written.c[name] for name in columns))

    @property
    def written(self) -> tuple[CTE, ...]:
        """The expressions so far, each after those that it names."""
        return tuple(self._written.values())

    def _expression(self, table: str) -> CTE:
        own = named(table, self._flows.columns[table])
        leading = [own.c[name] for name in self._flows.asked[table]]
        each = [select(*leading).where(way) for way in self.ways(table, own) or [false()]]
        return (each[0] if len(each) == 1 else union_all(*each)).cte()

    def _circle(self, tables: frozenset[str]) -> Entered:
        if tables not in self._walked:
            inside = [flow for table in sorted(tables) for flow in self._into[table] if flow.source in tables]
            circle = Circle(tables, inside, self._flows, self._dialect)
            self._walked[tables] = circle.entered(lambda table, own: self._from_outside(tables, table, own))
        return self._walked[tables]

    def _from_outside(self, tables: frozenset[str], table: str, own: FromClause) -> list[ColumnElement[bool]]:
        entering = [self._by(flow, own) for flow in self._into[table] if flow.source not in tables]
        return [*self._base(table, own), *entering]

    def _by(self, flow: Flow, own: FromClause) -> ColumnElement[bool]:
        columns = [own.c[name] for name in flow.target_columns]
        return among(columns, self.rows(flow.source, flow.source_columns))

    def _circles(self) -> list[frozenset[str]]:
        edges = {table: [flow.source for flow in flows] for table, flows in self._into.items()}
        found = strongly_connected(edges)
        if self._dialect == "sqlite" and _copies(found, edges) > COPIES_IN_SQLITE:
            return [frozenset(table for component in found for table in component if table in self._flows.asked)]
        return [each for each in found if len(each) > 1 or any(table in edges.get(table, ()) for table in each)]


def _copies(components: list[frozenset[str]], edges: Mapping[str, Collection[str]]) -> int:
    """How often tables would be named, if each naming of an expression were replaced by what it says."""
    copies: dict[str, int] = {}
    for component in reversed(components):
        named_there = [source for table in component for source in edges.get(table, ()) if source not in component]
        copies |= dict.fromkeys(component, 1 + sum(copies[source] for source in named_there))
    return max(copies.values(), default=0)
