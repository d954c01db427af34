"""What a database says of its tables, with the names that schemas really have; and what a draft makes of it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, make_url

from connectors import product_schema_any
from connectors.errors import NotFound
from connectors.product_schema import schema_facts, table_facts
from connectors.store.engine import open_engine
from models.schema import SchemaFacts, TableFacts
from rules.inventory_check import findings
from rules.inventory_draft import draft
from tests.contract import hard_schema

POSTGRESQL = """
CREATE SCHEMA "Odd.Schema";
CREATE DOMAIN email AS TEXT CHECK (VALUE <> '');
CREATE DOMAIN needed AS INTEGER NOT NULL;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE "User" (
  "select" BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "E Mail" email UNIQUE, mood mood, needed needed,
  tags TEXT[][], price NUMERIC(10, 2), twice INTEGER GENERATED ALWAYS AS (needed * 2) STORED, place POINT, "a.b" XML);
CREATE UNIQUE INDEX ON "User" (mood) WHERE needed > 3;
CREATE UNIQUE INDEX ON "User" (lower("E Mail"));
CREATE UNIQUE INDEX ON "User" (needed, mood) INCLUDE (price);
CREATE TABLE "Odd.Schema"."two
lines" ("user" BIGINT REFERENCES "User" ON DELETE SET NULL DEFERRABLE);
CREATE TABLE event (
  id BIGINT, at DATE, "user" BIGINT REFERENCES "User", PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (at);
CREATE TABLE event_1a PARTITION OF event_1 FOR VALUES FROM ('2026-01-01') TO ('2026-06-01');
ALTER TABLE event_1a ADD FOREIGN KEY (id) REFERENCES "User";
CREATE TABLE seen (event_id BIGINT, at DATE, FOREIGN KEY (event_id, at) REFERENCES event_1);
CREATE TABLE heir () INHERITS ("User");
CREATE VIEW glance AS SELECT 1;
CREATE MATERIALIZED VIEW copy AS SELECT * FROM "User";
"""
SQLITE = """
CREATE TABLE Account (
  id INTEGER PRIMARY KEY, "sel ect" ANY WORD(3), parent INT REFERENCES account (ID),
  twice INT GENERATED ALWAYS AS (id * 2) VIRTUAL, more INT AS (id + 1) STORED);
CREATE TABLE "a ""book" (a TEXT, b INT, account INT REFERENCES ACCOUNT ON DELETE SET NULL, PRIMARY KEY (b, a));
CREATE TABLE line (a TEXT NOT NULL UNIQUE, b INT, FOREIGN KEY (B, A) REFERENCES "A ""BOOK");
CREATE UNIQUE INDEX by_case ON line (lower(a));
CREATE UNIQUE INDEX by_part ON line (b) WHERE b > 3;
CREATE TABLE placed (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE loose (v INT REFERENCES nowhere (id));
CREATE VIRTUAL TABLE words USING fts5 (body);
CREATE VIEW glance AS SELECT 1;
"""
TABLES = 1_000


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    """An empty database of each kind."""
    yield from _opened(request.param, request, tmp_path)


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    yield from _opened("sqlite", request, tmp_path)


@pytest.fixture
def postgresql(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    yield from _opened("postgresql", request, tmp_path)


def _opened(kind: str, request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/product.db"
    if kind == "postgresql":
        server, name = request.getfixturevalue("postgres").url, f"facts_{uuid4().hex}"
        alone = open_engine(server).execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        alone.dispose()
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
    engine = open_engine(url)
    yield engine
    engine.dispose()


def run(engine: Engine, script: str) -> None:
    with engine.begin() as connection:
        for statement in script.strip().removesuffix(";").split(";\n"):
            connection.exec_driver_sql(statement)


def seen(engine: Engine) -> tuple[SchemaFacts, dict[str, TableFacts]]:
    """The facts; each table alone says the same."""
    with engine.connect() as connection:
        facts = schema_facts(connection)
        for table in facts.tables:
            assert table_facts(connection, table.name) == table
        for name in (*facts.left_out, "nothing"):
            with pytest.raises(NotFound):
                table_facts(connection, name)
    return facts, facts.by_name()


def columns(table: TableFacts) -> list[tuple[str, str, bool]]:
    return [(column.name, column.type, column.nullable) for column in table.columns]


def keys(table: TableFacts) -> set[str]:
    return {str(key.hop) for key in table.foreign}


def test_postgresql_says_types_as_it_declares_them_and_every_key_but_partial_ones(postgresql: Engine) -> None:
    run(postgresql, POSTGRESQL)
    facts, tables = seen(postgresql)
    assert list(tables) == ["User", "event", "seen", '"Odd.Schema"."two\nlines"']
    assert columns(tables["User"]) == [
        ("select", "bigint", False),
        ("E Mail", "email", True),
        ("mood", "mood", True),
        ("needed", "needed", False),
        ("tags", "text[]", True),
        ("price", "numeric(10,2)", True),
        ("twice", "integer", True),
        ("place", "point", True),
        ("a.b", "xml", True),
    ]
    assert [column.name for column in tables["User"].columns if column.identity] == ["select"]
    assert [column.name for column in tables["User"].columns if column.generated] == ["twice"]
    assert tables["User"].unique == (("E Mail",), ("needed", "mood"))
    (key,) = tables['"Odd.Schema"."two\nlines"'].foreign
    assert (key.on_delete, key.deferrable) == ("SET NULL", True)
    assert sorted(facts.left_out) == ["copy", "event_1", "event_1a", "glance", "heir"]


def test_a_partition_s_keys_are_its_table_s(postgresql: Engine) -> None:
    run(postgresql, POSTGRESQL)
    _, tables = seen(postgresql)
    assert keys(tables["event"]) == {"event.user -> User.select", "event.id -> User.select"}
    assert keys(tables["seen"]) == {"seen.(event_id, at) -> event.(id, at)"}


def test_sqlite_says_any_word_as_a_type_and_spells_names_as_their_table_does(sqlite: Engine) -> None:
    run(sqlite, SQLITE)
    facts, tables = seen(sqlite)
    assert list(tables) == ["Account", '"a ""book"', "line", "loose", "placed", "words"]
    assert columns(tables["Account"])[:2] == [("id", "INTEGER", False), ("sel ect", "ANY WORD(3)", True)]
    assert [column.name for column in tables["Account"].columns if column.generated] == ["twice", "more"]
    assert [keys(each) for each in tables.values()] == [
        {"Account.parent -> Account.id"},
        {'"a ""book".account -> Account.id'},
        {'line.(b, a) -> "a ""book".(b, a)'},
        set(),
        set(),
        set(),
    ]
    assert tables["line"].unique == (("a",),)
    assert (tables['"a ""book"'].primary, tables["placed"].nullable(("k",))) == (("b", "a"), False)
    assert {why for name, why in facts.left_out.items() if name != "glance"} == {
        "a part of a virtual table, read as that"
    }


def test_what_our_role_may_not_read_or_not_whole(postgresql: Engine) -> None:
    role = f"reader_{uuid4().hex}"
    run(
        postgresql,
        f"""
CREATE TABLE open (id INT);
CREATE TABLE closed (id INT, own INT);
CREATE TABLE guarded (id INT);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE SCHEMA vault;
CREATE TABLE vault.open (id INT);
CREATE ROLE {role};
GRANT SELECT ON open, guarded, vault.open TO {role};
GRANT SELECT (id) ON closed TO {role};""",
    )
    with postgresql.connect() as connection:
        connection.exec_driver_sql(f"SET ROLE {role}")
        tables = schema_facts(connection).by_name()
    rights = {name: (each.readable, each.row_security) for name, each in tables.items()}
    assert rights == {
        "open": (True, False),
        "closed": (False, False),
        "guarded": (True, True),
        "vault.open": (False, False),
    }


def test_a_draft_of_the_hard_schema_has_the_hops_that_a_person_would_write(empty: Engine) -> None:
    hard_schema.create(empty)
    facts, _ = seen(empty)
    drafted, expected = draft(facts, "Account"), hard_schema.inventory(empty.dialect.name)
    soft = {"comment"}
    assert {each.table: set(each.hops) for each in drafted.data_sets} == {
        each.table: set(each.hops) for each in expected.data_sets if each.table not in soft
    }
    assert {each.table: set(each.used_by) for each in drafted.outside if each.table not in soft} == {
        each.table: set(each.used_by) for each in expected.outside
    }
    assert {each.what for each in findings(drafted, facts)} == {
        "nobody said why its rows are shared",
        "nobody said why its rows are of no concern",
    }


def test_a_person_s_inventory_of_the_hard_schema_lacks_only_columns(empty: Engine) -> None:
    hard_schema.create(empty)
    facts, _ = seen(empty)
    wrong = [
        each for each in findings(hard_schema.inventory(empty.dialect.name), facts) if "no columns" not in each.what
    ]
    assert [str(each) for each in wrong] == []


def test_the_inspector_of_any_other_database_says_the_same(empty: Engine) -> None:
    hard_schema.create(empty)
    with empty.connect() as connection:
        ours, theirs = schema_facts(connection).by_name(), product_schema_any.facts(connection).by_name()
        assert product_schema_any.facts(connection, "person").tables == (theirs["person"],)
    for name, table in ours.items():
        assert keys(theirs[name]) == keys(table)
        assert theirs[name].column_names == table.column_names
        assert theirs[name].primary == table.primary
        assert {*theirs[name].unique} == {*table.unique}


def test_a_thousand_tables_are_drafted_and_checked(empty: Engine) -> None:
    with empty.begin() as connection:
        _thousand(connection)
    with empty.connect() as connection:
        facts = schema_facts(connection)
    drafted = draft(facts, "t0")
    assert len(drafted.data_sets) == TABLES
    assert findings(drafted, facts) == ()


def _thousand(connection: Connection) -> None:
    """A tree with a second way up, ten columns a table."""
    more = ", ".join(f"c{number} NUMERIC(12, 2)" for number in range(6))
    connection.exec_driver_sql(f"CREATE TABLE t0 (id BIGINT PRIMARY KEY NOT NULL, {more})")
    for number in range(1, TABLES):
        ways = f"up BIGINT REFERENCES t{number // 2}, side BIGINT REFERENCES t{number // 3}"
        connection.exec_driver_sql(f"CREATE TABLE t{number} (id BIGINT PRIMARY KEY NOT NULL, {more}, {ways})")
