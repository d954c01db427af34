"""Values of SQLite from the text of a package. Source: CONTRACTS, Export package; sqlite.org/datatype3.html.

A column of SQLite may hold anything; what its declared type prefers (its affinity) is done to whatever is bound. So
text that looks like a number goes back as one where the column would have made it one, unless the package says that
all of the column's values were stored alike, and as what.
"""

import base64
import binascii
import re
from collections.abc import Callable

from connectors.errors import Rejected
from connectors.product_restore_package import PackagedField
from models.table_schema import described

Value = str | int | float | bytes | None
_INTEGER = re.compile(r"-?\d+", re.ASCII)
_REAL = re.compile(r"-?(\d+\.\d+|Infinity)", re.ASCII)
_MOST_BITS = 63
_BOOLEANS = {"t": 1, "f": 0}


def value_of(field: PackagedField) -> Callable[[str], Value]:
    """What reads the column's texts (never None)."""
    binary = described(field.database_type).type == "binary"
    if len(field.storage) == 1:
        return _coded_text if binary and field.storage == ("text",) else _BY_STORAGE[field.storage[0]]
    if binary:
        return _bytes
    if field.type == "boolean":
        return _boolean
    numbers = _prefers_numbers(field.database_type) or {"integer", "real"} & {*field.storage}
    return _number if numbers else str


def _prefers_numbers(database_type: str) -> bool:
    """By SQLite's rules, in their order: INTEGER, TEXT, BLOB, REAL, NUMERIC."""
    declared = database_type.upper()
    if "INT" in declared:
        return True
    return declared != "" and not any(word in declared for word in ("CHAR", "CLOB", "TEXT", "BLOB"))


def _boolean(text: str) -> Value:
    return _BOOLEANS.get(text, text)


def _number(text: str) -> Value:
    """As Python reads it: SQLite's own reading of decimals may be off by the last bit."""
    if _INTEGER.fullmatch(text):
        whole = int(text)
        return whole if -(1 << _MOST_BITS) <= whole < 1 << _MOST_BITS else float(whole)
    return float(text) if _REAL.fullmatch(text) else text


def _integer(text: str) -> Value:
    return _BOOLEANS[text] if text in _BOOLEANS else int(text)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Rejected("export package", "a binary value is no base64", "export it again") from None


def _coded_text(text: str) -> Value:
    return _bytes(text).decode()


_BY_STORAGE: dict[str, Callable[[str], Value]] = {
    "integer": _integer,
    "real": float,
    "text": str,
    "blob": _bytes,
}
