"""What a later snapshot of PostgreSQL proves of an earlier one, and what it doesn't. Source: docs/one-instant.md."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from connectors.product_snapshot import open_snapshot
from connectors.store.engine import open_engine
from devstack.postgres import Postgres
from models.inventory import Inventory
from tests.contract.snapshot_schema import INVENTORY, NOTES, OURS, SCHEMA, TAGS, VALUES, database_of

SETS = ("tag", "note", "shop", "kind")


@pytest.fixture
def engine(postgres: Postgres) -> Iterator[Engine]:
    engine = open_engine(database_of(postgres))
    with engine.begin() as connection:
        for statement in SCHEMA:
            connection.execute(text(statement))
        connection.execute(text("INSERT INTO note VALUES (:id, :shop_id, :text)"), VALUES)
        connection.execute(text(TAGS))
    yield engine
    engine.dispose()


def instant_of(engine: Engine) -> tuple[str, dict[str, int]]:
    with open_snapshot(engine) as snapshot:
        return snapshot.instant, {name: snapshot.count(INVENTORY, INVENTORY.data_set(name), OURS) for name in SETS}


def proven(engine: Engine, instant: str, counted: dict[str, int], inventory: Inventory = INVENTORY) -> set[str]:
    with open_snapshot(engine) as snapshot:
        each = ((name, inventory.data_set(name)) for name in SETS)
        return {
            name
            for name, data_set in each
            if snapshot.unchanged_since(instant, counted[name], inventory, data_set, OURS)
        }


def change(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), {"ours": OURS})


def test_nothing_changed_is_proven(engine: Engine) -> None:
    assert proven(engine, *instant_of(engine)) == {*SETS}


def test_a_count_of_its_own_must_agree(engine: Engine) -> None:
    instant, counted = instant_of(engine)
    assert proven(engine, instant, counted | {"note": counted["note"] + 1}) == {"tag", "shop", "kind"}


INSERT = "INSERT INTO note VALUES (60, :ours, 'new')"
CHANGES = {
    "inserted": ([INSERT], {"shop"}),
    "updated": (["UPDATE note SET text = 'new' WHERE id = 1"], {"shop"}),
    "updated to the same": (["UPDATE note SET text = text WHERE id = 1"], {"shop"}),
    "deleted": (["DELETE FROM note WHERE id = 4"], {"tag", "shop", "kind"}),
    "deleted and another inserted": (["DELETE FROM note WHERE id = 4", INSERT], {"shop"}),
    "came from others": (
        ["DELETE FROM note WHERE id = 4", "UPDATE note SET shop_id = :ours WHERE id = 99"],
        {"shop"},
    ),
    "left for others": (["UPDATE note SET shop_id = 'theirs' WHERE id = 4"], {"tag", "shop", "kind"}),
    "a child": (
        ["DELETE FROM tag WHERE note_id = 1", "INSERT INTO tag VALUES (1, 'b'), (1, 'a')"],
        {"note", "shop"},
    ),
    "the root": (["UPDATE shop SET id = id WHERE id = :ours"], set()),
    "others' rows": (["UPDATE note SET text = 'new' WHERE id = 99", "INSERT INTO shop VALUES ('x')"], {*SETS}),
    "what they point at": (["UPDATE kind SET label = 'new' WHERE code = 'a'"], {"tag", "note", "shop"}),
    "what only others point at": (["UPDATE kind SET label = 'new' WHERE code = 'c'"], {*SETS}),
    "a column added": (["ALTER TABLE note ADD COLUMN more text DEFAULT 'x'"], {"shop"}),
    "a column renamed": (
        ["ALTER TABLE tag RENAME kind TO sort", "ALTER TABLE tag RENAME sort TO kind"],
        {"note", "shop"},
    ),
    "swapped with another table": (
        ["ALTER TABLE kind RENAME TO old", "CREATE TABLE kind AS TABLE old"],
        {"tag", "note", "shop"},
    ),
    "emptied": (["TRUNCATE tag"], {"note", "shop"}),
    "vacuumed": ([], {*SETS}),
}


@pytest.mark.parametrize(("statements", "unchanged"), CHANGES.values(), ids=CHANGES)
def test_only_what_no_transaction_touched_is_proven(engine: Engine, statements: list[str], unchanged: set[str]) -> None:
    instant, counted = instant_of(engine)
    change(engine, *statements)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (FREEZE, ANALYZE)"))
    assert proven(engine, instant, counted) == unchanged


def test_a_row_by_a_transaction_that_was_open_then_proves_nothing(engine: Engine) -> None:
    """Even below a savepoint, whose number the snapshot doesn't list among those that were open."""
    with engine.begin() as late:
        late.execute(text("INSERT INTO shop VALUES ('begun')"))
        with late.begin_nested():
            late.execute(text("UPDATE note SET text = 'late' WHERE id = 1"))
            change(engine, "INSERT INTO shop VALUES ('meanwhile')")
            instant, counted = instant_of(engine)
    assert proven(engine, instant, counted) == {"shop"}


def test_what_an_instant_sees_is_on_disk(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET synchronous_commit = off"))
        connection.execute(text("UPDATE note SET text = 'not on disk yet'"))
        log = connection.scalar(text("SELECT pg_current_wal_insert_lsn()::text"))
        with open_snapshot(engine) as snapshot:
            assert "@" in snapshot.instant
        assert connection.scalar(text("SELECT pg_current_wal_flush_lsn() >= CAST(:log AS pg_lsn)"), {"log": log})


def test_a_row_that_was_rolled_back_changes_nothing(engine: Engine) -> None:
    instant, counted = instant_of(engine)
    with engine.connect() as connection:
        connection.execute(text("DELETE FROM tag"))
        connection.execute(text("UPDATE note SET text = 'never'"))
        connection.rollback()
    assert proven(engine, instant, counted) == {*SETS}


@pytest.mark.parametrize("part", [0, 1, 2])
def test_another_server_time_line_or_database_proves_nothing(engine: Engine, part: int) -> None:
    instant, counted = instant_of(engine)
    server, _, snapshot = instant.partition("@")
    parts = server.split("-")
    parts[part] = str(int(parts[part]) + 1)
    assert proven(engine, f"{'-'.join(parts)}@{snapshot}", counted) == set()


@pytest.mark.parametrize("instant", ["", "words", "1-1-1@", "1-1-1@x:y:", "@1:1:"])
def test_no_instant_proves_nothing(engine: Engine, instant: str) -> None:
    assert proven(engine, instant, instant_of(engine)[1]) == set()


def test_an_earlier_snapshot_proves_nothing_of_a_later_one(engine: Engine) -> None:
    with open_snapshot(engine) as early:
        change(engine, "INSERT INTO shop VALUES ('more')")
        late, counted = instant_of(engine)
        assert not early.unchanged_since(late, counted["note"], INVENTORY, NOTES, OURS)


def test_nor_does_one_that_differs_only_in_what_was_open(engine: Engine) -> None:
    with engine.begin() as first, engine.connect() as second:
        first.execute(text("INSERT INTO shop VALUES ('first')"))
        second.execute(text("DELETE FROM note WHERE id = 4"))
        second.execute(text(INSERT), {"ours": OURS})
        change(engine, "INSERT INTO shop VALUES ('third')")
        with open_snapshot(engine) as early:
            second.commit()
            late, counted = instant_of(engine)
            assert early.instant.split(":")[:2] == late.split(":")[:2]
            assert not early.unchanged_since(late, counted["note"], INVENTORY, NOTES, OURS)


def test_where_others_decide_nothing_is_proven(engine: Engine) -> None:
    kept = [each.model_copy(update={"of_two": "keep"}) if each.name == "note" else each for each in INVENTORY.data_sets]
    inventory = INVENTORY.model_copy(update={"data_sets": tuple(kept)})
    assert proven(engine, *instant_of(engine), inventory) == {"shop"}


def test_numbers_of_transactions_are_told_across_the_turn_of_their_32_bits() -> None:
    from connectors.product_proof import Since

    turn = 1 << 32
    since = Since(turn + 10, turn + 20)
    assert [since.wrote(xmin) for xmin in (9, 10, 19)] == [False, True, True]
    assert not since.wrote(20)  # not seen by us with this number, so it's of the turn before
    assert not any(since.wrote(frozen) for frozen in (0, 1, 2))
    assert [Since(turn - 5, turn + 5).wrote(xmin) for xmin in (turn - 6, turn - 5, turn - 1, 3, 4)] == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert Since(0, 2 * turn).wrote(12345)
