"""Erases rows of several tables at once: all are chosen before the first goes, and keys are checked after the last.

PostgreSQL does it in one statement, whose parts all see what was there before it. SQLite notes the chosen rows in
temporary tables and checks foreign keys at the end of the transaction.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Delete,
    FromClause,
    Select,
    TableClause,
    Update,
    column,
    delete,
    func,
    insert,
    literal_column,
    select,
    table,
    update,
)

from connectors.product_sql import among

Row = tuple[str, ...]
Values = Mapping[str, ColumnElement[Any]]


class Strike(Protocol):
    """What goes, or changes, in one go. `row` are the columns that name a row, in the table and in what is taken."""

    def take(self, chosen: Select[Any]) -> FromClause:
        """Rows as they are now; its columns bear the names of `chosen`."""
        ...

    def delete(self, own: TableClause, row: Row, taken: FromClause) -> None:
        """Deletes the rows that are taken."""
        ...

    def change(self, own: TableClause, row: Row, taken: FromClause, values: Values, *, counted: bool = True) -> None:
        """Gives columns of the rows that are taken new values."""
        ...

    def done(self) -> int:
        """Does it; answers how many rows were deleted or changed."""
        ...


def strike(connection: Connection) -> Strike:
    """For the database at hand."""
    return _InSteps(connection) if connection.dialect.name == "sqlite" else _InOneStatement(connection)


class _Parts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counted: list[Update | Delete] = []
        self._uncounted: list[Update | Delete] = []

    def delete(self, own: TableClause, row: Row, taken: FromClause) -> None:
        self._counted.append(delete(own).where(_is_taken(own, row, taken)))

    def change(self, own: TableClause, row: Row, taken: FromClause, values: Values, *, counted: bool = True) -> None:
        parts = self._counted if counted else self._uncounted
        parts.append(update(own).where(_is_taken(own, row, taken)).values(dict(values)))


class _InOneStatement(_Parts):
    def take(self, chosen: Select[Any]) -> FromClause:
        return chosen.cte()

    def done(self) -> int:
        counted, uncounted = ([_answering(part) for part in parts] for parts in (self._counted, self._uncounted))
        counts = [select(func.count()).select_from(part).scalar_subquery() for part in counted]
        return sum(self._connection.execute(select(*counts).add_cte(*uncounted)).one())


class _InSteps(_Parts):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._notes: list[TableClause] = []
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")

    def take(self, chosen: Select[Any]) -> FromClause:
        notes = table(f"farewell_taken_{len(self._notes)}", *map(column, chosen.selected_columns.keys()), schema="temp")
        self._notes.append(notes)
        names = ", ".join(map(self._connection.dialect.identifier_preparer.quote, notes.columns.keys()))
        self._connection.exec_driver_sql(f"CREATE TEMP TABLE {notes.name} ({names})")
        self._connection.execute(insert(notes).from_select(notes.columns.keys(), chosen))
        return notes

    def done(self) -> int:
        for part in self._uncounted:
            self._connection.execute(part)
        count = sum(self._connection.execute(part).rowcount for part in self._counted)
        for notes in self._notes:
            self._connection.exec_driver_sql(f"DROP TABLE temp.{notes.name}")
        return count


def _is_taken(own: TableClause, row: Row, taken: FromClause) -> ColumnElement[bool]:
    return among([own.c[name] for name in row], select(*(taken.c[name] for name in row)))


def _answering(part: Update | Delete) -> CTE:
    return part.returning(literal_column("1").label("one")).cte()
