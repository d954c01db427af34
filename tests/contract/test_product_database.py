"""The suite of the port ProductDatabase, on a small made-up schema with awkward names."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connectors.errors import Conflict, NotFound, Rejected
from connectors.product import SqlProduct
from connectors.store.engine import open_engine
from models.inventory import DataSet, Inventory

SCHEMA = """
CREATE TABLE shelf (code TEXT PRIMARY KEY);
CREATE TABLE library (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL_TEXT(14, 3), opened TIMESTAMP);
CREATE TABLE "Order" (
  "group" INTEGER NOT NULL, "no" TEXT NOT NULL, library_id INTEGER NOT NULL REFERENCES library(id),
  shelf TEXT REFERENCES shelf(code), PRIMARY KEY ("group", "no"));
CREATE TABLE "a ""book" (
  id INTEGER PRIMARY KEY, order_no TEXT NOT NULL, "select" TEXT, cover BLOB,
  parent_id INTEGER REFERENCES "a ""book"(id));
CREATE TABLE note (id INTEGER PRIMARY KEY, library_id INTEGER NOT NULL REFERENCES library(id), seq INTEGER, text TEXT);
INSERT INTO shelf VALUES ('s');
INSERT INTO library VALUES (1, 'ours', '12.500', '2026-03-29T01:30:00+01:00'), (2, 'theirs', NULL, NULL);
INSERT INTO "Order" VALUES (1, 'a', 1, 's'), (1, 'b', 1, NULL), (2, 'c', 2, NULL);
INSERT INTO "a ""book" VALUES (1, 'a', '', x'00ff', 2), (2, 'b', NULL, NULL, 3), (3, 'b', 'x', NULL, 1), (4, 'c', '', NULL, NULL);
INSERT INTO note VALUES (1, 1, 1, 'one'), (2, 1, 2, NULL), (3, 2, 1, 'other');
"""
BOOKS = {
    "name": "books",
    "table": 'a "book',
    "key": ["id"],
    "path": ['a "book.order_no -> Order.no', "Order.library_id -> library.id"],
}
ORDERS = {"name": "orders", "table": "Order", "key": ["group", "no"], "path": ["Order.library_id -> library.id"]}
NOTES = {"name": "notes", "table": "note", "key": ["id"], "path": ["note.library_id -> library.id"]}
INVENTORY = Inventory.model_validate(
    {"root": "library", "data_set": [BOOKS, ORDERS, NOTES, {"name": "library", "table": "library", "key": ["id"]}]}
)
OURS, THEIRS = "1", "2"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'product.db'}")
    with engine.begin() as connection:
        for statement in SCHEMA.split(";\n"):
            connection.exec_driver_sql(statement)
    return engine


@pytest.fixture
def product(engine: Engine) -> SqlProduct:
    return SqlProduct(engine)


def changed(data_set: dict[str, Any], **changes: Any) -> DataSet:
    return DataSet.model_validate(data_set | changes)


def erase_all(product: SqlProduct, data_set: DataSet, limit: int) -> list[int]:
    erased = []
    while count := product.erase(INVENTORY, data_set, OURS, limit):
        erased.append(count)
    return erased


def test_columns_bear_the_types_that_the_database_declares(product: SqlProduct) -> None:
    assert [(c["name"], c["type"], c["nullable"]) for c in product.columns(INVENTORY.data_set("library"))] == [
        ("id", "INTEGER", True),
        ("name", "TEXT", False),
        ("price", "DECIMAL_TEXT(14, 3)", True),
        ("opened", "TIMESTAMP", True),
    ]


def test_a_missing_table_is_not_found(product: SqlProduct) -> None:
    with pytest.raises(NotFound):
        product.columns(changed(NOTES, table="nothing"))


def test_keys_name_tables_of_the_inventory_only(product: SqlProduct) -> None:
    assert product.keys(INVENTORY, INVENTORY.data_set("orders")) == {
        "primary": ["group", "no"],
        "foreign": [{"columns": ["library_id"], "table": "library", "references": ["id"]}],
    }
    assert product.keys(INVENTORY, INVENTORY.data_set("books"))["foreign"] == [
        {"columns": ["parent_id"], "table": 'a "book', "references": ["id"]}
    ]


def test_rows_are_those_of_the_account_by_key_and_as_the_driver_gives_them(product: SqlProduct) -> None:
    rows = [tuple(row) for row in product.rows(INVENTORY, INVENTORY.data_set("books"), OURS)]
    assert rows == [(1, "a", "", b"\x00\xff", 2), (2, "b", None, None, 3), (3, "b", "x", None, 1)]
    library = [tuple(row) for row in product.rows(INVENTORY, INVENTORY.data_set("library"), OURS)]
    assert library == [(1, "ours", "12.500", "2026-03-29T01:30:00+01:00")]


def test_counts_agree_with_rows(product: SqlProduct) -> None:
    assert {d.name: product.count(INVENTORY, d, OURS) for d in INVENTORY.data_sets} == {
        "books": 3,
        "orders": 2,
        "notes": 2,
        "library": 1,
    }
    assert product.total(OURS, INVENTORY) == 8
    assert product.total("nobody", INVENTORY) == 0


@pytest.mark.parametrize(("limit", "batches"), [(1, [1, 1, 1]), (2, [2, 1]), (100, [3])])
def test_a_table_that_points_at_itself_in_a_circle_is_erased_in_batches(
    product: SqlProduct, limit: int, batches: list[int]
) -> None:
    assert erase_all(product, INVENTORY.data_set("books"), limit) == batches
    assert product.count(INVENTORY, INVENTORY.data_set("books"), THEIRS) == 1


def test_everything_is_erased_in_the_order_of_the_inventory_and_nobody_elses(product: SqlProduct) -> None:
    assert [sum(erase_all(product, data_set, 1)) for data_set in INVENTORY.data_sets] == [3, 2, 2, 1]
    assert product.total(OURS, INVENTORY) == 0
    assert product.total(THEIRS, INVENTORY) == 4


def test_a_row_that_others_need_is_a_conflict_and_stays(product: SqlProduct) -> None:
    with pytest.raises(Conflict):
        product.erase(INVENTORY, INVENTORY.data_set("library"), OURS, 10)
    assert product.count(INVENTORY, INVENTORY.data_set("library"), OURS) == 1


def test_masking_ends_and_touches_only_the_account(product: SqlProduct) -> None:
    masked = changed(NOTES, erase="mask", mask={"text": "erased", "seq": "0"})
    assert erase_all(product, masked, 1) == [1, 1]
    assert [tuple(row) for row in product.rows(INVENTORY, masked, OURS)] == [(1, 1, 0, "erased"), (2, 1, 0, "erased")]
    assert [tuple(row) for row in product.rows(INVENTORY, masked, THEIRS)] == [(3, 2, 1, "other")]


def test_masking_with_null_ends(product: SqlProduct) -> None:
    masked = changed(NOTES, erase="mask", mask={"text": None})
    assert erase_all(product, masked, 10) == [1]


def test_retained_rows_stay(product: SqlProduct) -> None:
    assert product.erase(INVENTORY, changed(NOTES, erase="retain"), OURS, 10) == 0


@pytest.mark.parametrize(
    "data_set",
    [
        changed(NOTES, key=["seq"]),
        changed(NOTES, path=[]),
        changed(NOTES, path=["Order.library_id -> library.id"]),
        changed(NOTES, erase="mask"),
    ],
    ids=["a key that others share", "no path", "a path from elsewhere", "a mask without columns"],
)
def test_what_could_reach_others_is_refused(product: SqlProduct, data_set: DataSet) -> None:
    with pytest.raises(Rejected):
        product.erase(INVENTORY, data_set, OURS, 10)


def test_a_wrong_column_in_the_inventory_is_told_without_retrying(product: SqlProduct) -> None:
    with pytest.raises(Rejected):
        product.count(INVENTORY, changed(NOTES, path=["note.library -> library.id"]), OURS)


def test_many_rows_are_streamed(product: SqlProduct, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 5009)"
            " INSERT INTO note SELECT i, 1, i, 'x' FROM n"
        )
    rows = product.rows(INVENTORY, INVENTORY.data_set("notes"), OURS)
    assert next(rows)[0] == 1
    assert sum(1 for _ in rows) == 5001
