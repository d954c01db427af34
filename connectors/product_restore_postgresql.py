"""Restore into PostgreSQL: COPY into staging tables, then one statement for tables that point at each other."""

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from psycopg.copy import LibpqWriter
from sqlalchemy import ColumnElement, Connection, Text, cast, func, text

from connectors.errors import Rejected, Unavailable
from connectors.product_restore_package import BLOCK_BYTES, OpenedPackage
from connectors.product_restore_rows import json_rows
from connectors.product_restore_staged import Staged
from connectors.product_restore_statements import (
    bringing_back,
    comes_back,
    inserting,
    make_staging,
    name,
    names,
    run,
    target,
)
from connectors.product_session import set_session

# ruff: noqa: S608 - names alone are put into statements, quoted
_OVERRIDING = "OVERRIDING SYSTEM VALUE"
# The sequences that a table's integer columns own, or draw their defaults from.
_SEQUENCES = text("""
SELECT DISTINCT a.attname AS column, format('%I.%I', n.nspname, c.relname) AS sequence,
  s.seqincrement > 0 AS upwards, s.seqmin AS least, s.seqmax AS most
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid AND coalesce(nullif(t.typbasetype, 0), t.oid) IN (20, 21, 23)
LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
JOIN pg_depend d
  ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
    AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_class'::regclass
  OR d.objid = f.oid AND d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
JOIN pg_class c ON c.relkind = 'S' AND c.oid IN (d.objid, d.refobjid)
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_sequence s ON s.seqrelid = c.oid
WHERE a.attrelid = CAST(:table AS regclass) AND NOT a.attisdropped
""")


class PostgresqlWay:
    """Everything in one transaction of one connection."""

    def prepare(self, connection: Connection) -> None:
        """For this transaction alone; constraints that could wait speak at once."""
        set_session(connection)
        run(connection, "SET CONSTRAINTS ALL IMMEDIATE")

    def fill(self, connection: Connection, staged: Staged, package: OpenedPackage) -> None:
        """COPY reads what COPY wrote.

        Raises:
            Rejected: a value that its column doesn't take.
        """
        make_staging(connection, staged, "ON COMMIT DROP")
        try:
            _copy(connection, staged, package)
        except psycopg.Error as error:
            raise _refused(staged, error) from None
        run(connection, f"ANALYZE {staged.name}")

    def text(self, columns: Iterable[ColumnElement[Any]]) -> ColumnElement[str]:
        """The row's text as PostgreSQL writes it, for types without equality and zeros with a sign too."""
        return cast(func.row(*columns), Text)

    def row(self, staged: Staged) -> tuple[str, ...]:
        """Partition and place."""
        del staged
        return ("tableoid", "ctid")

    def write(self, connection: Connection, together: list[Staged]) -> None:
        """One statement: foreign keys are checked at its end, so no order is needed among these tables."""
        steps = [inserting(each, _OVERRIDING) for each in together]
        steps += [bringing_back(each) for each in together if comes_back(connection, each)]
        listed = ", ".join(f"step_{number} AS ({step})" for number, step in enumerate(steps))
        run(connection, f"WITH {listed} SELECT 1")

    def finish(self, connection: Connection, staged: list[Staged]) -> None:
        """Sequences go on after the restored keys, and never back. They stay so even if the transaction fails."""
        for each in staged:
            for sequence in connection.execute(_SEQUENCES, {"table": target(each)}).all():
                if sequence.column in each.own:
                    _move(connection, each, sequence)


def _copy(connection: Connection, staged: Staged, package: OpenedPackage) -> None:
    driver: Any = connection.connection.driver_connection
    header = ", HEADER MATCH" if staged.packaged.format == "csv" else ""
    options = rf"(FORMAT csv, NULL '\N'{header})"
    statement = f"COPY {staged.name} ({names(staged.packaged.columns)}) FROM STDIN {options}"
    with (
        driver.cursor() as cursor,
        cursor.copy(statement.encode(), writer=LibpqWriter(cursor, flush_threshold=0)) as copy,
    ):
        for block in _blocks(staged, package):
            copy.write(block)


def _blocks(staged: Staged, package: OpenedPackage) -> Iterator[bytes]:
    if staged.packaged.format == "csv":
        yield from package.blocks(staged.packaged)
        return
    block = bytearray()
    for row in json_rows(package.lines(staged.packaged), staged.packaged.columns):
        block += (",".join(map(_cell, row)) + "\n").encode()
        if len(block) >= BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def _cell(value: str | None) -> str:
    return r"\N" if value is None else '"' + value.replace('"', '""') + '"'


def _refused(staged: Staged, error: psycopg.Error) -> Rejected | Unavailable:
    if error.sqlstate is None:
        return Unavailable("product database", f"reading {staged.packaged.path} into it: the connection broke")
    what = f"{staged.packaged.table} doesn't take the values of {staged.packaged.path}: {type(error).__name__}"
    return Rejected("product database", f"{what} {error.sqlstate}", "compare its types, as enums, with the package's")


def _move(connection: Connection, staged: Staged, sequence: Any) -> None:
    own, extreme = name(sequence.column), "max" if sequence.upwards else "min"
    beyond = ">" if sequence.upwards else "<"
    restored = f"SELECT {extreme}({own})::bigint AS last FROM {staged.name}"
    run(
        connection,
        f"SELECT setval({_literal(sequence.sequence)}, restored.last) FROM ({restored}) AS restored, "
        f"{sequence.sequence} AS counter WHERE restored.last BETWEEN {sequence.least} AND {sequence.most} AND "
        f"(restored.last {beyond} counter.last_value OR restored.last = counter.last_value AND NOT counter.is_called)",
    )


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
