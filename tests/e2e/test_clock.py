"""Time skipping on the embedded Temporal: the one experimental thing, so its promises are tested."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from devstack import clock
from devstack.stack import EmbeddedStack

NEAR = timedelta(seconds=5)
DAY = timedelta(days=1)


@activity.defn
async def touch() -> None: ...


@activity.defn
async def linger() -> None:
    await asyncio.sleep(30)


@workflow.defn
class Parent:
    """Wakes every ten days, then may abandon a child that does so too, and may continue as new."""

    def __init__(self) -> None:
        self.woke: list[str] = []
        self.released = False

    @workflow.run
    async def run(self, rounds: int, abandons: bool, continues: bool) -> None:
        for _ in range(rounds):
            await workflow.sleep(timedelta(days=10))
            await workflow.execute_activity(touch, start_to_close_timeout=timedelta(seconds=10))
            self.woke.append(workflow.now().isoformat())
        if abandons:
            await workflow.start_child_workflow(
                Parent.run,
                args=[5, False, False],
                id=f"{workflow.info().workflow_id}-child",
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            )
        if continues:
            workflow.continue_as_new(args=[0, False, False])
        await workflow.wait_condition(lambda: self.released)

    @workflow.signal
    def release(self) -> None:
        self.released = True

    @workflow.query
    def wakings(self) -> list[str]:
        return self.woke


@workflow.defn
class Lingering:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(linger, start_to_close_timeout=timedelta(minutes=1))


@pytest.fixture
async def client(stack: EmbeddedStack) -> AsyncIterator[Client]:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"])
    async with Worker(
        client,
        task_queue="clock",
        workflows=[Parent, Lingering],
        activities=[touch, linger],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield client


async def _start(
    client: Client, rounds: int, *, abandons: bool = False, continues: bool = False
) -> WorkflowHandle[Any, Any]:
    handle = await client.start_workflow(
        Parent.run, args=[rounds, abandons, continues], id=f"clock-{uuid.uuid4()}", task_queue="clock"
    )
    return client.get_workflow_handle(handle.id)  # of whichever run is the current one


async def test_a_move_fires_the_timers_on_the_way_and_then_time_is_real_again(client: Client) -> None:
    handle = await _start(client, 3)
    start = datetime.now(UTC)
    await clock.move(client, [handle.id], start + 25 * DAY)
    assert abs(await clock.now(client, handle.id) - start - 25 * DAY) < NEAR
    wakings = [datetime.fromisoformat(text) for text in await handle.query(Parent.wakings)]
    assert [round((woke - start) / DAY) for woke in wakings] == [10, 20]
    await asyncio.sleep(0.5)
    assert abs(await clock.now(client, handle.id) - start - 25 * DAY) < NEAR


async def test_a_move_into_the_past_moves_nothing(client: Client) -> None:
    handle = await _start(client, 1)
    await clock.move(client, [handle.id], datetime.now(UTC) - DAY)
    assert abs(await clock.now(client, handle.id) - datetime.now(UTC)) < NEAR


async def test_a_child_that_starts_on_the_way_inherits_the_clock_and_arrives_with_its_family(client: Client) -> None:
    handle = await _start(client, 1, abandons=True, continues=True)
    start = datetime.now(UTC)
    await clock.move_family(client, handle.id, start + 45 * DAY)
    child = client.get_workflow_handle(f"{handle.id}-child")
    for workflow_id in (handle.id, child.id):
        assert abs(await clock.now(client, workflow_id) - start - 45 * DAY) < NEAR
    wakings = [datetime.fromisoformat(text) for text in await child.query(Parent.wakings)]
    assert [round((woke - start) / DAY) for woke in wakings] == [20, 30, 40]


async def test_an_open_child_stops_its_parents_clock_until_the_parent_continues_as_new(client: Client) -> None:
    handle = await _start(client, 1, abandons=True)
    with pytest.raises(TimeoutError):
        await clock.move(client, [handle.id], datetime.now(UTC) + 30 * DAY, patience=1)
    assert await clock.now(client, handle.id) < datetime.now(UTC) + 11 * DAY


async def _continued(client: Client, handle: WorkflowHandle[Any, Any]) -> None:
    """Waits for the next run: what the first one is told in its last moment, the next one doesn't know."""
    newest = client.get_workflow_handle(handle.id)
    while (await newest.describe()).run_id == handle.first_execution_run_id:  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.02)


async def test_an_abandoned_child_is_family_after_its_parents_end(client: Client) -> None:
    handle = await _start(client, 1, abandons=True, continues=True)
    await clock.move_family(client, handle.id, datetime.now(UTC) + 11 * DAY)
    await _continued(client, handle)
    await handle.signal(Parent.release)
    await handle.result()
    child = f"{handle.id}-child"
    await clock.move_family(client, handle.id, datetime.now(UTC) + 30 * DAY)
    assert await clock.now(client, child) > datetime.now(UTC) + 29 * DAY


async def test_a_workflow_that_ends_during_the_move_is_fine_and_so_is_one_that_has_ended(
    client: Client,
) -> None:
    handle = await _start(client, 1)
    await handle.signal(Parent.release)
    for days in (30, 60):
        await clock.move(client, [handle.id], datetime.now(UTC) + days * DAY)
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_a_running_activity_stops_the_clock_and_patience_ends(client: Client) -> None:
    handle = await client.start_workflow(Lingering.run, id=f"clock-{uuid.uuid4()}", task_queue="clock")
    with pytest.raises(TimeoutError, match=f"not all of {handle.id} arrived"):
        await clock.move(client, [handle.id], datetime.now(UTC) + DAY, patience=1)
    await handle.terminate()


async def test_an_unknown_workflow_is_an_error(client: Client) -> None:
    with pytest.raises(RPCError):
        await clock.move(client, ["nobody"], datetime.now(UTC) + DAY)
