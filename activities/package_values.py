"""How values are written in a package, and as which type they are described. Source: STACK, Package formats."""

import base64
import json
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

NULL = r"\N"
_INTEGERS = frozenset(
    [
        "INT",
        "INTEGER",
        "BIGINT",
        "SMALLINT",
        "TINYINT",
        "MEDIUMINT",
        "INT2",
        "INT4",
        "INT8",
        "SERIAL",
        "BIGSERIAL",
        "SMALLSERIAL",
    ]
)
_NUMBERS = frozenset(["DECIMAL", "DECIMAL_TEXT", "NUMERIC", "NUMBER", "REAL", "FLOAT", "FLOAT4", "FLOAT8", "DOUBLE"])
_BINARIES = frozenset(["BLOB", "BYTEA", "BINARY", "VARBINARY", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"])
_DATETIMES = frozenset(["TIMESTAMP", "TIMESTAMPTZ", "DATETIME"])
_INTEGER, _NUMBER = re.compile(r"-?\d+"), re.compile(r"-?\d+(\.\d+)?|NaN")
_DATE, _TIME = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d\d:\d\d:\d\d")
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?)")
_WORD = re.compile(r"[A-Z_]+[0-9]*")


class Cell(NamedTuple):
    """A value as text, and whether a reader who trusts the column's type can read it."""

    text: str
    fits: bool


class Described(NamedTuple):
    """A type of the Table Schema, with its format."""

    type: str
    format: str = "default"


class Form(NamedTuple):
    """How a column is described, and how its values (never None) are written."""

    described: Described
    cell: Callable[[Any], Cell]


def form_of(database_type: str) -> Form:
    """The form for a type as the database declares it; what it doesn't know is text."""
    declared = database_type.upper()
    found = _WORD.match(declared)
    word = found.group() if found else ""
    if declared.endswith("[]"):
        return _STRING
    return next((form for words, form in _FORMS if word in words), _STRING)


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
    text = plain(value)
    found = _DATETIME.fullmatch(text)
    if found is None:
        return Cell(text, fits=False)
    text = f"{found[1]}T{found[2]}"
    return Cell(text, _is(datetime, text))


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


_STRING = Form(Described("string"), _string)
_FORMS: tuple[tuple[frozenset[str], Form], ...] = (
    (frozenset({"BOOL", "BOOLEAN"}), Form(Described("boolean"), _boolean)),
    (_INTEGERS, Form(Described("integer"), _integer)),
    (_NUMBERS, Form(Described("number"), _number)),
    (frozenset({"DATE"}), Form(Described("date"), _date)),
    (_DATETIMES, Form(Described("datetime"), _datetime)),
    (frozenset({"TIME"}), Form(Described("time"), _time)),
    (_BINARIES, Form(Described("string", "binary"), _binary)),
)
