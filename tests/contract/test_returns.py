"""The port `Returns`, on both databases."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from connectors.ports.farewells import Returns
from connectors.store.returns import SqlReturns

AT = datetime(2132, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def returns(engine: Engine) -> Returns:
    return SqlReturns(engine)


def test_messages_9_who_came_back_is_noted_once_and_the_package_later(returns: Returns) -> None:
    account = f"acc_{secrets.token_hex(4)}"
    at = AT + timedelta(seconds=secrets.randbelow(10**6))
    assert returns.note(f"{account}-1", account, at, restored=False)
    assert not returns.note(f"{account}-1", account, at + timedelta(days=9), restored=True)
    assert not returns.note(f"{account}-1", account, at, restored=False)
    assert returns.since(at, at + timedelta(seconds=1)) == [
        {"case": f"{account}-1", "account": account, "at": at, "restored": True}
    ]


def test_a_customer_who_came_back_twice_is_two_returns_in_order(returns: Returns) -> None:
    account = f"acc_{secrets.token_hex(4)}"
    later, at = AT + timedelta(days=400), AT + timedelta(days=300)
    assert returns.note(f"{account}-2", account, later, restored=False)
    assert returns.note(f"{account}-1", account, at, restored=False)
    found = [each["case"] for each in returns.since(at, later + timedelta(days=1)) if each["account"] == account]
    assert found == [f"{account}-1", f"{account}-2"]
    assert account not in {each["account"] for each in returns.since(at + timedelta(days=1), later)}
