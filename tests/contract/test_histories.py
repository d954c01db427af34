"""The suite of the port Histories, on a real server; and that a scrubbed history still replays."""

import asyncio
import base64
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

with workflow.unsafe.imports_passed_through():
    from activities.scrub import scrubbed
    from connectors.errors import NotFound, Unavailable
    from connectors.histories import TemporalHistories
    from models.payload import Personal
    from models.updates import Undo
    from tests.fakes.evidence import OneKey

KEY = OneKey().digest_key("acme")
SECRET = "Eva is moving to Lima"


@workflow.defn
class Confessional:
    """Listens to something personal, starts afresh once, and ends."""

    @workflow.init
    def __init__(self, runs: int) -> None:
        self.heard: Personal | None = None

    @workflow.run
    async def run(self, runs: int) -> Personal:
        await workflow.wait_condition(lambda: self.heard is not None and workflow.all_handlers_finished())
        if runs > 1:
            workflow.continue_as_new(runs - 1)
        assert self.heard
        return self.heard

    @workflow.update(name="confess")
    async def confess(self, word: Undo) -> str:
        self.heard = word.reason
        return "heard"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server():
    binary = str(Path(sys.executable).parent / "temporal")
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=binary, data_converter=pydantic_data_converter
    )
    async with environment:
        yield environment.client


@pytest.fixture
def histories(server):
    async def connect(keys):
        return await Client.connect(server.service_client.config.target_host)

    door = TemporalHistories(connect, OneKey())
    yield door
    door.close()


async def confessed(client, runs):
    """A workflow of as many runs, each told something personal."""
    name, queue = f"confessional-{uuid4()}", str(uuid4())
    word = Undo(actor={"id": "ana"}, reason=Personal(text=SECRET))
    async with Worker(client, task_queue=queue, workflows=[Confessional]):
        handle = await client.start_workflow(Confessional.run, runs, id=name, task_queue=queue)
        for _ in range(runs):
            run = (await client.get_workflow_handle(name).describe()).run_id
            await client.get_workflow_handle(name, run_id=run).execute_update(Confessional.confess, word)
            await ended(client.get_workflow_handle(name, run_id=run))
        await handle.result()
    return name


async def ended(run):
    """The next word is for the next run: one that came while this run goes on as new would be heard twice here."""
    while (await run.describe()).status is WorkflowExecutionStatus.RUNNING:  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.02)


def decoded(history):
    """All payloads of a history in clear, in one string."""
    if isinstance(history, dict):
        data = history.get("data")
        own = base64.b64decode(data).decode() if isinstance(data, str) else ""
        return own + "".join(decoded(part) for part in history.values())
    return "".join(decoded(part) for part in history) if isinstance(history, list) else ""


@pytest.mark.asyncio(loop_scope="module")
async def test_all_runs_come_scrubbed_and_each_still_replays(server, histories):
    name = await confessed(server, runs=3)
    assert histories.closed(name)
    runs = histories.runs(name)
    kept = scrubbed(runs, KEY)
    assert SECRET in decoded(runs)
    assert SECRET not in decoded(kept)
    assert len(kept) == 3
    replayer = Replayer(workflows=[Confessional], data_converter=pydantic_data_converter)
    for run in kept:
        await replayer.replay_workflow(WorkflowHistory.from_json(name, run))


@pytest.mark.asyncio(loop_scope="module")
async def test_an_open_workflow_isnt_closed_and_an_unknown_one_isnt_there(server, histories):
    handle = await server.start_workflow(Confessional.run, 1, id=f"open-{uuid4()}", task_queue="nobody")
    assert not histories.closed(handle.id)
    await handle.terminate()
    assert histories.closed(handle.id)
    for ask in (histories.closed, histories.runs, histories.sealed_payload):
        with pytest.raises(NotFound):
            ask("nobody")


@pytest.mark.asyncio(loop_scope="module")
async def test_many_threads_may_ask_at_once(server, histories):
    name = await confessed(server, runs=1)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(histories.closed, [name] * 32))


def test_no_server_is_an_error_of_ours():
    async def connect(keys):
        raise Unavailable("Temporal", "no server answers")

    door = TemporalHistories(connect, OneKey())
    with pytest.raises(Unavailable, match="no server"):
        door.closed("any")
    door.close()
