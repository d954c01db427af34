"""As which type of the Table Schema a database's type is described. Source: STACK, Package formats.

What Table Schema can't say (arrays, ranges, intervals, documents, network addresses) is text, the database's own type
beside it. So are types that a product made itself: their names tell nothing.
"""

import re
from typing import NamedTuple

_INTEGERS = "INT INTEGER BIGINT SMALLINT TINYINT MEDIUMINT INT2 INT4 INT8 SERIAL BIGSERIAL SMALLSERIAL OID"
_NUMBERS = "DECIMAL DECIMAL_TEXT NUMERIC NUMBER REAL FLOAT FLOAT4 FLOAT8 DOUBLE"
_BINARIES = "BLOB BYTEA BINARY VARBINARY TINYBLOB MEDIUMBLOB LONGBLOB"
_TYPES = {
    "boolean": "BOOL BOOLEAN",
    "integer": _INTEGERS,
    "number": _NUMBERS,
    "date": "DATE",
    "datetime": "TIMESTAMP TIMESTAMPTZ DATETIME",
    "time": "TIME",
    "binary": _BINARIES,
}
_BY_WORD = {word: kind for kind, words in _TYPES.items() for word in words.split()}
_WORD = re.compile(r"[A-Z_]+[0-9]*(?![\w$.])")
_ZONED_TIME = re.compile(r"TIME\s*(\(\d+\))?\s*WITH TIME ZONE")


class Described(NamedTuple):
    """A type of the Table Schema. `binary` is `string` there."""

    type: str

    @property
    def is_text(self) -> bool:
        """Whether an empty cell could be a value of its own."""
        return self.type in ("string", "binary")


def described(database_type: str) -> Described:
    """For a type as the database declares it; what isn't known is text."""
    declared = database_type.upper()
    found = _WORD.match(declared)
    if found is None or declared.endswith("]") or _ZONED_TIME.match(declared):
        return Described("string")
    return Described(_BY_WORD.get(found.group(), "string"))
