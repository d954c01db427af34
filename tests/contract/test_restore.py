"""Restore: export, purge, restore gives the same rows; what stands against it is said before anything is written."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from connectors.errors import ConnectorError, Rejected
from connectors.product_restore import Restored, restore
from connectors.product_restore_package import OpenedPackage
from connectors.store.engine import open_engine
from models.inventory import Inventory
from tests.contract import every_type, hard_schema
from tests.contract.packages_by_hand import as_json_lines, everything, package_of, purge, seal
from tests.contract.snapshot_schema import database_of

OURS = hard_schema.OURS


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Makes an empty database; call it as often as you like."""
    engines: list[Engine] = []

    def made() -> Engine:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / uuid4().hex}.db"
        else:
            url = database_of(request.getfixturevalue("postgres"))
        engines.append(open_engine(url))
        return engines[-1]

    yield made
    for engine in engines:
        engine.dispose()


@pytest.fixture
def hard(fresh: Callable[[], Engine]) -> Engine:
    """The generated schema with every hard case, and the rows of three accounts."""
    engine = fresh()
    hard_schema.create(engine)
    return engine


def restored(engine: Engine, folder: Path, inventory: Inventory | None = None) -> Restored:
    return restore(engine, OpenedPackage(folder), inventory, finishing=lambda: None)


def lines(found: Restored) -> list[str]:
    return [str(each) for each in found.conflicts]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_export_purge_restore_gives_the_same_rows(hard: Engine, tmp_path: Path, form: str) -> None:
    inventory = hard_schema.inventory(hard.dialect.name)
    before = everything(hard)
    folder = package_of(hard, as_json_lines(inventory) if form == "jsonl" else inventory, OURS, tmp_path / "p")
    purge(hard, inventory, OURS)
    assert everything(hard) != before
    found = restored(hard, folder, inventory)
    assert lines(found) == []
    assert everything(hard) == before
    again = restored(hard, folder, inventory)
    assert sum(each.inserted + each.brought_back for each in again.tables) == 0
    assert everything(hard) == before
