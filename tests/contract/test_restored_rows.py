"""Restore: export, purge, restore gives the same rows; what stands against it is said before anything is written."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from connectors.errors import Conflict, NotFound, Rejected
from connectors.product_restore import Restored, restore
from connectors.product_restore_package import OpenedPackage
from connectors.store.engine import open_engine
from models.inventory import Inventory
from tests.contract import every_type, hard_schema
from tests.contract.packages_by_hand import as_json_lines, everything, package_of, purge
from tests.contract.snapshot_schema import database_of

OURS = hard_schema.OURS
SCHEMA = [
    "CREATE TABLE kind (code TEXT PRIMARY KEY, label TEXT)",
    "CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT, secret TEXT)",
    (
        "CREATE TABLE task (id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES account (id), "
        "up INTEGER REFERENCES task (id), kind TEXT REFERENCES kind (code), slug TEXT UNIQUE, title TEXT)"
    ),
    "CREATE TABLE mark (task_id INTEGER REFERENCES task (id), word TEXT)",
]
ROWS = [
    "INSERT INTO kind VALUES ('a', 'An a'), ('b', 'A b')",
    "INSERT INTO account VALUES (1, 'ours', 'x'), (2, 'theirs', 'y')",
    "INSERT INTO task VALUES (1, 1, NULL, 'a', 's1', 'one'), (2, 1, 1, 'b', 's2', 'two'), (9, 2, NULL, NULL, 's9', 'nine')",
    "UPDATE task SET up = 2 WHERE id = 1",
    "INSERT INTO mark VALUES (1, 'same'), (1, 'same'), (2, NULL), (9, 'theirs')",
]
INVENTORY = Inventory.model_validate(
    {
        "root": "account",
        "data_set": [
            {"name": "mark", "table": "mark", "hops": ["mark.task_id -> task.id"]},
            {"name": "task", "table": "task", "key": ["id"], "hops": ["task.account_id -> account.id"], "ignored": ["task.up -> task.id"]},
            {"name": "account", "table": "account", "key": ["id"], "erase": "mask", "mask": {"name": "", "secret": None}},
        ],
        "outside": [
            {"table": "kind", "name": "kind", "duty": "shared", "reason": "for all", "key": ["code"], "used_by": ["task.kind -> kind.code"]}
        ],
    }
)  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Makes a database with these statements done; call it as often as you like."""
    engines: list[Engine] = []

    def made(*statements: str) -> Engine:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / uuid4().hex}.db"
        else:
            url = database_of(request.getfixturevalue("postgres"))
        engines.append(open_engine(url))
        run(engines[-1], *statements)
        return engines[-1]

    yield made
    for engine in engines:
        engine.dispose()


@pytest.fixture
def small(fresh: Callable[..., Engine]) -> Engine:
    """A circle of one table, a table without a key, a shared one."""
    return fresh(*SCHEMA, *ROWS)


@pytest.fixture
def package(small: Engine, tmp_path: Path) -> Path:
    """Account 1's."""
    return package_of(small, INVENTORY, "1", tmp_path / "package")


def run(engine: Engine, *statements: str) -> None:
    with engine.connect() as connection:
        plain = connection.execution_options(no_parameters=True)
        for statement in statements:
            plain.exec_driver_sql(statement)
        connection.commit()


def restored(engine: Engine, folder: Path, inventory: Inventory | None = None) -> Restored:
    return restore(engine, OpenedPackage(folder), inventory, finishing=lambda: None)


def conflicts(engine: Engine, folder: Path) -> list[str]:
    """Those of a restore; that nothing was written is part of it."""
    before = everything(engine)
    found = restored(engine, folder)
    assert found.tables == ()
    assert everything(engine) == before
    return [str(each) for each in found.conflicts]


def figures(found: Restored) -> dict[str, tuple[int, int, int, int]]:
    assert found.conflicts == ()
    return {each.name: (each.inserted, each.brought_back, each.standing, each.left) for each in found.tables}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_export_purge_restore_gives_the_same_rows(fresh: Callable[..., Engine], tmp_path: Path, form: str) -> None:
    hard = fresh()
    hard_schema.create(hard)
    inventory, before = hard_schema.inventory(hard.dialect.name), everything(hard)
    folder = package_of(hard, as_json_lines(inventory) if form == "jsonl" else inventory, OURS, tmp_path / "p")
    purge(hard, inventory, OURS)
    assert everything(hard) != before
    assert sum(inserted for inserted, *_ in figures(restored(hard, folder, inventory)).values()) > 50
    assert everything(hard) == before


def test_a_second_run_finds_all_rows_there(small: Engine, package: Path) -> None:
    before = everything(small)
    expected = {"mark": (0, 0, 3, 0), "task": (0, 0, 2, 0), "account": (0, 0, 1, 0), "kind": (0, 0, 2, 0)}
    assert figures(restored(small, package)) == expected
    assert everything(small) == before


def test_two_restores_by_one_engine_dont_meet(package: Path, fresh: Callable[..., Engine]) -> None:
    other = fresh(*SCHEMA)
    assert figures(restored(other, package, INVENTORY))["task"] == (2, 0, 0, 0)
    assert figures(restored(other, package, INVENTORY))["task"] == (0, 0, 2, 0)


def test_rows_without_a_key_are_brought_up_to_their_number(small: Engine, package: Path) -> None:
    before = everything(small)
    run(small, "DELETE FROM mark WHERE task_id = 1", "INSERT INTO mark VALUES (1, 'same')")
    assert figures(restored(small, package))["mark"] == (1, 0, 2, 0)
    assert everything(small) == before


def test_a_masked_root_gets_its_values_back_if_the_inventory_tells(small: Engine, package: Path) -> None:
    before = everything(small)
    purge(small, INVENTORY, "1")
    assert conflicts(small, package) == ["account: 1 row, such as id=1: another row stands under this key"]
    assert figures(restored(small, package, INVENTORY))["account"] == (0, 1, 0, 0)
    assert everything(small) == before


def test_a_masked_row_with_another_value_beside_is_a_conflict(small: Engine, package: Path) -> None:
    run(small, "UPDATE account SET name = '', secret = 'new' WHERE id = 1")
    found = restored(small, package, INVENTORY)
    assert [str(each) for each in found.conflicts] == [
        "account: 1 row, such as id=1: another row stands under this key"
    ]


def test_a_key_that_erasing_emptied_comes_back_with_what_it_points_at(small: Engine, package: Path) -> None:
    before = everything(small)
    run(
        small,
        "DELETE FROM mark WHERE task_id = 2",
        "UPDATE task SET up = NULL WHERE id = 1",
        "DELETE FROM task WHERE id = 2",
    )
    assert figures(restored(small, package))["task"] == (1, 1, 0, 0)
    assert everything(small) == before


def test_shared_rows_stay_as_they_are_and_missing_ones_come(
    small: Engine, package: Path, fresh: Callable[..., Engine]
) -> None:
    other = fresh(*SCHEMA, "INSERT INTO kind VALUES ('a', 'renamed since')")
    assert figures(restored(other, package))["kind"] == (1, 0, 0, 1)
    assert everything(other)["kind"] != everything(small)["kind"]
    assert everything(other)["task"] == [
        row for row in everything(small)["task"] if "nine" not in row and "6E696E65" not in row
    ]


def test_conflicts_are_told_all_at_once(small: Engine, package: Path) -> None:
    run(
        small,
        "DELETE FROM mark",
        "UPDATE task SET up = NULL",
        "DELETE FROM task WHERE account_id = 1",
        "DELETE FROM account WHERE id = 1",
        "UPDATE account SET name = 'changed'",
        "UPDATE task SET slug = 's2' WHERE id = 9",
        "INSERT INTO account VALUES (1, 'somebody else', NULL)",
    )
    assert conflicts(small, package) == [
        "task: 1 row, such as slug=s2: another row has the same slug, which must be unique",
        "account: 1 row, such as id=1: another row stands under this key",
    ]


def test_a_row_that_nothing_in_sight_answers_to_is_a_conflict(
    package: Path, fresh: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = fresh(*SCHEMA, *ROWS, "UPDATE task SET up = 9 WHERE id = 2")
    folder = package_of(engine, INVENTORY, "1", tmp_path / "pointing")
    assert conflicts(fresh(*SCHEMA), folder) == [
        "task: 1 row, such as up=9: the row of task that it points at is neither there nor in the package"
    ]


def test_a_schema_that_differs_is_told_by_table_and_column(package: Path, fresh: Callable[..., Engine]) -> None:
    other = fresh(
        "CREATE TABLE kind (code TEXT PRIMARY KEY)",
        "CREATE TABLE account (id BIGINT PRIMARY KEY, name TEXT, secret TEXT)",
        SCHEMA[3].replace("REFERENCES task (id)", ""),
    )
    was = "integer" if other.dialect.name == "postgresql" else "INTEGER"
    assert conflicts(other, package) == [
        "task: there is no such table",
        f"account: column id is {was.replace('integer', 'bigint').replace('INTEGER', 'BIGINT')}, in the package {was}",
        "kind: there is no column label",
    ]


def test_what_a_trigger_changes_is_found_and_nothing_stays(package: Path, fresh: Callable[..., Engine]) -> None:
    other = fresh(*SCHEMA)
    change = "UPDATE task SET title = 'changed' WHERE id = 2"
    if other.dialect.name == "sqlite":
        run(other, f"CREATE TRIGGER changing AFTER INSERT ON task BEGIN {change}; END")
    else:
        run(
            other,
            "CREATE FUNCTION changing() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF NEW.id = 2 THEN NEW.title = 'changed'; END IF; RETURN NEW; END$$",
            "CREATE TRIGGER changing BEFORE INSERT ON task FOR EACH ROW EXECUTE FUNCTION changing()",
        )
    with pytest.raises(Rejected) as refused:
        restored(other, package)
    assert refused.value.what == "1 of the rows of task came out otherwise than the package has them"
    assert not any(everything(other).values())


def test_a_rule_that_the_database_alone_knows_is_a_conflict(package: Path, fresh: Callable[..., Engine]) -> None:
    schema = [each.replace("title TEXT", "title TEXT CHECK (title <> 'two')") for each in SCHEMA]
    other = fresh(*schema)
    with pytest.raises(Conflict) as refused:
        restored(other, package)
    assert "writing task" in refused.value.what
    assert not any(everything(other).values())


def test_a_dry_run_writes_nothing(package: Path, fresh: Callable[..., Engine]) -> None:
    other = fresh(*SCHEMA)
    assert figures(restore(other, OpenedPackage(package)))["task"] == (2, 0, 0, 0)
    assert not any(everything(other).values())


def test_what_fails_at_the_end_leaves_nothing(package: Path, fresh: Callable[..., Engine]) -> None:
    def failing() -> None:
        raise NotFound("s3", "no such bucket")

    other = fresh(*SCHEMA)
    with pytest.raises(NotFound):
        restore(other, OpenedPackage(package), finishing=failing)
    assert not any(everything(other).values())


KILLED = """
import os, signal, sys
from pathlib import Path
from connectors.product_restore import restore
from connectors.product_restore_package import OpenedPackage
from connectors.store.engine import open_engine
restore(open_engine(sys.argv[1]), OpenedPackage(Path(sys.argv[2])), finishing=lambda: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_restore_that_is_killed_leaves_nothing_and_the_next_one_restores(
    small: Engine, package: Path, fresh: Callable[..., Engine]
) -> None:
    other = fresh(*SCHEMA)
    url = other.url.render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(package)], env={**os.environ, "PYTHONPATH": "."}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert not any(everything(other).values())
    assert figures(restored(other, package))["task"] == (2, 0, 0, 0)
    assert everything(other)["kind"] == everything(small)["kind"]


def test_a_package_of_another_kind_of_database_is_refused(package: Path, fresh: Callable[..., Engine]) -> None:
    described = package / "data" / "datapackage.json"
    described.write_text(
        described.read_text()
        .replace('"dialect": "sqlite"', '"dialect": "mysql"')
        .replace('"dialect": "postgresql"', '"dialect": "mysql"')
    )
    other = fresh(*SCHEMA)
    with pytest.raises(Rejected) as refused:
        restored(other, package)
    assert refused.value.what == f"the package is of mysql, the database is {other.dialect.name}"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)
def test_every_type_of_postgresql_comes_back_to_the_letter(
    fresh: Callable[..., Engine], tmp_path: Path, form: str
) -> None:
    source, target = fresh(*every_type.script()), fresh(*every_type.script())
    run(source, *every_type.rows(*every_type.unsupported(source)))
    inventory = as_json_lines(every_type.INVENTORY) if form == "jsonl" else every_type.INVENTORY
    folder = package_of(source, inventory, "1", tmp_path / "p")
    before = everything(source)
    assert figures(restored(target, folder))["every-type"][0] == len(before['"every type"']) / 2
    rest = package_of(source, inventory, "2", tmp_path / "rest")
    restored(target, rest)
    assert everything(target) == before
    purge(source, inventory, "1")
    restored(source, folder)
    assert everything(source) == before


@pytest.mark.parametrize("fresh", ["postgresql"], indirect=True)
def test_sequences_go_on_after_the_restored_keys_and_never_back(fresh: Callable[..., Engine], tmp_path: Path) -> None:
    schema = [
        "CREATE TABLE account (id integer PRIMARY KEY)",
        'CREATE SEQUENCE "own \'s" INCREMENT -1',
        (
            "CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id integer NOT NULL REFERENCES account, "
            "no serial, down integer DEFAULT nextval('\"own ''s\"'))"
        ),
    ]
    source = fresh(
        *schema, "INSERT INTO account VALUES (1)", "INSERT INTO item (account_id) SELECT 1 FROM generate_series(1, 7)"
    )
    data_set = {"name": "item", "table": "item", "key": ["id"], "hops": ["item.account_id -> account.id"]}
    root = {"name": "account", "table": "account", "key": ["id"]}
    folder = package_of(
        source, Inventory.model_validate({"root": "account", "data_set": [data_set, root]}), "1", tmp_path / "p"
    )
    ahead = "SELECT setval('item_no_seq', 100)"
    target = fresh(*schema, ahead)
    restored(target, folder)
    run(target, "INSERT INTO item (account_id) VALUES (1)")
    with target.connect() as connection:
        assert connection.exec_driver_sql("SELECT id, no, down FROM item ORDER BY id DESC LIMIT 1").one() == (
            8,
            101,
            -8,
        )


VALUES = [
    None, 5, -1, 0, 1, 5.5, 5.0, 0.1 + 0.2, 1e300, 5e-324, float("inf"), 2**63 - 1, "", "t", "x", "1.50", "2026-01-02",
    "2026-01-02 03:04:05", "2026-01-02 03:04:05.123456", "2026-01-02T03:04:05+02:00", r"\N", '{"a": 1}', "NaN", "00012", " 7 ",
    "a\x00b", b"", b"\x00\xff", b"abc",
]  # fmt: skip
KINDS = [
    *("INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB", "", "BOOLEAN", "DATE", "DATETIME", "TIME", "JSON", "VARCHAR(9)"),
    *("DECIMAL_TEXT(10, 2)", "DECIMAL(10, 2)"),
]


@pytest.mark.parametrize("fresh", ["sqlite"], indirect=True)
def test_any_value_in_any_column_of_sqlite_comes_back_to_the_letter(
    fresh: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = fresh("CREATE TABLE account (id INTEGER PRIMARY KEY)", "INSERT INTO account VALUES (1)")
    tables = [f"t{number}" for number, _ in enumerate(KINDS)]
    with engine.begin() as connection:
        for table, kind in zip(tables, KINDS, strict=True):
            columns = ", ".join(f"v{number} {kind}" for number, _ in enumerate(VALUES))
            connection.exec_driver_sql(f"CREATE TABLE {table} (account_id INTEGER REFERENCES account, {columns})")
            marks = ", ".join("?" for _ in VALUES)
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES (1, {marks})", tuple(VALUES))
    before = everything(engine)
    sets = [{"name": each, "table": each, "hops": [f"{each}.account_id -> account.id"]} for each in tables]
    root = {"name": "account", "table": "account", "key": ["id"]}
    folder = package_of(
        engine, Inventory.model_validate({"root": "account", "data_set": [*sets, root]}), "1", tmp_path / "p"
    )
    run(engine, *(f"DELETE FROM {each}" for each in tables), "DELETE FROM account")
    restored(engine, folder)
    assert everything(engine) == before


@pytest.mark.parametrize("fresh", ["sqlite"], indirect=True)
def test_numbers_and_texts_mixed_in_a_column_of_sqlite_come_back(fresh: Callable[..., Engine], tmp_path: Path) -> None:
    engine = fresh(
        *SCHEMA, "CREATE TABLE odd (account_id INTEGER REFERENCES account, n NUMERIC, i INTEGER, t TEXT, r REAL)"
    )
    run(engine, "INSERT INTO account VALUES (1, NULL, NULL)")
    with engine.begin() as connection:
        for value in VALUES[:24]:
            connection.exec_driver_sql("INSERT INTO odd VALUES (1, ?, ?, ?, ?)", (value,) * 4)
    before = everything(engine)
    odd = {"name": "odd", "table": "odd", "hops": ["odd.account_id -> account.id"]}
    root = {"name": "account", "table": "account", "key": ["id"]}
    folder = package_of(
        engine, Inventory.model_validate({"root": "account", "data_set": [odd, root]}), "1", tmp_path / "p"
    )
    run(engine, "DELETE FROM odd")
    restored(engine, folder)
    assert everything(engine) == before
