"""What goes wrong while PostgreSQL is read: always an error of ours, never a table that looks whole."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text

from connectors import product_copy, product_shared
from connectors.errors import ConnectorError, NotFound, Rejected, Unauthorized, Unavailable
from connectors.ports.product import Snapshot
from connectors.product_snapshot import open_snapshot
from connectors.store.engine import open_engine
from devstack.postgres import Postgres, running_postgres
from models.inventory import Inventory
from tests.contract.snapshot_schema import database_of

OURS = "1"
SCHEMA = """
CREATE TABLE shop (id integer PRIMARY KEY);
CREATE TABLE note (id integer, shop_id integer NOT NULL REFERENCES shop(id), text text) PARTITION BY RANGE (id);
CREATE TABLE note_low PARTITION OF note FOR VALUES FROM (0) TO (1000000);
CREATE TABLE note_high (LIKE note);
INSERT INTO shop VALUES (1), (2);
INSERT INTO note SELECT i, 1, repeat(md5(i::text), 4) FROM generate_series(1, 50000) i;
INSERT INTO note_high VALUES (1000000, 1, 'early');
"""
INVENTORY = Inventory.model_validate(
    {
        "root": "shop",
        "data_set": [
            {"name": "note", "table": "note", "key": ["id"], "hops": ["note.shop_id -> shop.id"]},
            {"name": "shop", "table": "shop", "key": ["id"]},
        ],
    }
)
NOTES = INVENTORY.data_set("note")


def filled(url: str) -> Engine:
    engine = open_engine(url)
    run(engine, *SCHEMA.strip().split("\n"))
    return engine


def run(engine: Engine, *statements: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def url(postgres: Postgres) -> str:
    return database_of(postgres)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = filled(url)
    yield engine
    engine.dispose()


ALTERED: dict[str, tuple[str, type[ConnectorError]]] = {
    "dropped": ("DROP TABLE note", NotFound),
    "emptied": ("TRUNCATE note", Unavailable),
    "rewritten": ("ALTER TABLE note ALTER text TYPE bytea USING text::bytea", Unavailable),
    "a column dropped": ("ALTER TABLE note DROP text", Unavailable),
    "a part attached": (
        "ALTER TABLE note ATTACH PARTITION note_high FOR VALUES FROM (1000000) TO (2000000)",
        Unavailable,
    ),
    "a part cut off": ("ALTER TABLE note DETACH PARTITION note_low", Unavailable),
    "its parent rewritten": ("ALTER TABLE shop ALTER id TYPE bigint", Unavailable),
    "no longer ours to read": ("REVOKE SELECT ON note FROM reader", Unauthorized),
}
READS: dict[str, Callable[[Snapshot], object]] = {
    "read": lambda snapshot: list(snapshot.read(INVENTORY, NOTES, OURS)),
    "count": lambda snapshot: snapshot.count(INVENTORY, NOTES, OURS),
    "values": lambda snapshot: list(snapshot.values(INVENTORY, NOTES, OURS, "text")),
}


@pytest.fixture
def reader(engine: Engine, url: str) -> Iterator[Engine]:
    """As a role that may only read."""
    role = f"reader_{uuid4().hex}"
    run(engine, f"CREATE ROLE {role} LOGIN PASSWORD 'x'", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    reading = open_engine(make_url(url).set(username=role, password="x").render_as_string(hide_password=False))
    yield reading
    reading.dispose()


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize(("statement", "error"), ALTERED.values(), ids=ALTERED)
def test_a_table_altered_since_is_found_out(
    engine: Engine, reader: Engine, statement: str, error: type[ConnectorError], read: Callable[[Snapshot], object]
) -> None:
    with open_snapshot(reader) as snapshot:
        run(engine, statement.replace("reader", str(reader.url.username)))
        with pytest.raises(error):
            read(snapshot)


def test_a_role_that_may_only_read_can(reader: Engine) -> None:
    with open_snapshot(reader) as snapshot:
        assert snapshot.count(INVENTORY, NOTES, OURS) == 50_000
        assert "@" in snapshot.instant


def test_one_column_that_we_may_not_read_is_told(engine: Engine, reader: Engine) -> None:
    role = reader.url.username
    run(engine, f"REVOKE SELECT ON note FROM {role}", f"GRANT SELECT (id, shop_id) ON note TO {role}")
    with open_snapshot(reader) as snapshot, pytest.raises(Unauthorized):
        list(snapshot.read(INVENTORY, NOTES, OURS))


def test_rows_that_a_policy_hides_are_never_left_out_in_silence(engine: Engine, reader: Engine) -> None:
    run(engine, "ALTER TABLE note ENABLE ROW LEVEL SECURITY", "CREATE POLICY few ON note USING (id < 10)")
    for read in READS.values():
        with open_snapshot(reader) as snapshot, pytest.raises(Unauthorized):
            read(snapshot)


def test_a_key_of_another_type_is_rejected(engine: Engine) -> None:
    for key in ("abc", "1\0"):
        with open_snapshot(engine) as snapshot, pytest.raises(Rejected):
            list(snapshot.read(INVENTORY, NOTES, key))


def test_a_reading_that_is_left_leaves_nothing_behind(engine: Engine) -> None:
    with open_snapshot(engine) as snapshot:
        for _ in range(3):
            begun = iter(snapshot.read(INVENTORY, NOTES, OURS))
            next(begun)
            begun.close()  # type: ignore[attr-defined]  # it's a generator
        assert snapshot.count(INVENTORY, NOTES, OURS) == 50_000
        table = snapshot.read(INVENTORY, NOTES, OURS)
        assert sum(map(len, table)) > 6_000_000
        assert table.rows == 50_000


def test_a_long_row_goes_out_in_pieces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    run(engine, "INSERT INTO note VALUES (0, 1, repeat('x', 3000000)), (60000, 1, '\\N')")
    with open_snapshot(engine) as snapshot:
        whole = snapshot.read(INVENTORY, NOTES, OURS)
        body = b"".join(whole)
        monkeypatch.setattr(product_copy, "_LONG_BYTES", 2_000_000)
        pieces = snapshot.read(INVENTORY, NOTES, OURS)
        blocks = list(pieces)
    assert b"".join(blocks) == body
    assert max(map(len, blocks)) < 2_000_000
    assert (pieces.rows, pieces.columns) == (whole.rows, whole.columns)
    assert pieces.columns[-1].says_null


@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_reading_that_somebody_ends_may_be_tried_again(engine: Engine, how: str) -> None:
    others = "pid <> pg_backend_pid() AND datname = current_database() AND query LIKE 'COPY%'"
    with open_snapshot(engine) as snapshot:
        begun = iter(snapshot.read(INVENTORY, NOTES, OURS))
        next(begun)
        run(engine, f"SELECT {how}(pid) FROM pg_stat_activity WHERE {others}")
        with pytest.raises(Unavailable):
            list(begun)
        assert snapshot.count(INVENTORY, NOTES, OURS) == 50_000


def test_a_snapshot_whose_holder_is_gone_may_be_tried_again(engine: Engine) -> None:
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    with open_snapshot(engine) as snapshot:
        run(engine, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        engine.dispose()
        for read in READS.values():
            with pytest.raises(Unavailable):
                read(snapshot)


def test_a_table_in_somebodys_hands_isnt_waited_for_long(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product_shared, "_LOCK_TIMEOUT", "10ms")
    with open_snapshot(engine) as snapshot, engine.begin() as other:
        other.execute(text("LOCK TABLE note IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(Unavailable):
            list(snapshot.read(INVENTORY, NOTES, OURS))


def test_a_server_that_stops_in_the_middle_of_a_copy_is_unavailable() -> None:
    with ExitStack() as server:
        engine = filled(server.enter_context(running_postgres()).url)
        with open_snapshot(engine) as snapshot:
            begun = iter(snapshot.read(INVENTORY, NOTES, OURS))
            next(begun)
            server.close()
            with pytest.raises(Unavailable):
                list(begun)
            for read in (READS["read"], READS["values"]):  # the rows may have been counted by then
                with pytest.raises(Unavailable):
                    read(snapshot)
        with pytest.raises(Unavailable), open_snapshot(engine):
            pass
        engine.dispose()
