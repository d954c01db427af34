"""The suite of the port ProductDatabase, on both systems: what is the account's, what goes, and what must stay."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from connectors.errors import Conflict, NotFound, Permanent, Rejected
from connectors.product import SqlProduct
from connectors.product_sql import named
from connectors.store.engine import open_engine
from models.inventory import DataSet, Inventory
from tests.contract import hard_schema
from tests.contract.hard_schema import ACCOUNTS, EXPECTED, OF_TWO, OURS

Making = Callable[..., Engine]


@pytest.fixture(params=["sqlite", "postgresql"])
def making(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Making]:
    """Opens empty databases of one kind, and fills them with the statements given."""
    opened: list[Engine] = []

    def make(*statements: str) -> Engine:
        opened.append(open_engine(_url(request, tmp_path)))
        with opened[-1].begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        return opened[-1]

    yield make
    for engine in opened:
        engine.dispose()


def _url(request: pytest.FixtureRequest, folder: Path) -> str:
    name = f"product_{uuid4().hex}"
    if request.param == "sqlite":
        return f"sqlite:///{folder / name}.db"
    server = request.getfixturevalue("postgres")
    admin = open_engine(server.url)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return f"{server.url.rpartition('/')[0]}/{name}"


@pytest.fixture
def hard(making: Making) -> Engine:
    engine = making()
    hard_schema.create(engine)
    return engine


def erase_all(product: SqlProduct, inventory: Inventory, data_set: DataSet, limit: int = 2) -> list[int]:
    erased = []
    while count := product.erase(inventory, data_set, OURS, limit):
        erased.append(count)
    return erased


def digests(engine: Engine, inventory: Inventory, account: str) -> dict[str, str]:
    """Of what another account would be given, by data set."""
    found = {}
    with SqlProduct(engine).snapshot() as now:
        for data_set in (*inventory.data_sets, *inventory.reference_sets):
            found[data_set.name] = hashlib.sha256(b"".join(now.read(inventory, data_set, account))).hexdigest()
    return found


def test_the_hard_schema_s_rows_are_counted_for_each_account(hard: Engine) -> None:
    product, inventory = SqlProduct(hard), hard_schema.inventory(hard.dialect.name)
    counts = {
        name: tuple(product.count(inventory, inventory.data_set(name), account) for account in ACCOUNTS)
        for name in EXPECTED
    }
    assert counts == EXPECTED
    assert product.total(OURS, inventory) == sum(EXPECTED[each.name][0] for each in inventory.data_sets)
    assert product.total("77", inventory) == 0


def test_rows_of_two_accounts_are_counted(hard: Engine) -> None:
    product, inventory = SqlProduct(hard), hard_schema.inventory(hard.dialect.name)
    counts = {each.name: product.of_two_accounts(inventory, each, OURS) for each in inventory.data_sets}
    assert {name: count for name, count in counts.items() if count} == OF_TWO


@pytest.mark.parametrize("limit", [1, 1000])
def test_the_hard_schema_is_erased_in_order_and_nobody_elses(hard: Engine, limit: int) -> None:
    product, inventory = SqlProduct(hard), hard_schema.inventory(hard.dialect.name)
    alone = ("deal", "treaty")  # these name account 1 as well, and stay as they are
    before = [digests(hard, inventory, other) for other in ("2", "3")]
    for data_set in inventory.data_sets:
        erase_all(product, inventory, data_set, limit)
    assert {each.name: product.left(inventory, each, OURS) for each in inventory.data_sets} == dict.fromkeys(
        (each.name for each in inventory.data_sets), 0
    )
    stay = {name: OF_TWO[name] for name in alone} | {"account": 1}
    counts = {each.name: product.count(inventory, each, OURS) for each in inventory.data_sets}
    assert {name: count for name, count in counts.items() if count} == stay
    for other, then in zip(("2", "3"), before, strict=True):
        now = digests(hard, inventory, other)
        handed_over = {"task", "log_mark"}  # cut off account 1: a column of theirs is NULL now
        assert {name for name in then if then[name] != now[name]} <= handed_over
        counted = {name: product.count(inventory, inventory.data_set(name), other) for name in EXPECTED}
        assert counted == {name: counts[ACCOUNTS.index(other)] for name, counts in EXPECTED.items()}


def test_a_missing_table_is_not_found(hard: Engine) -> None:
    with pytest.raises(NotFound):
        SqlProduct(hard).table("nothing")


SHOP = (
    "CREATE TABLE shop (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    """CREATE TABLE book (id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL REFERENCES shop (id),
    next_id INTEGER REFERENCES book (id))""",
    """CREATE TABLE note (id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL REFERENCES shop (id),
    seq INTEGER, text TEXT, price NUMERIC(10, 2))""",
    "INSERT INTO shop VALUES (1, 'ours'), (2, 'theirs')",
    "INSERT INTO book VALUES (3, 1, NULL), (2, 1, 3), (1, 1, 2), (4, 2, NULL)",
    "UPDATE book SET next_id = 1 WHERE id = 3",
    "INSERT INTO note VALUES (1, 1, 1, 'one', 1.5), (2, 1, 2, NULL, NULL), (3, 2, 1, 'other', 2)",
)
BOOKS = {"name": "book", "table": "book", "key": ["id"], "hops": ["book.shop_id -> shop.id"]}
NOTES = {"name": "note", "table": "note", "key": ["id"], "hops": ["note.shop_id -> shop.id"]}
ROOT = {"name": "shop", "table": "shop", "key": ["id"]}


def inventory_of(*data_sets: dict[str, Any], **more: Any) -> Inventory:
    return Inventory.model_validate({"root": data_sets[-1]["table"], "data_set": list(data_sets), **more})


@pytest.fixture
def shop(making: Making) -> Engine:
    return making(*SHOP)


def rows_of(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    own = named(table, columns)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(own.select().order_by(*own.columns))]


def test_a_table_that_points_at_itself_in_a_circle_is_erased_at_once(shop: Engine) -> None:
    inventory = inventory_of({**BOOKS, "ignored": ["book.next_id -> book.id"]}, NOTES, ROOT)
    assert erase_all(SqlProduct(shop), inventory, inventory.data_set("book"), 1) == [3]
    assert rows_of(shop, "book", "id") == [(4,)]


def test_a_row_that_others_need_is_a_conflict_and_stays(shop: Engine) -> None:
    inventory = inventory_of(BOOKS, NOTES, ROOT)
    with pytest.raises(Conflict):
        SqlProduct(shop).erase(inventory, inventory.data_set("shop"), OURS, 10)
    assert rows_of(shop, "shop", "id") == [(1,), (2,)]


def test_masking_ends_and_touches_only_the_account(shop: Engine) -> None:
    masked = {**NOTES, "erase": "mask", "mask": {"text": "erased", "seq": "0", "price": "0"}}
    inventory, product = inventory_of(masked, ROOT), SqlProduct(shop)
    assert product.left(inventory, inventory.data_set("note"), OURS) == 2
    assert erase_all(product, inventory, inventory.data_set("note"), 1) == [1, 1]
    assert product.left(inventory, inventory.data_set("note"), OURS) == 0
    assert rows_of(shop, "note", "id", "seq", "text") == [(1, 0, "erased"), (2, 0, "erased"), (3, 1, "other")]


def test_masking_with_null_ends(shop: Engine) -> None:
    inventory = inventory_of({**NOTES, "erase": "mask", "mask": {"text": None}}, ROOT)
    assert erase_all(SqlProduct(shop), inventory, inventory.data_set("note")) == [1]


def test_retained_rows_stay_and_are_not_left_over(shop: Engine) -> None:
    inventory = inventory_of({**NOTES, "erase": "retain"}, ROOT)
    assert SqlProduct(shop).erase(inventory, inventory.data_set("note"), OURS, 10) == 0
    assert SqlProduct(shop).left(inventory, inventory.data_set("note"), OURS) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"key": ["seq"]},
        {"hops": []},
        {"hops": ["book.shop_id -> shop.id"]},
        {"hops": ["note.shop_id -> elsewhere.id"]},
        {"erase": "mask"},
    ],
    ids=["a key that others share", "no hop", "a hop of another table", "a hop to no data set", "a mask of nothing"],
)
def test_what_could_reach_others_is_refused(shop: Engine, changes: dict[str, Any]) -> None:
    inventory = inventory_of({**NOTES, **changes}, BOOKS, ROOT)
    with pytest.raises(Rejected):
        SqlProduct(shop).erase(inventory, inventory.data_set("note"), OURS, 10)
    assert len(rows_of(shop, "note", "id")) == 3


def test_a_wrong_column_in_the_inventory_is_told_without_retrying(shop: Engine) -> None:
    inventory = inventory_of({**NOTES, "hops": ["note.shop -> shop.id"]}, ROOT)
    with pytest.raises(Permanent):
        SqlProduct(shop).count(inventory, inventory.data_set("note"), OURS)


LOANS = (
    """CREATE TABLE loan (id INTEGER PRIMARY KEY, lender INTEGER@1@ REFERENCES shop (id)@2@,
    taker INTEGER@1@ REFERENCES shop (id)@2@)""",
    "INSERT INTO loan VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2)",
)


def lent(making: Making, *, nullable: bool = True, on_delete: str = "") -> Engine:
    null = "" if nullable else " NOT NULL"
    return making(*SHOP[:1], SHOP[3], *(each.replace("@1@", null).replace("@2@", on_delete) for each in LOANS))


def loans(policy: str) -> Inventory:
    hops = ["loan.lender -> shop.id", "loan.taker -> shop.id"]
    return inventory_of({"name": "loan", "table": "loan", "key": ["id"], "hops": hops, "of_two": policy}, ROOT)


@pytest.mark.parametrize("policy", ["keep", "export"])
def test_rows_of_two_accounts_stay_as_they_are(making: Making, policy: str) -> None:
    engine, inventory = lent(making), loans(policy)
    assert erase_all(SqlProduct(engine), inventory, inventory.data_set("loan")) == [1]
    assert rows_of(engine, "loan", "id", "lender", "taker") == [(2, 1, 2), (3, 2, 1), (4, 2, 2)]
    assert SqlProduct(engine).left(inventory, inventory.data_set("loan"), OURS) == 0
    with SqlProduct(engine).snapshot() as now:
        assert now.count(inventory, inventory.data_set("loan"), OURS) == (2 if policy == "export" else 0)


def test_rows_of_two_accounts_are_handed_over(making: Making) -> None:
    engine, inventory = lent(making), loans("hand_over")
    assert erase_all(SqlProduct(engine), inventory, inventory.data_set("loan")) == [1, 1, 1]
    assert rows_of(engine, "loan", "id", "lender", "taker") == [(2, None, 2), (3, 2, None), (4, 2, 2)]
    assert erase_all(SqlProduct(engine), inventory, inventory.data_set("shop")) == [1]


def test_rows_that_cant_be_handed_over_are_refused(making: Making) -> None:
    engine, inventory = lent(making, nullable=False), loans("hand_over")
    with pytest.raises(Rejected, match="can't be NULL"):
        erase_all(SqlProduct(engine), inventory, inventory.data_set("loan"))
    assert len(rows_of(engine, "loan", "id")) == 4


def test_rows_of_two_accounts_of_which_nobody_decided_stop_the_purge_and_count_as_left(making: Making) -> None:
    engine, inventory = lent(making), loans("block")
    with pytest.raises(Rejected, match="two accounts"):
        erase_all(SqlProduct(engine), inventory, inventory.data_set("loan"))
    assert rows_of(engine, "loan", "id") == [(2,), (3,), (4,)]
    assert SqlProduct(engine).left(inventory, inventory.data_set("loan"), OURS) == 2


def test_a_cascade_never_takes_along_what_must_stay(making: Making) -> None:
    engine, inventory = lent(making, on_delete=" ON DELETE CASCADE"), loans("keep")
    erase_all(SqlProduct(engine), inventory, inventory.data_set("loan"))
    with pytest.raises(Conflict, match="must stay"):
        SqlProduct(engine).erase(inventory, inventory.data_set("shop"), OURS, 10)
    assert rows_of(engine, "loan", "id") == [(2,), (3,), (4,)]


TREE = (
    "CREATE TABLE shop (id INTEGER PRIMARY KEY)",
    """CREATE TABLE shelf (id INTEGER PRIMARY KEY, shop_id INTEGER REFERENCES shop (id),
    above INTEGER@null@ REFERENCES shelf (id))""",
    "INSERT INTO shop VALUES (1), (2)",
    "INSERT INTO shelf VALUES (1, 1, 1), (2, NULL, 1), (3, NULL, 2), (4, 1, 3), (5, 2, 5), (6, NULL, 5)",
)


@pytest.mark.parametrize("null", ["", " NOT NULL"])
def test_rows_that_only_hang_on_a_row_above_go_with_it(making: Making, null: str) -> None:
    engine = making(*(each.replace("@null@", null) for each in TREE))
    hops = ["shelf.shop_id -> shop.id", "shelf.above -> shelf.id"]
    inventory = inventory_of({"name": "shelf", "table": "shelf", "key": ["id"], "hops": hops}, ROOT)
    assert erase_all(SqlProduct(engine), inventory, inventory.data_set("shelf"), 1) == [4]
    assert rows_of(engine, "shelf", "id") == [(5,), (6,)]


def test_a_deep_chain_and_many_diamonds_are_one_short_statement_each(making: Making) -> None:
    def hops(level: int, side: str) -> list[str]:
        above = [f"{other}{level - 1}" for other in "lr"] if level else ["shop"]
        return [f"{side}{level}.{table} -> {table}.id" for table in above]

    levels, statements, data_sets = range(40), ["CREATE TABLE shop (id INTEGER PRIMARY KEY)"], [ROOT]
    statements.append("INSERT INTO shop VALUES (1), (2)")
    for level in levels:
        for side in "lr":
            name, here = f"{side}{level}", hops(level, side)
            columns = "".join(f", {hop.split('.')[1].split()[0]} INTEGER" for hop in here)
            statements += [f"CREATE TABLE {name} (id INTEGER PRIMARY KEY{columns})"]
            statements += [f"INSERT INTO {name} VALUES ({n}{f', {n}' * len(here)})" for n in (1, 2)]
            data_sets.insert(0, {"name": name, "table": name, "key": ["id"], "hops": here})
    engine, inventory = making(*statements), inventory_of(*data_sets)
    assert SqlProduct(engine).count(inventory, inventory.data_set("l39"), OURS) == 1
    assert SqlProduct(engine).of_two_accounts(inventory, inventory.data_set("l39"), OURS) == 0
