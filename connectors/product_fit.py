r"""Values that PostgreSQL may hold and a description can't: infinite dates, years that have no four digits, `24:00`.

They are looked for while rows are counted, which adds a thirtieth of the time that reading takes; the text that goes
out would take longer to search. A text that is spelt `\N` is only looked for where it was seen to be quoted.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func

from connectors.product_sql import value
from connectors.reach import Reach
from models.package import PackagedColumn
from models.schema import ColumnFacts
from models.table_schema import described

NULL = r"\N"
_LIMITS = {
    "date": ("0001-01-01", "9999-12-31"),
    "datetime": ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"),
    "time": ("00:00:00", "23:59:59.999999"),
}
# A type that a product made itself may bear a name that other databases know.
_OWN = r"boolean|smallint|integer|bigint|oid|numeric|real|double precision|date|timestamp|time|bytea"
_BUILT_IN = re.compile(rf"({_OWN})\b")


class Counted(NamedTuple):
    """How many rows, and in which columns a value doesn't fit."""

    rows: int
    loose: frozenset[str]


def count_of(connection: Connection, way: Reach, columns: Iterable[ColumnFacts]) -> Counted:
    """Counts the rows; `way` has the columns."""
    limited = {each.name: _LIMITS[described(each.type).type] for each in columns if may_be_loose(each)}
    beyond = [
        func.count().filter(~own.between(value(least), value(most)))
        for own, (least, most) in zip(way.these(limited), limited.values(), strict=True)
    ]
    rows, *odd = connection.execute(way.select(func.count(), *beyond)).one()
    return Counted(rows, frozenset(name for name, many in zip(limited, odd, strict=True) if many))


def may_be_loose(column: ColumnFacts) -> bool:
    """Whether values must be looked at to know if they fit."""
    return described(column.type).type in _LIMITS and _BUILT_IN.match(column.type) is not None


def spelt_null(connection: Connection, way: Reach, columns: Sequence[ColumnFacts]) -> frozenset[str]:
    r"""In which columns a text is `\N`; read by the output function, as COPY does."""
    texts = [each.name for each in columns if described(each.type).type == "string"]
    if not texts:
        return frozenset()
    found = [func.bool_or(_output(own) == NULL) for own in way.these(texts)]
    return frozenset(
        name for name, is_there in zip(texts, connection.execute(way.select(*found)).one(), strict=True) if is_there
    )


def packaged(column: ColumnFacts, loose: frozenset[str], says_null: frozenset[str]) -> PackagedColumn:
    """The column, with what is known of its values."""
    named_alike = described(column.type).type != "string" and not _BUILT_IN.match(column.type)
    return PackagedColumn(
        name=column.name,
        database_type=column.type,
        nullable=column.nullable,
        generated=column.generated,
        loose=named_alike or column.name in loose,
        says_null=column.name in says_null,
    )


def _output(own: ColumnElement[object]) -> ColumnElement[str]:
    return func.format("%s", own)
