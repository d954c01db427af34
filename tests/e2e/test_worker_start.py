"""Workers and pages that couldn't read what is sealed don't start: a line says which key it is, and which is needed."""

import asyncio
import base64
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import pytest_asyncio

import starter
from connectors.keys import FolderKeyStore
from connectors.opening import Connections
from connectors.store.engine import migrate
from devstack.stack import EmbeddedStack
from models.keys import KeyScope
from models.settings import Settings
from tests.contract.sample_account import add_account, request_for
from tests.e2e.delivery import AT

WORKER, PAGES = (Path(sys.executable).parent / name for name in ("farewell-worker", "farewell-web"))
Start = Callable[..., tuple[int, str]]


def new_master() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest_asyncio.fixture(loop_scope="session")
async def environment(stack: EmbeddedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The stack's servers, a key store of its own, and a database in which one exit runs."""
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("FAREWELL_", "TEMPORAL_", "AWS_"))}
    inside = {k: v for k, v in stack.environment.items() if k != "FAREWELL_MASTER_KEY_FILE"}
    inside |= {"FAREWELL_DATABASE_URL": f"sqlite:///{tmp_path}/own.db", "FAREWELL_HOME": str(tmp_path / "home")}
    inside |= {"FAREWELL_KEYS": str(tmp_path / "keys"), "FAREWELL_MASTER_KEY": new_master()}
    with monkeypatch.context() as patch:
        for name, value in inside.items():
            patch.setenv(name, value)
        at = Connections(Settings())
        migrate(at.engine)
        account = add_account(at.engine)
        at.keys.sealing(KeyScope.of_account(account))
        at.cases.open_case(request_for(account), AT)
    return {**outside, **inside}


async def refused(environment: dict[str, str], program: Path = WORKER, **otherwise: str) -> str:
    """What a worker says that doesn't start, or who else doesn't."""
    asked = {"env": {**environment, **otherwise}, "cwd": starter.PROJECT, "timeout": 60}
    ended = await asyncio.to_thread(subprocess.run, [program], capture_output=True, text=True, check=False, **asked)
    assert (ended.returncode, ended.stderr.count("\n")) in {(2, 1), (5, 1)}, ended.stderr
    return ended.stderr


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("program", [WORKER, PAGES], ids=lambda program: program.name)
async def test_another_master_key_than_the_stores_is_refused_and_both_are_named(environment, program) -> None:
    standing = _store(environment).keys()
    (wrapped_by,) = {key.wrapped_by for key in standing}
    said = await refused(environment, program, FAREWELL_MASTER_KEY=new_master())
    assert re.search(
        rf"FAREWELL_MASTER_KEY is the master key [0-9a-f]{{16}}, but account/\S+ is wrapped by {wrapped_by}", said
    )
    assert "FAREWELL_MASTER_KEY_OLD" in said


@pytest.mark.asyncio(loop_scope="session")
async def test_no_master_key_and_one_of_another_form_are_refused(environment) -> None:
    without = {name: value for name, value in environment.items() if name != "FAREWELL_MASTER_KEY"}
    assert "FAREWELL_MASTER_KEY: is not set" in await refused(without)
    assert "FAREWELL_MASTER_KEY isn't 32 bytes" in await refused(environment, FAREWELL_MASTER_KEY="secret")
    assert "FAREWELL_SIGNING_KEY: expected" in await refused(environment, FAREWELL_SIGNING_KEY="{}")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_key_store_that_isnt_the_one_in_use_is_refused(environment, tmp_path) -> None:
    assert "there is no key account/" in await refused(environment, FAREWELL_KEYS=str(tmp_path / "not mounted"))
    assert not (tmp_path / "not mounted").exists()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_database_without_tables_is_refused(environment, tmp_path) -> None:
    said = await refused(environment, FAREWELL_DATABASE_URL=f"sqlite:///{tmp_path}/empty.db")
    assert "database" in said


def _store(environment: dict[str, str]) -> FolderKeyStore:
    return FolderKeyStore(Path(environment["FAREWELL_KEYS"]), environment["FAREWELL_MASTER_KEY"])
