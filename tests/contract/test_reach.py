"""The statements find the rows that a naive fixpoint finds, whatever the schema."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, insert, text

from connectors.errors import Rejected
from connectors.product_sql import named
from connectors.reach import of_two_accounts, reach
from models.inventory import DataSet, Inventory
from tests.contract.naive_reach import Naive

COLUMNS = ("k", "l", "f", "g", "h")
TABLES = ("root", "a", "b", "c", "d", "e")
VALUES = st.one_of(st.none(), st.integers(1, 4))


@st.composite
def inventories(draw: Any) -> Inventory:
    """Hops anywhere, over one or two columns, in circles or not, and two shared tables."""
    keyed = {table: draw(st.booleans()) for table in TABLES}
    data_sets = [_data_set(draw, table, keyed) for table in TABLES[1:4]] + [
        {"name": "root", "table": "root", "key": ["k"]}
    ]
    outside = [_shared(draw, table) for table in TABLES[4:]]
    return Inventory.model_validate({"root": "root", "key": "k", "data_set": data_sets, "outside": outside})


def _data_set(draw: Any, table: str, keyed: dict[str, bool]) -> dict[str, Any]:
    hops = draw(st.lists(_hops(st.just(table), st.sampled_from(TABLES[:4])), min_size=1, max_size=3, unique=True))
    policy = draw(st.sampled_from(("block", "keep")))
    return {"name": table, "table": table, "key": ["k"] if keyed[table] else [], "hops": hops, "of_two": policy}


def _shared(draw: Any, table: str) -> dict[str, Any]:
    children = st.sampled_from([*TABLES[1:4], *TABLES[4:]])
    used_by = draw(st.lists(_hops(children, st.just(table)), min_size=1, max_size=3, unique=True))
    return {"name": table, "table": table, "duty": "shared", "reason": "all's", "used_by": used_by}


@st.composite
def _hops(draw: Any, children: Any, parents: Any) -> str:
    child, parent = draw(children), draw(parents)
    own, there = draw(st.sampled_from((("f", "k"), ("g", "k"), ("h", "l"), ("(f, g)", "(k, l)"))))
    return f"{child}.{own} -> {parent}.{there}"


def _unique_keys(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"k": place} for place, row in enumerate(rows, start=1)]


ROWS = st.fixed_dictionaries(
    {
        table: st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, VALUES)), max_size=6).map(_unique_keys)
        for table in TABLES
    }
)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """With one table of each name, empty."""
    made = _opened(request, tmp_path)
    with made.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"CREATE TEMP TABLE {table} ({', '.join(f'{name} INTEGER' for name in COLUMNS)})"))
            connection.execute(text(f"ALTER TABLE {table} ADD place INTEGER"))
        yield connection
    made.dispose()


def _opened(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sqlite":
        return create_engine(f"sqlite:///{tmp_path / 'product.db'}")
    return create_engine(request.getfixturevalue("postgres").url.replace("postgresql:", "postgresql+psycopg:"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inventories(), ROWS)
def test_the_rows_are_those_of_the_fixpoint_each_once(engine: Connection, inventory: Inventory, rows: Any) -> None:
    _filled(engine, rows)
    naive = Naive(inventory, rows)
    for data_set in (*inventory.data_sets, *inventory.reference_sets):
        _compare(engine, naive, data_set)


def _filled(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    for table, each in rows.items():
        connection.execute(text(f"DELETE FROM {table}"))
        if each:
            connection.execute(
                insert(named(table, [*COLUMNS, "place"])), [{**row, "place": place} for place, row in enumerate(each)]
            )


def _compare(connection: Connection, naive: Naive, data_set: DataSet) -> None:
    dialect, inventory = connection.dialect.name, naive.inventory
    try:
        ways = {
            "all": reach(inventory, data_set, "1", ["place"], dialect=dialect),
            "exported": reach(inventory, data_set, "1", ["place"], exported=True, dialect=dialect),
            "alone": reach(inventory, data_set, "1", ["place"], alone=True, dialect=dialect),
            "two": of_two_accounts(inventory, data_set, "1", ["place"], dialect=dialect),
        }
    except Rejected:
        assert not naive.of(data_set, 1)
        return
    found = {
        what: sorted(connection.scalars(way.select(*way.these(["place"])))) if way else [] for what, way in ways.items()
    }
    whole, two = naive.of(data_set, 1), set() if data_set.used_by else naive.of_two(1).get(data_set.table, set())
    kept = two if data_set.of_two == "keep" else set()
    wanted = {"all": whole, "exported": whole - kept, "alone": whole - two, "two": two}
    assert found == {what: sorted(places) for what, places in wanted.items()}


def test_a_chain_of_a_hundred_tables_is_one_statement(engine: Connection) -> None:
    chain = [f"chain_{place}" for place in range(100)]
    for table in chain:
        engine.execute(text(f"CREATE TEMP TABLE {table} (k INTEGER, f INTEGER)"))
        engine.execute(text(f"INSERT INTO {table} VALUES (1, 1), (2, 2)"))
    hops = {child: [f"{child}.f -> {parent}.k"] for parent, child in pairwise(chain)}
    data_sets = [{"name": table, "table": table, "key": ["k"], "hops": hops.get(table, [])} for table in chain]
    inventory = Inventory.model_validate({"root": chain[0], "key": "k", "data_set": data_sets})
    way = reach(inventory, inventory.data_set(chain[-1]), "1", dialect=engine.dialect.name)
    assert engine.scalars(way.select(*way.these(["k"]))).all() == [1]
