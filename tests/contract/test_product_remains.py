"""What an SQLite file holds of rows that were erased: nothing, in no page and in no log. Source: DOMAIN erasure.4."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.errors import Unavailable
from connectors.product import SqlProduct
from connectors.store.engine import open_engine
from connectors.store.sessions import READS
from models.inventory import Inventory

ROOT = {"name": "shop", "table": "shop", "key": ["id"], "erase": "mask", "mask": {"name": ""}}
NOTE = {"name": "note", "table": "note", "key": ["id"], "hops": ["note.shop_id -> shop.id"]}
INVENTORY = Inventory.model_validate({"root": "shop", "key": "id", "data_set": [NOTE, ROOT]})


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/product.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE shop (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        connection.exec_driver_sql(
            "CREATE TABLE note (id INTEGER PRIMARY KEY, shop_id INTEGER REFERENCES shop (id), text TEXT NOT NULL)"
        )
        connection.exec_driver_sql("INSERT INTO shop VALUES (1, 'canary-shop'), (2, 'stays')")
    for n in range(600):  # many transactions, so that pages split and move
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO note VALUES (?, ?, ?)", (n * 7919 % 600, n % 2 + 1, f"canary-{n}-" + "x" * (n % 97) * 9)
            )
    yield engine
    engine.dispose()


def purge(engine: Engine) -> None:
    for data_set in INVENTORY.data_sets:
        while SqlProduct(engine).erase(INVENTORY, data_set, "1", 50):
            pass


def test_erasure_4_no_page_and_no_log_holds_what_was_erased(shop: Engine, tmp_path: Path) -> None:
    purge(shop)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [n for n in range(0, 600, 2) if f"canary-{n}-".encode() in content] == []
    assert b"canary-shop" not in content
    assert all(f"canary-{n}-".encode() in content for n in range(1, 600, 2))


def test_erasure_4_who_still_reads_what_was_before_delays_the_end_and_is_not_disturbed(
    shop: Engine, tmp_path: Path
) -> None:
    with shop.execution_options(**{READS: True}).connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM note").scalar()
        with pytest.raises(Unavailable, match="reads the state before"):
            purge(shop)
        assert reader.exec_driver_sql("SELECT count(*) FROM note").scalar() == 600
    purge(shop)
    assert b"canary-shop" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
