"""Restore into SQLite: rows into temporary tables, then into the tables, foreign keys checked at the end."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, case, func, literal_column, type_coerce

from connectors.errors import Rejected
from connectors.product_restore_package import OpenedPackage
from connectors.product_restore_rows import csv_rows, json_rows
from connectors.product_restore_staged import Staged
from connectors.product_restore_statements import bringing_back, comes_back, inserting, make_staging, names, run
from connectors.product_restore_values import Value, value_of

_FEW = 2
_ROW_NUMBERS = ("rowid", "_rowid_", "oid")  # a column may bear one of these names, and then isn't the row's number


class SqliteWay:
    """Everything in one transaction; the caller's engine enforces foreign keys and takes the writer's lock."""

    def prepare(self, connection: Connection) -> None:
        """Foreign keys wait for the end of this transaction."""
        run(connection, "PRAGMA defer_foreign_keys = ON")

    def fill(self, connection: Connection, staged: Staged, package: OpenedPackage) -> None:
        """Row by row, as many in memory as the driver takes.

        Raises:
            Rejected: a value that its column doesn't take.
        """
        for earlier in (staged.name, staged.mask.name):  # a connection keeps them beyond its transaction
            run(connection, f"DROP TABLE IF EXISTS temp.{earlier}")
        make_staging(connection, staged)
        columns = staged.packaged.columns
        marks = ", ".join("?" * len(columns))
        driver: Any = connection.connection.driver_connection
        insert = f"INSERT INTO {staged.name} ({names(columns)}) VALUES ({marks})"  # noqa: S608 - names, quoted
        try:
            driver.executemany(insert, _rows(staged, package))
        except sqlite3.Error as error:
            what = f"{staged.packaged.table} doesn't take the values of {staged.packaged.path}"
            raise Rejected("product database", f"{what}: {error.sqlite_errorname}", "compare its types") from None
        for number, wanted in enumerate(_looked_up(staged)):
            run(connection, f"CREATE INDEX temp.{staged.name}_{number} ON {staged.name} ({names(wanted)})")

    def text(self, columns: Iterable[ColumnElement[Any]]) -> ColumnElement[str]:
        """Storage class and content of each value; numbers as SQLite's own literals, the rest byte by byte."""
        return _joined([_literal(each) for each in columns])

    def row(self, staged: Staged) -> tuple[str, ...]:
        """The row's number: a table without one has a key."""
        taken = {each.lower() for each in staged.facts.column_names}
        return (next((each for each in _ROW_NUMBERS if each not in taken), _ROW_NUMBERS[0]),)

    def write(self, connection: Connection, together: list[Staged]) -> None:
        """One table after the other."""
        for each in together:
            run(connection, inserting(each))
            if comes_back(connection, each):
                run(connection, bringing_back(each))

    def finish(self, connection: Connection, staged: list[Staged]) -> None:
        """SQLite counts on from the largest key by itself."""
        del connection, staged


def _rows(staged: Staged, package: OpenedPackage) -> Iterator[list[Value]]:
    packaged = staged.packaged
    read = csv_rows if packaged.format == "csv" else json_rows
    values = [value_of(field) for field in packaged.fields]
    for cells in read(package.lines(packaged), packaged.columns):
        yield [None if cell is None else value(cell) for cell, value in zip(cells, values, strict=True)]


def _looked_up(staged: Staged) -> list[tuple[str, ...]]:
    """Columns that other rows are looked up by: SQLite would read the whole table for each of them."""
    found = [staged.facts.primary, *staged.facts.unique]
    return [each for each in dict.fromkeys(found) if each and set(each) <= set(staged.packaged.columns)]


def _literal(value: ColumnElement[Any]) -> ColumnElement[str]:
    kind = func.typeof(value)
    content = case((kind.in_(["integer", "real"]), func.quote(value)), else_=func.hex(value))
    return type_coerce(kind, String) + type_coerce(content, String) + literal_column("','", String)


def _joined(texts: list[ColumnElement[str]]) -> ColumnElement[str]:
    """Half by half, for SQLite bounds how deep an expression may be."""
    if len(texts) < _FEW:
        return texts[0]
    half = len(texts) // 2
    return _joined(texts[:half]) + _joined(texts[half:])
