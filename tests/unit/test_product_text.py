"""Values of any driver as text: what is written, and when a column is told to be loose."""

import csv
import io
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from connectors.product_text import TextWriter
from models.package import PackagedColumn
from models.schema import ColumnFacts
from models.table_schema import described

AT = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def written(type_: str, *values: Any) -> tuple[list[str], PackagedColumn]:
    writer = TextWriter([ColumnFacts(name="c", type=type_, nullable=True)])
    body = b"".join(writer.csv([[(value,) for value in values]])).decode()
    rows = list(csv.reader(io.StringIO(body, newline="")))
    assert rows[0] == ["c"]
    return [row[0] for row in rows[1:]], writer.columns[0]


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("INTEGER", -7, "-7"),
        ("BIGINT", 2**70, str(2**70)),
        ("BOOLEAN", 1, "t"),
        ("BOOLEAN", False, "f"),
        ("NUMERIC(9, 2)", Decimal("1E+3"), "1000"),
        ("DECIMAL_TEXT(14, 3)", "12.500", "12.500"),
        ("REAL", 1e-7, "0.0000001"),
        ("DATE", date(2026, 3, 29), "2026-03-29"),
        ("TIMESTAMP", AT, "2026-03-29T01:30:00+00:00"),
        ("TIMESTAMP", "2026-03-29 01:30:00", "2026-03-29 01:30:00"),
        ("TIME", time(1, 30), "01:30:00"),
        ("BLOB", b"\x00\xff", "AP8="),
        ("BLOB", "ñ", "w7E="),
        ("JSON", {"a": [Decimal("1.50"), AT]}, '{"a": ["1.50", "2026-03-29T01:30:00+00:00"]}'),
        ("TEXT", "", ""),
        ("TEXT", ' a,"b"\r\n', ' a,"b"\r\n'),
        ("anything", 5, "5"),
    ],
)  # fmt: skip
def test_a_value_is_written_and_fits(type_: str, value: Any, text: str) -> None:
    texts, column = written(type_, value, None)
    assert texts == [text, r"\N"]
    assert not column.loose
    assert not column.says_null


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("INTEGER", "many"),
        ("INTEGER", 1.5),
        ("INTEGER", "٣"),
        ("BOOLEAN", 2),
        ("NUMERIC", "1e400"),
        ("REAL", float("inf")),
        ("DATE", "infinity"),
        ("DATE", "2026-02-30"),
        ("TIMESTAMP", "2026-03-29"),
        ("TIMESTAMP", "2026-03-29T25:00:00"),
        ("TIME", "24:00:00"),
        ("TEXT", b"\xff"),
    ],
)
def test_one_value_that_doesnt_fit_makes_a_column_loose(type_: str, value: Any) -> None:
    assert not written(type_, None)[1].loose
    assert written(type_, None, value, None)[1].loose


def test_null_and_the_text_that_is_spelt_like_it_are_told_apart() -> None:
    facts = [ColumnFacts(name=name, type="TEXT", nullable=True) for name in ("a", "b")]
    writer = TextWriter(facts)
    assert b"".join(writer.csv([[(None, r"\N"), (r"\\N", "x")]])) == b'a,b\n\\N,"\\N"\n\\\\N,x\n'
    assert [column.says_null for column in writer.columns] == [False, True]


def test_json_lines_hold_integers_and_booleans_and_all_else_as_text() -> None:
    types = ("INTEGER", "BOOLEAN", "NUMERIC", "TEXT", "BLOB", "INTEGER", "BOOLEAN")
    facts = [ColumnFacts(name=f"ñ{place}", type=type_, nullable=True) for place, type_ in enumerate(types)]
    page = [(1, 1, Decimal("1.50"), "\u2028\x00", b"\x00", "odd", 7), (None,) * 7]
    lines = b"".join(TextWriter(facts).json_lines([page])).split(b"\n")
    assert list(json.loads(lines[0]).values()) == [1, True, "1.50", "\u2028\x00", "AA==", "odd", "7"]
    assert set(json.loads(lines[1]).values()) == {None}
    assert lines[2:] == [b""]


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("timestamp without time zone", "datetime"),
        ("timestamp(3) with time zone", "datetime"),
        ("time without time zone", "time"),
        ("time(3) with time zone", "string"),
        ("time with time zone", "string"),
        ("double precision", "number"),
        ("character varying(12)", "string"),
        ("bigint", "integer"),
        ("integer[]", "string"),
        ("int4range", "string"),
        ("interval day to second(2)", "string"),
        ("date.date", "string"),
        ("date_of_birth", "string"),
        ('"Date"', "string"),
        ("bytea", "binary"),
        ("", "string"),
    ],
)
def test_types_are_described_by_their_first_word(type_: str, kind: str) -> None:
    assert described(type_).type == kind
