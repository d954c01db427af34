"""Rows that are reached in a circle: one recursive common table expression for all tables of the circle.

Its rows say of which table they are, by number, and hold only the columns that a flow asks for; those of the other
tables are NULL. Equal rows are kept once, so it ends.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    and_,
    false,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from connectors.product_sql import named
from connectors.reach_flow import Flow, Flows

Entries = Callable[[str, FromClause], list[ColumnElement[bool]]]
"""The conditions under which a row of a table is reached from outside of the circle."""


class Circle:
    """The rows of some tables that flows lead back to."""

    def __init__(self, tables: Iterable[str], inside: Iterable[Flow], flows: Flows, dialect: str) -> None:
        """`inside`: the flows between these tables; `flows`: which columns take part."""
        self._columns, self._inside, self._dialect = flows.columns, tuple(inside), dialect
        self._number = {table: str(place) for place, table in enumerate(sorted(tables))}
        each = ((table, name) for table in self._number for name in flows.asked[table])
        self._label = {which: f"c{place}" for place, which in enumerate(each)}

    def entered(self, entries: Entries) -> "Entered":
        """The expression, from the rows that are reached from outside."""
        each = [(table, named(table, self._columns[table])) for table in self._number]
        start = [self._row(table, own).where(way) for table, own in each for way in entries(table, own)]
        first = start[0].cte(recursive=True) if start else self._row(*each[0]).where(false()).cte(recursive=True)
        return Entered(first.union(*start[1:], *self._steps(first)), self._number, self._label)

    def _row(self, table: str, own: FromClause) -> Select[Any]:
        number: ColumnElement[Any] = literal_column(self._number[table]).label("of_table")
        values = (own.c[name] if of == table else self._nothing(of, name) for of, name in self._label)
        return select(number, *(each.label(label) for each, label in zip(values, self._label.values(), strict=True)))

    def _nothing(self, table: str, column: str) -> ColumnElement[Any]:
        """NULL of a column's type, whatever it is: PostgreSQL wants both sides of a union alike."""
        if self._dialect == "sqlite":
            return null()
        own = named(table, [column])
        return select(own.c[column]).where(false()).scalar_subquery()

    def _steps(self, found: CTE) -> list[Select[Any]]:
        steps = [self._step(flow, found) for flow in self._inside]
        if self._dialect == "sqlite" or len(steps) == 1:
            return steps  # a plain join, which PostgreSQL can hash: it goes through the table once a level
        # PostgreSQL lets the expression be named once within itself.
        aside = union_all(*(step.correlate(found) for step in steps)).lateral()
        return [select(*aside.c).select_from(found.join(aside, true()))]

    def _step(self, flow: Flow, found: CTE) -> Select[Any]:
        own = named(flow.target, self._columns[flow.target])
        pairs = zip(flow.target_columns, flow.source_columns, strict=True)
        meets = [own.c[here] == found.c[self._label[flow.source, there]] for here, there in pairs]
        number: ColumnElement[Any] = literal_column(self._number[flow.source])
        return self._row(flow.target, own).where(and_(found.c.of_table == number, *meets))


@dataclass(frozen=True)
class Entered:
    """All rows that are reached, in one expression."""

    found: CTE
    number: dict[str, str]
    label: dict[tuple[str, str], str]

    def rows(self, table: str, columns: tuple[str, ...]) -> Select[Any]:
        """These columns of the rows of one table."""
        asked = (self.found.c[self.label[table, name]] for name in columns)
        return select(*asked).where(self.found.c.of_table == literal_column(self.number[table]))
