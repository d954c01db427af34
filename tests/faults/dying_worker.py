"""A worker that kills its own process at the first effect that it's told to, and the keeper who puts another in its place."""

import asyncio
import json
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import httpx2
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

import worker
from connectors import keys_disk, keys_scope
from connectors.builtin import billing, documents
from connectors.opening import Connections, connect_temporal, settings

# Processes are forked from one that has loaded all and started nothing: a new worker is there at once.
NURSERY = get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.faults.dying_worker", "connectors.store.cases", "connectors.s3"])
_LOOK_SECONDS = 0.1
Moment = Literal["before", "after"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)


class Death(NamedTuple):
    """Dies at `port.method`, when an argument holds `word`, right before or right after the effect."""

    port: str
    method: str
    word: str
    moment: Moment

    def __str__(self) -> str:
        return " ".join(self)


class Fate:
    """The deaths that a process is in for: it notes which one it has met, then dies of it."""

    def __init__(self, deaths: Sequence[Death], notes: Path) -> None:
        self._deaths, self._notes = deaths, notes

    def meets(self, port: str, method: str, told: str, moment: str) -> None:
        for death in self._deaths:
            if death[:2] == (port, method) and death.moment == moment and death.word in told:
                with self._notes.open("a") as notes:
                    notes.write(f"{death}\n")
                os.kill(os.getpid(), signal.SIGKILL)

    def of(self, port: str) -> set[str]:
        """The effects of a port at which one may die."""
        return {death.method for death in self._deaths if death.port == port}

    @property
    def ports(self) -> set[str]:
        return {death.port for death in self._deaths}


class Mortal:
    """An adapter whose process dies at one of its effects."""

    def __init__(self, adapter: object, port: str, fate: Fate) -> None:
        self._adapter, self._port, self._fate = adapter, port, fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        return self._deadly(name, found) if name in self._fate.of(self._port) else found

    def _deadly(self, name: str, method: Any) -> Any:
        def call(*args: Any, **fields: Any) -> Any:
            told = f"{_without_bytes(enumerate(args))} {_without_bytes(fields.items())}"
            self._fate.meets(self._port, name, told, "before")
            result = method(*args, **fields)
            self._fate.meets(self._port, name, told, "after")
            return result

        return call


def _without_bytes(arguments: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """A file's content may hold any word."""
    return {name: value for name, value in arguments if not isinstance(value, bytes | bytearray | memoryview)}


def live(environment: dict[str, str], deaths: Sequence[Death], notes: Path) -> None:
    """The life of one worker process: product code on real servers, and adapters that kill it."""
    os.environ.clear()
    os.environ.update(environment)
    connections = Connections(settings())
    doom(connections, Fate(deaths, notes))
    asyncio.run(_work(connections))


def doom(connections: Connections, fate: Fate) -> None:
    """Adapters; or, within one, S3's client, what makes the documents of one transaction, what unlinks a key."""
    within: dict[str, Callable[[], None]] = defaultdict(lambda: lambda: None)
    within["s3"] = lambda: setattr(connections.objects, "_client", Mortal(connections.objects._client, "s3", fate))
    within["documents"] = lambda: setattr(billing, "write", Mortal(documents, "documents", fate).write)
    within["keys_disk"] = lambda: setattr(keys_scope, "remove", Mortal(keys_disk, "keys_disk", fate).remove)
    within["httpx2"] = lambda: _doom_requests(fate)
    for port in sorted(fate.ports, key=lambda each: each not in within):  # what lies within an adapter first
        if port in within:
            within[port]()
        else:
            setattr(connections, port, Mortal(getattr(connections, port), port, fate))


def _doom_requests(fate: Fate) -> None:
    """Every request that leaves: its method, path and body are what is told."""
    send = httpx2.Client.send

    def sending(client: httpx2.Client, request: httpx2.Request, **how: Any) -> httpx2.Response:
        body = json.loads(request.content or b"null")
        told = f"{request.method} {request.url.path} {body}"
        fate.meets("httpx2", "send", told, "before")
        answer = send(client, request, **how)
        fate.meets("httpx2", "send", told, "after")
        return answer

    httpx2.Client.send = sending  # type: ignore[method-assign, assignment]  # of a process that is there to die


async def _work(connections: Connections) -> None:
    await worker.run(await connect_temporal(connections.keys), connections, asyncio.Event())


@asynccontextmanager
async def workers(
    client: Client, case: str, deaths: Sequence[Death] = (), notes: Path | None = None
) -> AsyncIterator[list[Death]]:
    """A worker is there all the time, each dying the first death that it meets; yields those that happened."""
    keeper = _Keeper(client, case, deaths, notes or Path(os.devnull))
    try:
        async with asyncio.TaskGroup() as group:  # a keeper that finds something wrong ends the play at once
            keeping = group.create_task(keeper.keep())
            yield keeper.happened
            keeping.cancel()
    finally:
        keeper.end()


class _Keeper:
    """Does what a process manager does, and what the server would do by itself after its time-outs of minutes."""

    def __init__(self, client: Client, case: str, deaths: Sequence[Death], notes: Path) -> None:
        self._client, self._case = client, case
        self._deaths, self._notes, self.happened = deaths, notes, list[Death]()
        self._lives: list[ForkServerProcess] = []
        self._birth()

    async def keep(self) -> None:
        while True:
            if not self._lives[-1].is_alive():
                assert self._lives[-1].exitcode == -signal.SIGKILL, "a worker ended that nobody had killed"
                self._read_notes()
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

    def _read_notes(self) -> None:
        noted = self._notes.read_text().splitlines()
        assert len(noted) == len(self.happened) + 1, "a worker was killed by somebody else"
        self.happened.append(next(death for death in self._deaths if str(death) == noted[-1]))

    def _birth(self) -> None:
        to_come = [death for death in self._deaths if death not in self.happened]
        process = NURSERY.Process(target=live, args=(dict(os.environ), to_come, self._notes))
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
                sealing = WorkflowSerializationContext(self._client.namespace, workflow.id)
                await handle.with_context(sealing).fail(
                    ApplicationError("its worker was killed", next_retry_delay=timedelta(milliseconds=1))
                )


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
