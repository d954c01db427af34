"""The purge on real databases: holds in the very second, keys that nobody knew, rows that appear, retention's end."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from temporalio.exceptions import ApplicationError

from activities.holdings import ROWS_A_BATCH
from activities.holds import HELD_BY_LAW
from connectors import product_session
from connectors.errors import Conflict, Rejected, Unavailable
from connectors.store.engine import open_engine
from tests.contract.sample_account import AT, DAVID, DORA
from tests.contract.sample_erasure import UNTIL, SmallProduct, later
from tests.contract.snapshot_schema import database_of

PATIENCE_SECONDS = 30.0
Making = Callable[..., SmallProduct]


@pytest.fixture
def making(engine: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Making]:
    """Products of the same kind of database as Farewell's own."""
    opened: list[Engine] = []

    def make(notes: int = 2500) -> SmallProduct:
        is_sqlite = engine.dialect.name == "sqlite"
        url = (
            f"sqlite:///{tmp_path / uuid4().hex}.db" if is_sqlite else database_of(request.getfixturevalue("postgres"))
        )
        opened.append(open_engine(url))
        return SmallProduct(opened[-1], engine, notes)

    yield make
    for each in opened:
        each.dispose()


@pytest.fixture
def company(making: Making) -> SmallProduct:
    return making()


def hold(company: SmallProduct, *data_sets: str) -> str:
    return company.store.place_hold(company.account, DORA, "court order", data_sets, AT)


# -- holds


def test_erasure_3_a_hold_that_another_thread_places_during_a_batch_undoes_that_batch(company: SmallProduct) -> None:
    began, placed = threading.Event(), threading.Event()

    def during(_data_set: object) -> None:
        began.set()
        assert placed.wait(PATIENCE_SECONDS)

    def place() -> None:
        assert began.wait(PATIENCE_SECONDS)
        hold(company, "note")
        placed.set()

    company.product.during = during
    with ThreadPoolExecutor(1) as another:
        placing = another.submit(place)
        with pytest.raises(ApplicationError) as held:
            company.purge("note")
        placing.result()
    assert (held.value.type, held.value.non_retryable, company.count("note")) == (HELD_BY_LAW, True, 5000)


def test_erasure_3_after_a_hold_stands_no_more_than_the_batch_that_is_committing_goes(making: Making) -> None:
    company, began = making(notes=6 * ROWS_A_BATCH), threading.Event()
    company.product.during = lambda _data_set: began.set()
    with ThreadPoolExecutor(1) as another:
        purging = another.submit(company.purge, "note")
        assert began.wait(PATIENCE_SECONDS)
        hold(company, "note")
        stood = company.count("note")
        with pytest.raises(ApplicationError, match="covers note"):
            purging.result()
    assert stood - company.count("note") <= ROWS_A_BATCH


def test_erasure_3_a_hold_freezes_what_it_covers_and_what_that_points_at_and_nothing_else(
    company: SmallProduct,
) -> None:
    placed = hold(company, "note")
    for name in ("note", "client"):
        with pytest.raises(ApplicationError, match=placed):
            company.purge(name)
    assert company.purge("visit").erased == 1
    for who in (DORA, DAVID):
        company.store.release_hold(placed, who, AT)
    assert [company.purge(name).erased for name in ("note", "client")] == [2500, 1]


# -- faults


def test_a_foreign_key_that_the_inventory_doesnt_know_is_named_and_loses_nothing(company: SmallProduct) -> None:
    company.run(
        "CREATE TABLE audit (id integer PRIMARY KEY, note_id integer CONSTRAINT of_note REFERENCES note (id))",
        "INSERT INTO audit SELECT 1, max(id) FROM note WHERE client_id = 17",
    )
    with pytest.raises(Conflict) as no:  # permanent: it parks, and isn't tried again and again
        company.purge("note")
    named = "of_note of audit" if company.engine.dialect.name == "postgresql" else "audit.note_id -> note.id"
    assert named in no.value.what
    assert "then try again" in no.value.fix
    stands = company.count("note")
    assert stands in {5000 - ROWS_A_BATCH * done for done in range(3)}
    company.run("DELETE FROM audit")
    result = company.purge("note")
    assert (result.before, result.erased, company.count("note")) == (2500, 2500, 2500)


def test_erasure_4_rows_that_appear_during_the_erasure_are_found_and_purged_again(company: SmallProduct) -> None:
    company.purge_all()
    company.run("INSERT INTO client VALUES (99, 17)", "INSERT INTO note VALUES (99, 99, 'late')")
    assert company.recount().left == {"note": 1, "client": 1}
    assert company.store.documents(company.case, "recount") == []
    company.purge_all()
    assert company.recount().left == {}
    assert len(company.store.documents(company.case, "recount")) == 1
    assert {name: company.count(name) for name in ("note", "client", "line")} == {"note": 2500, "client": 1, "line": 4}


# -- others go on working


@pytest.fixture
def on_postgresql(company: SmallProduct) -> SmallProduct:
    if company.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    return company


def test_while_a_batch_is_under_way_others_write_the_same_tables_and_never_wait(on_postgresql: SmallProduct) -> None:
    """Each of their statements would fail, had it to wait for a lock for a moment."""
    company = on_postgresql
    written: list[object] = []

    def during(data_set: object) -> None:
        number = len(written)
        with company.engine.begin() as others:
            others.execute(text("SET LOCAL lock_timeout = '1ms'"))
            others.execute(text(f"INSERT INTO client VALUES ({1000 + number}, 18)"))
            others.execute(text(f"INSERT INTO note VALUES ({1000 + number}, {1000 + number}, 'new')"))
            others.execute(text("UPDATE note SET body = 'changed' WHERE client_id = 18"))
            others.execute(text("UPDATE shop SET name = 'renamed' WHERE id = 18"))
            others.execute(text("DELETE FROM note WHERE id = (SELECT min(id) FROM note WHERE client_id = 18)"))
        written.append(data_set)

    company.product.during = during
    company.purge_all()
    assert len(written) > 2500 / ROWS_A_BATCH
    assert company.recount().left == {}
    assert company.count("note") == 2500  # as many came as went


def test_who_holds_a_row_for_long_isnt_waited_for(on_postgresql: SmallProduct, monkeypatch: pytest.MonkeyPatch) -> None:
    company = on_postgresql
    monkeypatch.setattr(product_session, "SECONDS_FOR_A_LOCK", 0.01)
    with company.engine.begin() as another:
        another.execute(text("SELECT 1 FROM visit WHERE shop_id = 17 FOR UPDATE"))
        with pytest.raises(Unavailable):
            company.purge("visit")
    assert company.purge("visit").erased == 1


# -- retention ends


def test_erasure_1_what_is_retained_goes_at_its_end_with_what_was_masked_for_it_alone(company: SmallProduct) -> None:
    company.purge_all()
    with pytest.raises(Rejected, match="is kept until"):
        company.erase_retained("line", later(-1))
    line = company.erase_retained("line")
    assert (line.before, line.erased, line.kept, company.count("shop")) == (2, 2, 0, 2)
    invoice = company.erase_retained("invoice")
    assert (invoice.before, invoice.erased, company.count("shop")) == (1, 1, 1)
    assert company.erase_retained("invoice", later(9)) == invoice
    ended = company.store.documents(company.case, "retention_end")
    assert {each["name"]: (each["after"], each["root"]) for each in ended} == {
        "line": (0, "stays while rows point at it"),
        "invoice": (0, "deleted"),
    }
    assert {each["at"] for each in ended} == {UNTIL.isoformat()}
    assert [company.count(name) for name in ("line", "invoice", "shop")] == [2, 1, 1]  # another account's


def test_erasure_1_rows_that_still_point_there_go_first_whose_end_has_come_too(company: SmallProduct) -> None:
    company.purge_all()
    invoice = company.erase_retained("invoice")
    assert (invoice.erased, company.count("line"), company.count("shop")) == (1, 2, 1)
    line = company.erase_retained("line")  # its own turn tells what went, whenever that was
    assert (line.before, line.erased) == (2, 2)


def test_erasure_1_a_retentions_end_that_dies_in_the_middle_is_taken_up_again(company: SmallProduct) -> None:
    company.purge_all()

    def dies(data_set: object) -> None:
        if getattr(data_set, "name", "") == "invoice":
            raise Unavailable("worker", "killed")

    company.product.during = dies
    with pytest.raises(Unavailable):
        company.erase_retained("invoice")
    assert [company.count(name) for name in ("line", "invoice")] == [2, 2]
    del company.product.during
    invoice = company.erase_retained("invoice")
    assert (invoice.before, invoice.erased, company.count("shop")) == (1, 1, 1)


def test_erasure_3_a_hold_keeps_what_is_retained_beyond_its_end(company: SmallProduct) -> None:
    company.purge_all()
    placed = hold(company, "line")
    for name in ("line", "invoice"):
        with pytest.raises(ApplicationError, match=placed):
            company.erase_retained(name, later(30))
    for who in (DORA, DAVID):
        company.store.release_hold(placed, who, AT)
    assert company.erase_retained("line", later(31)).erased == 2


def test_erasure_3_what_a_hold_keeps_is_known_without_trying(company: SmallProduct) -> None:
    """So nothing fails for it each day: a scan waits for one on users, the key for any, a retained set for its rows."""
    company.purge_all()
    company.leaves(company.case)
    asked = [("retained", "invoice"), ("retained", "line"), ("scan", "-"), ("charges", "-"), (None, "-")]
    for covered, met in ((("line",), (1, 1, 0, 0, 1)), (("own/users",), (0, 0, 1, 0, 1)), ((), (1, 1, 1, 0, 1))):
        placed = hold(company, *covered)
        found = [company.obstacles(kind, subject).hold for kind, subject in asked]
        assert found == [placed if each else None for each in met]
        for who in (DORA, DAVID):
            company.store.release_hold(placed, who, AT)
        assert {company.obstacles(*each).hold for each in asked} == {None}


def test_messages_9_who_has_come_back_is_known_also_after_the_next_exit(company: SmallProduct) -> None:
    """By then retained rows may be of a later contract, with a later end: the later case watches them."""
    assert not company.obstacles("scan").returned
    company.leaves(company.case)
    assert not company.obstacles("scan").returned
    company.comes_back()
    assert company.obstacles("scan").returned
    company.leaves(f"{company.account}-2")
    assert company.obstacles("retained", "invoice").returned


def test_erasure_1_the_root_stays_masked_while_a_table_nobody_knew_points_at_it(company: SmallProduct) -> None:
    company.run(
        "CREATE TABLE badge (id integer PRIMARY KEY, shop_id integer REFERENCES shop (id))",
        "INSERT INTO badge VALUES (1, 17)",
    )
    company.purge_all()
    company.erase_retained("line")
    assert company.erase_retained("invoice").erased == 1
    assert company.count("shop") == 2
    roots = {each["root"] for each in company.store.documents(company.case, "retention_end")}
    assert roots == {"stays while rows point at it"}
