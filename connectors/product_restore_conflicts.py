"""Why a package can't go into this database: everything that stands against it, before anything is written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Text, cast, exists, select

from connectors.product_restore_package import PackagedTable
from connectors.product_restore_staged import WRITTEN, Fate, Staged, counted, equal
from connectors.product_sql import named
from models.hop import Hop
from models.payload import Payload
from models.schema import TableFacts

_LONGEST = 60  # characters of an example's value


class RestoreConflict(Payload):
    """What stands against restoring `rows` rows of a table (0: all of it); `example` is the key of one of them."""

    table: str
    why: str
    rows: int = 0
    example: str = ""

    def __str__(self) -> str:
        if not self.rows:
            return f"{self.table}: {self.why}"
        return f"{self.table}: {self.rows} {'row' if self.rows == 1 else 'rows'}, such as {self.example}: {self.why}"


def schema_conflicts(packaged: PackagedTable, facts: TableFacts | None) -> Iterator[RestoreConflict]:
    """A table or column that is missing or of another type."""
    if facts is None:
        yield RestoreConflict(table=packaged.table, why="there is no such table")
        return
    types = {column.name: column.type for column in facts.columns}
    for field in packaged.fields:
        if field.name not in types:
            yield RestoreConflict(table=packaged.table, why=f"there is no column {field.name}")
        elif types[field.name].lower() != field.database_type.lower():
            why = f"column {field.name} is {types[field.name]}, in the package {field.database_type}"
            yield RestoreConflict(table=packaged.table, why=why)


def row_conflicts(connection: Connection, staged: Staged, others: Mapping[str, Staged]) -> Iterator[RestoreConflict]:
    """Rows that stand otherwise, values that must be unique and aren't, rows that are pointed at and are nowhere.

    `others` are all staged tables by their written names.
    """
    yield from _found(connection, staged, staged.key, "another row stands under this key", staged.has(Fate.OTHER))
    for names in staged.facts.unique:
        if names != staged.key and set(names) <= set(staged.packaged.columns):
            why = f"another row has the same {', '.join(names)}, which must be unique"
            yield from _found(connection, staged, names, why, staged.has(*WRITTEN), _taken(staged, names))
    for hop in dict.fromkeys(key.hop for key in staged.facts.foreign):
        if set(hop.child_columns) <= set(staged.packaged.columns):
            yield from _found(connection, staged, hop.child_columns, _nowhere(hop), *_missing(staged, hop, others))


def _found(
    connection: Connection, staged: Staged, shown: Sequence[str], why: str, *conditions: ColumnElement[bool]
) -> Iterator[RestoreConflict]:
    if rows := counted(connection, staged, *conditions):
        example = _example(connection, staged, shown, conditions)
        yield RestoreConflict(table=staged.packaged.table, rows=rows, example=example, why=why)


def _example(
    connection: Connection, staged: Staged, shown: Sequence[str], conditions: Iterable[ColumnElement[bool]]
) -> str:
    values = [cast(staged.staging.c[name], Text) for name in shown]
    first = connection.execute(select(*values).where(*conditions).order_by(*values).limit(1)).one()
    return ", ".join(f"{name}={str(value)[:_LONGEST]}" for name, value in zip(shown, first, strict=True))


def _taken(staged: Staged, names: Sequence[str]) -> ColumnElement[bool]:
    conditions = [equal(staged.target, names, staged.staging, names)]
    if staged.key:
        conditions.append(~staged.same_key())
    return exists().select_from(staged.target).where(*conditions).correlate(staged.staging)


def _missing(staged: Staged, hop: Hop, others: Mapping[str, Staged]) -> Iterator[ColumnElement[bool]]:
    """Written rows that point at what is neither in the database nor in the package."""
    yield staged.has(*WRITTEN)
    yield from (staged.staging.c[name].is_not(None) for name in hop.child_columns)
    places = [named(hop.parent, hop.parent_columns).alias("parent")]
    other = others.get(hop.parent)
    if other and set(hop.parent_columns) <= set(other.packaged.columns):
        places.append(other.staging.alias("packaged"))
    for place in places:
        points = equal(place, hop.parent_columns, staged.staging, hop.child_columns)
        yield ~exists().select_from(place).where(points).correlate(staged.staging)


def _nowhere(hop: Hop) -> str:
    return f"the row of {hop.parent} that it points at is neither there nor in the package"
