"""A worker that kills its own process at one named effect, and the keeper who puts another in its place."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from typing import Any, Literal, NamedTuple

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

import worker
from connectors.builtin import billing, documents
from connectors.opening import Connections, connect_temporal, settings

# Processes are forked from one that has loaded all and started nothing: a new worker is there at once.
NURSERY = get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.faults.dying_worker", "connectors.store.cases", "connectors.s3"])
_LOOK_SECONDS = 0.1


class Death(NamedTuple):
    """Dies at `port.method`, when an argument holds `word`, right before or right after the effect."""

    port: str
    method: str
    word: str
    moment: Literal["before", "after"]


class Mortal:
    """An adapter whose process dies at one of its effects."""

    def __init__(self, adapter: object, death: Death) -> None:
        self._adapter, self._death = adapter, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        return self._deadly(found) if name == self._death.method else found

    def _deadly(self, method: Any) -> Any:
        def call(*args: Any, **fields: Any) -> Any:
            meant = self._death.word in f"{args} {fields}"
            if meant and self._death.moment == "before":
                _die()
            result = method(*args, **fields)
            if meant:
                _die()
            return result

        return call


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def live(environment: dict[str, str], death: Death | None) -> None:
    """The life of one worker process: product code on real servers, and one adapter that kills it."""
    os.environ.clear()
    os.environ.update(environment)
    connections = Connections(settings())
    if death is not None:
        _doom(connections, death)
    asyncio.run(_work(connections))


def _doom(connections: Connections, death: Death) -> None:
    """An adapter; or, within one, S3's client, and what makes the documents of one transaction."""
    if death.port == "s3":
        connections.objects._client = Mortal(connections.objects._client, death)  # type: ignore[assignment]
    elif death.port == "documents":
        billing.write = Mortal(documents, death).write
    else:
        setattr(connections, death.port, Mortal(getattr(connections, death.port), death))


async def _work(connections: Connections) -> None:
    await worker.run(await connect_temporal(connections.keys), connections, asyncio.Event())


@asynccontextmanager
async def workers(client: Client, case: str, deaths: Sequence[Death] = ()) -> AsyncIterator[list[Death]]:
    """A worker is there all the time, each in turn dying its death, the last one none; yields those that happened."""
    keeper = _Keeper(client, case, deaths)
    try:
        async with asyncio.TaskGroup() as group:  # a keeper that finds something wrong ends the play at once
            keeping = group.create_task(keeper.keep())
            yield keeper.happened
            keeping.cancel()
    finally:
        keeper.end()


class _Keeper:
    """Does what a process manager does, and what the server would do by itself after its time-outs of minutes."""

    def __init__(self, client: Client, case: str, deaths: Sequence[Death]) -> None:
        self._client, self._case = client, case
        self._to_come, self.happened = list(deaths), list[Death]()
        self._lives: list[ForkServerProcess] = []
        self._birth()

    async def keep(self) -> None:
        while True:
            if not self._lives[-1].is_alive():
                assert self._lives[-1].exitcode == -signal.SIGKILL, "a worker ended that nobody had killed"
                self.happened.append(self._to_come.pop(0))
                self._birth()
                await self._each_open(self._forget_cache)
            if self.happened:
                await self._each_open(self._end_attempts)
            await asyncio.sleep(_LOOK_SECONDS)

    def end(self) -> None:
        self._lives[-1].kill()
        for life in self._lives:
            life.join()
            life.close()

    def _birth(self) -> None:
        death = self._to_come[0] if self._to_come else None
        process = NURSERY.Process(target=live, args=(dict(os.environ), death))
        process.start()
        self._lives.append(process)

    async def _each_open(self, do: Callable[[WorkflowExecutionDescription], Awaitable[None]]) -> None:
        kinds = (
            f"export-{self._case}-1",
            *(f"{kind}-{self._case}" for kind in ("offboarding", "follow-up", "closing")),
        )
        for workflow in kinds:
            described = await _open_one(self._client, workflow)
            if described is not None:
                await do(described)

    async def _forget_cache(self, workflow: WorkflowExecutionDescription) -> None:
        """The next workflow task goes to any worker: the server would look for the dead one for ten seconds."""
        execution = WorkflowExecution(workflow_id=workflow.id, run_id=workflow.run_id)
        request = ResetStickyTaskQueueRequest(namespace=self._client.namespace, execution=execution)
        await self._client.workflow_service.reset_sticky_task_queue(request)

    async def _end_attempts(self, workflow: WorkflowExecutionDescription) -> None:
        """Attempts that a dead worker holds end now, as their time-out would end them; the next may begin at once."""
        dead = {life.pid for life in self._lives[:-1]}
        for pending in workflow.raw_description.pending_activities:
            if _holder(pending) in dead:
                handle = self._client.get_async_activity_handle(
                    workflow_id=workflow.id, run_id=workflow.run_id, activity_id=pending.activity_id
                )
                await handle.fail(ApplicationError("its worker was killed", next_retry_delay=timedelta(milliseconds=1)))


async def _open_one(client: Client, workflow: str) -> WorkflowExecutionDescription | None:
    try:
        described = await client.get_workflow_handle(workflow).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return described if described.close_time is None else None


def _holder(pending: Any) -> int | None:
    """The process that has the attempt; the SDK names itself `pid@host`."""
    if pending.state != PendingActivityState.PENDING_ACTIVITY_STATE_STARTED:
        return None
    return int(pending.last_worker_identity.partition("@")[0])
