"""What every identity system must do. Source: DOMAIN identity."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from connectors.builtin.identity import BuiltinIdentity
from connectors.ports import IdentitySystem
from connectors.store.sessions import reading
from models.tables.identities import CredentialRow, GroupRow, MembershipRow, UserRow
from tests.contract.sample_access import USERS, add_access
from tests.contract.sample_account import add_account

KEY, OTHER = "case-1:deactivate_users:-:1", "case-0:deactivate_users:-:1"


@pytest.fixture(params=[BuiltinIdentity])
def identity(request: pytest.FixtureRequest, engine: Engine) -> IdentitySystem:
    return request.param(engine)


@pytest.fixture
def account(engine: Engine) -> str:
    account = add_account(engine)
    add_access(engine, account)
    return account


def everything(engine: Engine, account: str) -> list[Any]:
    found = []
    with reading(engine) as session:
        for table in (UserRow, GroupRow, CredentialRow):
            rows = session.exec(select(table).where(table.account == account).order_by(table.id))
            found += [row.model_dump() for row in rows]
        memberships = session.exec(select(MembershipRow).order_by(MembershipRow.group, MembershipRow.user))
        found += [row.model_dump() for row in memberships if row.group.startswith(f"{account}-")]
    return found


def test_users_are_paged_in_order(identity: IdentitySystem, account: str) -> None:
    first = identity.users(account, "", 3)
    rest = identity.users(account, first[-1], 3)
    assert first + rest == sorted(f"{account}-{n}" for n in range(USERS))
    assert identity.users(account, rest[-1], 3) == []


def test_identity_1_deactivate_spares_the_export_contact_and_who_was_inactive(
    identity: IdentitySystem, account: str
) -> None:
    users = identity.users(account, "", 100)
    assert identity.count(account, active=True) == USERS - 1
    for _ in range(2):
        assert identity.deactivate(account, users, KEY) == USERS - 2
    assert identity.count(account, active=True) == 1
    assert identity.count(account, active=False) == USERS


def test_identity_5_reactivate_returns_the_same_users_and_no_others(
    identity: IdentitySystem, engine: Engine, account: str
) -> None:
    users = identity.users(account, "", 100)
    identity.deactivate(account, users[1:2], OTHER)
    before = everything(engine, account)
    identity.deactivate(account, users, KEY)
    identity.reactivate(account, KEY)
    assert identity.reactivate(account, KEY) == 0
    assert everything(engine, account) == before


def test_users_of_other_accounts_are_never_touched(identity: IdentitySystem, engine: Engine, account: str) -> None:
    other = add_account(engine)
    add_access(engine, other)
    before = everything(engine, other)
    identity.deactivate(account, identity.users(other, "", 100), KEY)
    identity.delete(account)
    assert everything(engine, other) == before


def test_delete_leaves_nobody_and_is_harmless_again(identity: IdentitySystem, engine: Engine, account: str) -> None:
    assert identity.delete(account) == USERS
    assert identity.delete(account) == 0
    assert [row for row in everything(engine, account) if "kind" not in row] == []
