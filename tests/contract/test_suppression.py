"""The port Suppression, on SQLite and on PostgreSQL. Source: DOMAIN messages.8."""

import base64
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Engine, delete
from sqlmodel import Session, select

from connectors.errors import Rejected
from connectors.ports.farewells import Suppression
from connectors.store.suppression import SqlSuppression
from models.tables.farewells import SuppressionRow

KEY = base64.b64encode(bytes(range(32))).decode()
TODAY = date(2026, 11, 22)


@pytest.fixture
def suppression(engine: Engine) -> Suppression:
    with engine.begin() as connection:
        connection.execute(delete(SuppressionRow))
    return SqlSuppression(engine, KEY)


def an_address() -> str:
    return f"lucia.{uuid.uuid4().hex[:8]}@moncayo.example"


def test_messages_8_the_first_ground_stays_and_a_lift_ends_it(suppression: Suppression) -> None:
    address = an_address()
    assert suppression.holds(address) is None
    assert suppression.add(address, "opt_out", TODAY)
    assert not suppression.add(address.upper(), "bounce", TODAY)
    assert suppression.holds(f" {address.title()} ") == "opt_out"
    assert (suppression.lift(address), suppression.lift(address)) == (True, False)
    assert suppression.holds(address) is None


def test_messages_8_the_list_holds_keyed_hashes_and_days_alone(suppression: Suppression, engine: Engine) -> None:
    address = an_address()
    suppression.add(address, "complaint", TODAY)
    with Session(engine) as session:
        rows = session.exec(select(SuppressionRow)).all()
    assert {(row.ground, row.since, len(row.digest)) for row in rows} == {("complaint", TODAY, 64), ("key", TODAY, 64)}
    other = base64.b64encode(secrets.token_bytes(32)).decode()
    assert {SqlSuppression(engine, other)._known_as(address)}.isdisjoint(row.digest for row in rows)


def test_messages_8_another_key_is_refused_for_everybody_would_be_forgotten(
    suppression: Suppression, engine: Engine
) -> None:
    address = an_address()
    SqlSuppression(engine, base64.b64encode(bytes(32)).decode()).check()  # an empty list has no key yet
    suppression.add(address, "opt_out", TODAY)
    wrong = SqlSuppression(engine, base64.b64encode(bytes(32)).decode())
    for asked in (wrong.check, lambda: wrong.holds(address), lambda: wrong.lift(address)):
        with pytest.raises(Rejected, match="another FAREWELL_SUPPRESSION_KEY"):
            asked()
    with pytest.raises(Rejected):
        wrong.add(address, "opt_out", TODAY)
    assert suppression.holds(address) == "opt_out"


def test_eight_at_once_add_one_address_once(suppression: Suppression) -> None:
    address = an_address()
    with ThreadPoolExecutor(8) as threads:
        new = list(threads.map(lambda _: suppression.add(address, "opt_out", TODAY), range(8)))
    assert sorted(new) == [False] * 7 + [True]


@pytest.mark.parametrize("text", ["", "  ", "@", "ana@", "nobody", "ana maria@x.example", "call me"])
def test_what_is_no_address_is_refused_and_isn_t_on_the_list(suppression: Suppression, text: str) -> None:
    assert suppression.holds(text) is None
    for change in (lambda: suppression.add(text, "opt_out", TODAY), lambda: suppression.lift(text)):
        with pytest.raises(Rejected, match="neither a mail address nor a number"):
            change()
