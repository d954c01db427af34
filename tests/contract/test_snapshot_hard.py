"""Snapshots of a schema with every hard case: circles, several ways, parts, names that nobody would choose."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from connectors.product_snapshot import open_snapshot
from connectors.store.engine import open_engine
from tests.contract import hard_schema
from tests.contract.hard_schema import OURS, THEIRS
from tests.contract.snapshot_schema import database_of


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    on_disk = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'product.db'}" if on_disk else database_of(request.getfixturevalue("postgres"))
    engine = open_engine(url)
    hard_schema.create(engine)
    yield engine
    engine.dispose()


def test_each_set_is_read_as_counted_and_again_the_same_in_both_forms(engine: Engine) -> None:
    inventory = hard_schema.inventory(engine.dialect.name)
    with open_snapshot(engine) as snapshot:
        for data_set in (*inventory.data_sets, *inventory.reference_sets):
            for form in ("csv", "jsonl"):
                wanted = data_set.model_copy(update={"format": form})
                first, second = (snapshot.read(inventory, wanted, OURS) for _ in range(2))
                assert b"".join(first) == b"".join(second)
                assert first.rows == second.rows == snapshot.count(inventory, data_set, OURS), data_set.name


def test_what_is_proven_goes_with_the_ways_to_the_root(engine: Engine) -> None:
    """Nothing changed: all but those that others decide on. The root changed: nothing. Others' rows: the same as before."""
    inventory = hard_schema.inventory(engine.dialect.name)
    sets = [*inventory.data_sets, *inventory.reference_sets]
    with open_snapshot(engine) as snapshot:
        instant = snapshot.instant
        counted = {each.name: snapshot.count(inventory, each, OURS) for each in sets}

    def proven() -> set[str]:
        with open_snapshot(engine) as now:
            return {
                each.name for each in sets if now.unchanged_since(instant, counted[each.name], inventory, each, OURS)
            }

    kept = {each.name for each in sets if each.of_two == "keep"}
    unchanged = proven()
    if engine.dialect.name == "sqlite":
        assert unchanged == set()
        return
    assert not unchanged & kept
    assert len(unchanged) > len(sets) / 2
    with engine.begin() as connection:
        connection.execute(text('UPDATE "Account" SET "Id" = "Id" WHERE "Id" = :theirs'), {"theirs": THEIRS})
    assert proven() == unchanged
    with engine.begin() as connection:
        connection.execute(text('UPDATE "Account" SET "Id" = "Id" WHERE "Id" = :ours'), {"ours": OURS})
    assert proven() == set()
