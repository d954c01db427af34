"""How a value that a driver gives is written as text, and whether it fits its column's type.

Source: STACK, Package formats.
"""

import base64
import json
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from models.table_schema import described

_INTEGER, _NUMBER = re.compile(r"-?\d+", re.ASCII), re.compile(r"-?\d+(\.\d+)?|NaN", re.ASCII)
_DATE, _TIME = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), re.compile(r"\d\d:\d\d:\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII)


class Cell(NamedTuple):
    """A value as text, and whether a reader who trusts the column's type can read it."""

    text: str
    fits: bool


def cell_of(database_type: str) -> Callable[[Any], Cell]:
    """What writes the values (never None) of a column of this type."""
    return _CELLS[described(database_type).type]


def plain(value: Any) -> str:  # noqa: PLR0911 — one return a type reads as the table it is
    """Times in RFC 3339, decimals without exponent, bytes as base64, documents as JSON."""
    match value:
        case str():
            return value
        case bool():
            return "t" if value else "f"
        case float() | Decimal():
            return format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case datetime() | date() | time():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=plain)
    return str(value)


def _boolean(value: Any) -> Cell:
    text = {0: "f", 1: "t"}.get(value) if isinstance(value, int) else None
    return Cell(text or plain(value), text is not None)


def _integer(value: Any) -> Cell:
    text = plain(value)
    return Cell(text, _INTEGER.fullmatch(text) is not None)


def _number(value: Any) -> Cell:
    text = plain(value)
    return Cell(text, _NUMBER.fullmatch(text) is not None)


def _date(value: Any) -> Cell:
    text = plain(value)
    return Cell(text, _DATE.fullmatch(text) is not None and _is(date, text))


def _time(value: Any) -> Cell:
    text = plain(value)
    return Cell(text, _TIME.fullmatch(text) is not None and _is(time, text))


def _datetime(value: Any) -> Cell:
    """A text stays as it is: with a space instead of the T it reads as well, and can be restored to the letter."""
    text = plain(value)
    return Cell(text, _DATETIME.fullmatch(text) is not None and _is(datetime, text))


def _binary(value: Any) -> Cell:
    """SQLite lets a text stand in a binary column: its UTF-8 bytes, then, so that the column reads as one thing."""
    return Cell(plain(value.encode() if isinstance(value, str) else value), fits=True)


def _string(value: Any) -> Cell:
    """Bytes in a column of text can only be written as base64, which a reader must be told of."""
    return Cell(plain(value), not isinstance(value, bytes | bytearray | memoryview))


def _is(kind: type[date] | type[time], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True


_CELLS: dict[str, Callable[[Any], Cell]] = {
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "binary": _binary,
    "string": _string,
}
