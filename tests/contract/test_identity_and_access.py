"""What every identity and every access system must do. Source: DOMAIN identity."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from connectors.builtin.access import BuiltinAccess
from connectors.builtin.identity import BuiltinIdentity
from connectors.ports import AccessSystem, IdentitySystem
from connectors.store.sessions import reading
from models.tables.identities import CredentialRow, GroupRow, MembershipRow, UserRow
from models.vocabulary import CredentialClass
from tests.contract.sample_access import CREDENTIALS, USERS, add_access
from tests.contract.sample_account import AT, add_account

KEY, OTHER = "case-1:deactivate_users:-:1", "case-0:deactivate_users:-:1"


@pytest.fixture(params=[BuiltinIdentity])
def identity(request: pytest.FixtureRequest, engine: Engine) -> IdentitySystem:
    return request.param(engine)


@pytest.fixture(params=[BuiltinAccess])
def access(request: pytest.FixtureRequest, engine: Engine) -> AccessSystem:
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


def open_ones(engine: Engine, account: str) -> list[str]:
    with reading(engine) as session:
        asked = select(CredentialRow).where(CredentialRow.account == account, CredentialRow.gated_by == None)  # noqa: E711  # SQL
        return sorted(row.kind for row in session.exec(asked))


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


def test_users_of_other_accounts_are_never_touched(
    identity: IdentitySystem, access: AccessSystem, engine: Engine, account: str
) -> None:
    other = add_account(engine)
    add_access(engine, other)
    before = everything(engine, other)
    identity.deactivate(account, identity.users(other, "", 100), KEY)
    for kind in CredentialClass:
        access.gate(account, kind, KEY, AT)
    access.delete(account)
    identity.delete(account)
    assert everything(engine, other) == before


def test_delete_leaves_nobody_and_is_harmless_again(identity: IdentitySystem, engine: Engine, account: str) -> None:
    assert identity.delete(account) == USERS
    assert identity.delete(account) == 0
    assert [row for row in everything(engine, account) if "kind" not in row] == []


def test_identity_2_the_export_contact_keeps_its_sign_in(access: AccessSystem, engine: Engine, account: str) -> None:
    for kind in CredentialClass:
        access.gate(account, kind, KEY, AT)
    assert open_ones(engine, account) == ["sign_in"]


def test_identity_3_each_class_gets_a_receipt_with_its_count_again_the_same(access: AccessSystem, account: str) -> None:
    counts = access.counts(account)
    assert counts == CREDENTIALS
    for _ in range(2):
        receipts = {kind.value: access.gate(account, kind, KEY, AT) for kind in CredentialClass}
        assert {kind: receipt.count for kind, receipt in receipts.items()} == {**counts, "sign_in": 2}
    assert access.counts(account) == counts


def test_identity_5_free_opens_what_the_effect_closed_and_no_others(
    access: AccessSystem, engine: Engine, account: str
) -> None:
    access.gate(account, "webhook", OTHER, AT)
    before = everything(engine, account)
    for kind in CredentialClass:
        access.gate(account, kind, KEY, AT)
    access.free(account, KEY, AT)
    assert access.free(account, KEY, AT).count == 0
    assert everything(engine, account) == before


def test_delete_leaves_no_credential(access: AccessSystem, account: str) -> None:
    assert access.delete(account) == sum(CREDENTIALS.values())
    assert access.delete(account) == 0
    assert access.counts(account) == {}
