"""A customer who was erased comes back by importing the account again."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from commands.importing import Record, upsert
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from models.case import StageRecord
from models.keys import KeyScope
from models.vocabulary import Mode, Stage
from tests.contract.sample_account import AT, add_account, request_for


@pytest.fixture
def keys(tmp_path: Path) -> FolderKeyStore:
    return FolderKeyStore(tmp_path / "keys", base64.b64encode(secrets.token_bytes(32)).decode())


@pytest.fixture
def engine(tmp_path: Path, keys: FolderKeyStore) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db", keys)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def account(engine: Engine) -> str:
    """Its case is past the pivot: contacts are erased, the key stands."""
    account, store = add_account(engine), SqlCaseStore(engine)
    store.open_case(request_for(account), AT)
    SqlDirectory(engine).erase(account, "contacts")
    return account


def again(account: str, kind: str = "accounts") -> Record:
    about = {"id": account, "name": "Faro otra vez"}
    contact = {"account": account, "kind": "main", "language": "es", "timezone": "Europe/Madrid"}
    return Record(kind, "line 2", about if kind == "accounts" else {**about, **contact, "id": f"{account}-again"})


def close(engine: Engine, keys: FolderKeyStore, account: str) -> None:
    keys.destroy(KeyScope.of_account(account), AT)
    about = {"case": f"{account}-1", "account": account, "step": "close_case", "mode": Mode.STOP}
    SqlCaseStore(engine).record(StageRecord(**about, stage=Stage.CLOSED, ended=True), AT)


def test_messages_9_who_was_erased_comes_back_under_a_new_key(
    engine: Engine, keys: FolderKeyStore, account: str
) -> None:
    close(engine, keys, account)
    _, refusals = upsert(engine, [again(account), again(account, "contacts")], dry_run=False)
    assert refusals == []
    facts = SqlDirectory(engine).facts(account)
    assert (facts.account.name, [each.name for each in facts.contacts]) == ("Faro otra vez", ["Faro otra vez"])
    assert keys.sealing(KeyScope.of_account(account)).id == f"account/{account}/2"
    assert SqlDirectory(engine).erase(account, "contacts") == (1, 1)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_that_is_tried_or_refused_lets_nobody_back_in(
    engine: Engine, keys: FolderKeyStore, account: str, *, dry_run: bool
) -> None:
    close(engine, keys, account)
    wrong = [] if dry_run else [Record("accounts", "line 3", {"id": "new", "name": "Nueva"})]
    _, refusals = upsert(engine, [again(account), *wrong], dry_run=dry_run)
    assert len(refusals) == len(wrong)
    assert SqlDirectory(engine).facts(account).account.name == ""
    assert keys.keys() == []


def test_an_exit_past_the_pivot_is_closed_before_its_account_comes_back(engine: Engine, account: str) -> None:
    """Else its key would take with it what has just come."""
    _, refusals = upsert(engine, [again(account)], dry_run=False)
    assert refusals == ["line 2: its exit isn't closed yet; farewell status says what it waits for"]


def test_nothing_of_an_erased_account_comes_back_without_it(engine: Engine, keys: FolderKeyStore, account: str) -> None:
    close(engine, keys, account)
    _, refusals = upsert(engine, [again(account, "contacts")], dry_run=False)
    assert refusals == ["line 2: its account was erased: import the account, too"]
