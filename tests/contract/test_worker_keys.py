"""A worker that couldn't read what runs doesn't start, and says which key is needed; what may end, it ends."""

import asyncio
import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from temporalio.client import Client

import worker
from connectors.errors import Gone, NotFound, Unauthorized
from connectors.histories import TemporalHistories
from connectors.keys import FolderKeyStore
from connectors.temporal import connect_temporal, data_converter
from models.keys import KeyScope

AT = datetime(2026, 11, 22, tzinfo=UTC)


def new_master():
    return base64.b64encode(secrets.token_bytes(32)).decode()


class Cases:
    """One exit runs, one has ended."""

    def cases(self):
        return [{"account": "acme", "ended_at": None}, {"account": "gone", "ended_at": AT}]


@dataclass
class At:
    """What the worker asks about keys."""

    keys: FolderKeyStore
    histories: TemporalHistories | None = None
    cases: Cases = field(default_factory=Cases)


def test_a_folder_that_isnt_the_one_in_use_is_refused(tmp_path):
    with pytest.raises(NotFound, match="account/acme/1") as caught:
        worker.refuse_lost_keys(At(FolderKeyStore(tmp_path / "elsewhere", new_master())))
    assert "FAREWELL_KEYS" in caught.value.fix


def test_an_account_whose_key_was_destroyed_is_no_loss(tmp_path):
    keys = FolderKeyStore(tmp_path, new_master())
    keys.sealing(KeyScope.of_account("acme"))
    worker.refuse_lost_keys(At(keys))
    keys.destroy(KeyScope.of_account("acme"), AT)
    worker.refuse_lost_keys(At(keys))


def test_another_master_key_is_refused_at_start(tmp_path):
    FolderKeyStore(tmp_path, new_master()).sealing(KeyScope.of_account("acme"))
    with pytest.raises(Unauthorized, match="account/acme/1 is wrapped by"):
        worker.refuse_lost_keys(At(FolderKeyStore(tmp_path, new_master())))


@pytest_asyncio.fixture(loop_scope="session")
async def at(stack, tmp_path, monkeypatch):
    monkeypatch.setenv("TEMPORAL_ADDRESS", stack.environment["TEMPORAL_ADDRESS"])
    keys = FolderKeyStore(tmp_path / "keys", new_master())
    histories = TemporalHistories(connect_temporal, keys)
    yield At(keys, histories)
    histories.close()


@pytest.mark.asyncio(loop_scope="session")
async def test_erasure_6_the_sweep_destroys_the_keys_of_workflows_that_have_closed(stack, at):
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"], data_converter=data_converter(at.keys))
    case = f"swept{secrets.token_hex(4)}-1"
    runs, closed, forgotten = KeyScope.of_follow_ups(case), KeyScope.of_closing(case), KeyScope.of_follow_ups("never-1")
    handles = [
        await client.start_workflow("Nobody", "a word", id=f"{scope.kind}-{case}", task_queue="nobody")
        for scope in (runs, closed)
    ]
    await handles[1].terminate()
    at.keys.sealing(forgotten)
    for scope in (runs, closed, forgotten):
        at.keys.may_end(scope)
    sweeping = asyncio.create_task(worker.sweep_keys(at))
    while at.keys.ending() != [runs]:  # noqa: ASYNC110  # another thread does it
        await asyncio.sleep(0.01)
    sweeping.cancel()
    assert at.keys.sealing(runs)
    for scope in (closed, forgotten):
        with pytest.raises(Gone):
            at.keys.sealing(scope)
    await handles[0].terminate()
