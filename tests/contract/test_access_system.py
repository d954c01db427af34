"""What every access system must do, ours and one of others behind signed webhooks. Source: DOMAIN identity."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from connectors.builtin.access import BuiltinAccess
from connectors.ports.access import AccessSystem
from connectors.store.sessions import reading, writing
from connectors.webhooks.access import WebhookAccess
from connectors.webhooks.sender import Sender
from models.tables.identities import CredentialRow, SharedAssetRow, UserRow
from models.vocabulary import CredentialClass
from tests.contract.sample_access import CREDENTIALS, add_access, add_assets
from tests.contract.sample_account import AT, add_account
from tests.contract.webhook_receiver import SECRET, running_receiver

KEY, OTHER = "case-1:gate_credentials:-:1", "case-0:gate_credentials:-:1"
PLANT = "case-1:plant_probe:-:1"
TOKEN = "3f" * 32


class System(NamedTuple):
    """What is asked, and where its rows are."""

    asked: AccessSystem
    engine: Engine


@pytest.fixture(params=["sqlite", "postgresql", "webhook"])
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    if request.param != "webhook":
        engine = request.getfixturevalue(f"{request.param}_engine")
        yield System(BuiltinAccess(engine), engine)
        return
    engine = request.getfixturevalue("sqlite_engine")
    with running_receiver() as receiver:
        receiver.access = BuiltinAccess(engine)
        yield System(WebhookAccess(Sender(receiver.url, SECRET, "access", embedded=True)), engine)


@pytest.fixture
def access(system: System) -> AccessSystem:
    return system.asked


@pytest.fixture
def account(system: System) -> str:
    account = add_account(system.engine)
    add_access(system.engine, account)
    return account


@pytest.fixture
def everything(system: System) -> Any:
    """The rows of an account that say who comes in and who owns what, but not what was undone."""

    def found(account: str) -> list[dict[str, Any]]:
        with reading(system.engine) as session:
            return [
                row.model_dump(exclude={"was_gated_by", "was_handed_by"})
                for table in (CredentialRow, SharedAssetRow)
                for row in session.exec(select(table).where(table.account == account).order_by(table.id))
            ]

    return found


def gate_all(access: AccessSystem, account: str, key: str = KEY) -> dict[str, int]:
    return {kind.value: access.gate(account, kind, key, AT).count for kind in CredentialClass}


def test_it_answers(access: AccessSystem) -> None:
    access.check()


def test_identity_2_the_export_contact_keeps_its_sign_in(access: AccessSystem, account: str, system: System) -> None:
    gate_all(access, account)
    with reading(system.engine) as session:
        asked = select(CredentialRow).where(CredentialRow.account == account)
        left = [row for row in session.exec(asked) if row.gated_by is None]
        owner = session.get_one(UserRow, left[0].owner)
    assert [row.kind for row in left] == ["sign_in"]
    assert owner.export_contact


def test_identity_3_each_class_gets_a_receipt_with_its_count_again_the_same(access: AccessSystem, account: str) -> None:
    assert access.counts(account) == CREDENTIALS
    for _ in range(2):
        assert gate_all(access, account) == {**CREDENTIALS, "sign_in": 2}
    assert access.counts(account) == CREDENTIALS
    receipt = access.gate(account, "session", KEY, AT)
    about = ("access", "gate session", account, 1, AT, KEY)
    assert (receipt.system, receipt.action, receipt.subject, receipt.count, receipt.at, receipt.reference) == about


def test_identity_3_what_is_open_is_told_by_class_but_the_export_contacts_sign_in(
    access: AccessSystem, account: str
) -> None:
    assert access.open(account) == {**CREDENTIALS, "sign_in": 2}
    access.gate(account, "session", KEY, AT)
    assert "session" not in access.open(account)
    gate_all(access, account)
    assert access.open(account) == {}


def test_identity_3_the_probe_gets_in_until_its_class_is_closed(access: AccessSystem, account: str) -> None:
    assert access.admits(account, TOKEN) == ()
    for _ in range(2):
        assert access.plant(account, TOKEN, PLANT, AT).count == 2
        assert access.admits(account, TOKEN) == ("session", "api_key")
    assert access.counts(account)["api_key"] == CREDENTIALS["api_key"] + 1
    assert access.admits(account, "4e" * 32) == ()
    access.gate(account, "session", KEY, AT)
    assert access.admits(account, TOKEN) == ("api_key",)
    access.gate(account, "api_key", KEY, AT)
    assert access.admits(account, TOKEN) == ()
    access.free(account, KEY, AT)
    assert access.admits(account, TOKEN) == ("session", "api_key")


def test_identity_3_a_pulled_probe_leaves_nothing_of_ours(access: AccessSystem, account: str, everything: Any) -> None:
    before = everything(account)
    access.plant(account, TOKEN, PLANT, AT)
    counts = {access.pull(account, PLANT, AT).count for _ in range(2)}
    assert counts == {2}
    assert access.admits(account, TOKEN) == ()
    assert everything(account) == before


def test_identity_3_the_token_itself_is_kept_nowhere(access: AccessSystem, account: str, everything: Any) -> None:
    access.plant(account, TOKEN, PLANT, AT)
    assert TOKEN not in str(everything(account))


def test_a_probe_gets_into_its_own_account_alone(access: AccessSystem, account: str, system: System) -> None:
    access.plant(account, TOKEN, PLANT, AT)
    assert access.admits(add_account(system.engine), TOKEN) == ()


def test_identity_4_assets_go_to_their_successors_and_the_others_stay_to_be_named(
    access: AccessSystem, account: str, system: System
) -> None:
    add_assets(system.engine, account)
    owned, orphan = access.assets(account)
    assert (owned.kind, owned.owner, owned.successor) == ("dashboard", f"{account}-1", f"{account}-0")
    assert (orphan.owner, orphan.successor) == (f"{account}-2", None)
    for _ in range(2):
        assert access.hand_over(account, KEY, AT).count == 1
        assert access.assets(account) == [orphan]


def test_identity_4_what_was_handed_over_comes_back_and_nothing_else(
    access: AccessSystem, account: str, system: System, everything: Any
) -> None:
    add_assets(system.engine, account)
    with writing(system.engine) as session:
        about = {"account": account, "kind": "report", "label": "R", "owner": "u", "successor": "v"}
        session.add(SharedAssetRow(id=f"{account}-a9", handed_by=OTHER, **about))
    before = everything(account)
    access.hand_over(account, KEY, AT)
    assert {access.hand_back(account, KEY, AT).count for _ in range(2)} == {1}
    assert everything(account) == before


def test_identity_5_free_opens_what_the_effect_closed_and_no_others_again_the_same(
    access: AccessSystem, account: str, everything: Any
) -> None:
    access.gate(account, "webhook", OTHER, AT)
    before = everything(account)
    closed = sum(gate_all(access, account).values())
    assert {access.free(account, KEY, AT).count for _ in range(2)} == {closed}
    assert everything(account) == before


def test_identity_5_a_late_attempt_to_close_leaves_alone_what_was_opened_again(
    access: AccessSystem, account: str, everything: Any, system: System
) -> None:
    add_assets(system.engine, account)
    before = everything(account)
    gate_all(access, account)
    access.hand_over(account, KEY, AT)
    access.free(account, KEY, AT)
    access.hand_back(account, KEY, AT)
    access.hand_over(account, KEY, AT)
    assert set(gate_all(access, account).values()) == {0}
    assert everything(account) == before
    assert sum(gate_all(access, account, "case-2:gate_credentials:-:1").values()) == sum(CREDENTIALS.values()) - 1


def test_other_accounts_are_never_touched(access: AccessSystem, account: str, everything: Any, system: System) -> None:
    other = add_account(system.engine)
    add_access(system.engine, other)
    add_assets(system.engine, other)
    before = everything(other)
    gate_all(access, account)
    access.plant(account, TOKEN, PLANT, AT)
    access.hand_over(account, KEY, AT)
    access.delete(account)
    assert everything(other) == before


def test_delete_leaves_nothing(access: AccessSystem, account: str, everything: Any, system: System) -> None:
    add_assets(system.engine, account)
    gate_all(access, account)
    assert access.delete(account) == sum(CREDENTIALS.values())
    assert access.delete(account) == 0
    assert access.counts(account) == {}
    assert everything(account) == []
