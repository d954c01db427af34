"""The suite of the port Snapshot: PostgreSQL by COPY on shared snapshots, SQLite row by row."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from connectors.errors import NotFound
from connectors.product_snapshot import open_snapshot
from connectors.store.engine import open_engine
from models.inventory import DataSet
from models.package import PackagedColumn
from tests.contract.snapshot_schema import INVENTORY, NOTES, OURS, ROOT, SCHEMA, TAGS, VALUES, database_of


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of its own, with the schema and its rows."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'product.db'}"
    else:
        url = database_of(request.getfixturevalue("postgres"))
    engine = open_engine(url)
    with engine.begin() as connection:
        for statement in SCHEMA:
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO note VALUES (:id, :shop_id, :text)"), VALUES)
        connection.execute(text(TAGS))
    yield engine
    engine.dispose()


def read(engine: Engine, data_set: DataSet, key: str = OURS) -> tuple[bytes, int, tuple[PackagedColumn, ...]]:
    with open_snapshot(engine) as snapshot:
        table = snapshot.read(INVENTORY, data_set, key)
        return b"".join(table), table.rows, table.columns


def cells(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode(), newline="")))


def told(body: bytes, format_: str) -> list[list[object]]:
    """The values of each row."""
    if format_ == "csv":
        return [[*row] for row in cells(body)[1:]]
    return [[*json.loads(line).values()] for line in body.splitlines()]


def as_lines(data_set: DataSet) -> DataSet:
    return data_set.model_copy(update={"format": "jsonl"})


def test_csv_has_a_header_and_each_row_once_in_order(engine: Engine) -> None:
    body, rows, columns = read(engine, NOTES)
    ours = [value for value in VALUES if value["shop_id"] == OURS]
    assert rows == len(ours)
    assert [column.name for column in columns] == ["id", "shop_id", "text"]
    said = [[str(each["id"]), OURS, r"\N" if each["text"] is None else each["text"]] for each in ours]
    assert cells(body) == [["id", "shop_id", "text"], *said]


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_a_column_that_is_left_out_is_never_read(engine: Engine, format_: str) -> None:
    fewer = NOTES.model_copy(update={"leave_out": ("text",), "format": format_})
    body, rows, columns = read(engine, fewer)
    assert [column.name for column in columns] == ["id", "shop_id"]
    assert rows == sum(value["shop_id"] == OURS for value in VALUES)
    said = [[str(value["id"]), OURS] for value in VALUES if value["shop_id"] == OURS]
    assert [[str(each) for each in row] for row in told(body, format_)] == said


def test_null_stands_bare_and_a_text_spelt_like_it_in_quotes(engine: Engine) -> None:
    body, _, columns = read(engine, NOTES)
    assert b'"\\N"' in body
    assert b'1,"the \'quoted\' \\ 100% ""shop""",\\N\n' in body
    assert [column.says_null for column in columns] == [False, False, True]


def test_json_lines_hold_integers_as_they_are_and_null_apart_from_empty(engine: Engine) -> None:
    body, rows, _ = read(engine, as_lines(NOTES))
    ours = [value for value in VALUES if value["shop_id"] == OURS]
    assert rows == len(ours)
    assert body.endswith(b"}\n")
    assert [json.loads(line) for line in body[:-1].split(b"\n")] == ours


def test_a_second_reading_gives_the_same_blocks(engine: Engine) -> None:
    with engine.begin() as connection:
        more = [{"id": 100 + number, "shop_id": OURS, "text": "ñ" * 700} for number in range(3_000)]
        connection.execute(text("INSERT INTO note VALUES (:id, :shop_id, :text)"), more)
    with open_snapshot(engine) as snapshot:
        first, second = (list(snapshot.read(INVENTORY, NOTES, OURS)) for _ in range(2))
    assert first == second
    assert len(first) > 2
    assert all(1 << 20 <= len(block) < 3 << 20 for block in first[:-1])


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_rows_without_a_key_are_ordered_by_all_they_hold(engine: Engine, format_: str) -> None:
    loose = INVENTORY.data_set("tag").model_copy(update={"format": format_})
    body, rows, _ = read(engine, loose)
    assert rows == 4
    if format_ == "csv":
        assert cells(body)[1:] == sorted(cells(body)[1:])
        assert [row[1] for row in cells(body)[1:]] == ["a", "b", "b", "b"]


def test_an_empty_text_alone_in_its_row_is_no_blank_line(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO shop VALUES ('')"))
    body, rows, _ = read(engine, ROOT, "")
    assert rows == 1
    assert body.splitlines()[1:] == [b'""']


HOSTILE = [
    "'",
    "''; DROP TABLE note; --",
    "\\",
    "\\'",
    "%s",
    "%(x)s",
    "%%",
    ":x",
    "\n",
    "é\U0001f600\u202e",
    "$$",
    "E'\\''",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_is_a_value_whatever_it_holds(engine: Engine, key: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO shop VALUES (:key)"), {"key": key})
        connection.execute(text("INSERT INTO note VALUES (1000, :key, 'theirs')"), {"key": key})
    with open_snapshot(engine) as snapshot:
        assert cells(b"".join(snapshot.read(INVENTORY, NOTES, key)))[1:] == [["1000", key, "theirs"]]
        assert snapshot.count(INVENTORY, NOTES, key) == 1
        assert list(snapshot.values(INVENTORY, NOTES, key, "shop_id")) == [key]


def test_an_account_without_rows_gives_a_header(engine: Engine) -> None:
    body, rows, _ = read(engine, NOTES, "nobody")
    assert (body, rows) == (b"id,shop_id,text\n", 0)
    assert read(engine, as_lines(NOTES), "nobody")[:2] == (b"", 0)


def test_reference_sets_hold_what_the_rows_point_at(engine: Engine) -> None:
    body, rows, _ = read(engine, INVENTORY.data_set("kind"))
    assert rows == 2
    assert cells(body) == [["code", "label"], ["a", "An a"], ["b", r"\N"]]


def test_counts_and_values_agree_with_what_is_read(engine: Engine) -> None:
    with open_snapshot(engine) as snapshot:
        for data_set in (*INVENTORY.data_sets, *INVENTORY.reference_sets):
            table = snapshot.read(INVENTORY, data_set, OURS)
            b"".join(table)
            assert snapshot.count(INVENTORY, data_set, OURS) == table.rows
        found = list(snapshot.values(INVENTORY, NOTES, OURS, "text"))
    assert found == [each["text"] for each in VALUES if each["shop_id"] == OURS and each["text"] is not None]


def test_everything_is_of_one_instant_whatever_is_written_meanwhile(engine: Engine) -> None:
    before = read(engine, NOTES)[0]
    with open_snapshot(engine) as snapshot:
        readers = [snapshot.read(INVENTORY, NOTES, OURS) for _ in range(snapshot.readers)]
        with engine.begin() as connection:
            connection.execute(text("UPDATE note SET text = 'changed' WHERE id = 1"))
            connection.execute(text("DELETE FROM note WHERE id = 4"))
            connection.execute(text("INSERT INTO note VALUES (50, :ours, 'new')"), {"ours": OURS})
        with closing(iter(readers[0])) as first, closing(iter(readers[-1])) as last:
            both = [next(first), next(last)] if snapshot.readers > 1 else [b"".join(first)] * 2
        assert both == [before, before]
        assert snapshot.count(INVENTORY, NOTES, OURS) == len(cells(before)) - 1
    assert read(engine, NOTES)[0] != before


def test_a_table_that_isnt_there_is_not_found(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE note RENAME TO gone"))
    with open_snapshot(engine) as snapshot, pytest.raises(NotFound):
        snapshot.read(INVENTORY, NOTES, OURS)


def test_two_snapshots_have_two_names(engine: Engine) -> None:
    with open_snapshot(engine) as first, engine.begin() as connection:
        connection.execute(text("DELETE FROM tag"))
    with open_snapshot(engine) as second:
        assert first.instant != second.instant
