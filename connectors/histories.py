"""Temporal's histories, for activities and commands: a synchronous door to the asynchronous client."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict
from temporalio.api.history.v1 import History
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from connectors.errors import ConnectorError, NotFound, Timeout, Unavailable
from connectors.histories_opened import first_sealed, opened
from connectors.ports.storage import KeyStore

LONGEST = timedelta(seconds=60)
_Answer = TypeVar("_Answer")


class TemporalHistories:
    """Port `Histories` over a client of its own, in an event loop of its own, in a thread of its own.

    The worker's loop would do too, until it's the one that waits, or is closing, or isn't there (commands).
    """

    def __init__(self, connect: Callable[[KeyStore], Awaitable[Client]], keys: KeyStore) -> None:
        """`connect` makes the client at the first question, in the loop it belongs to; raises ConnectorError."""
        self._connect, self._keys = connect, keys
        self._client: Client | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="histories", daemon=True)
        self._thread.start()

    def runs(self, workflow: str) -> list[dict[str, Any]]:
        """`{"events": […]}` for each run, in order, opened.

        Raises:
            Gone: the key of what is in it was destroyed. NotFound, Timeout, Unavailable.
        """
        return [opened(self._keys, run) for run in self._ask(self._all_runs(workflow))]

    def sealed_payload(self, workflow: str) -> bytes:
        """The first sealed payload of the newest run, as it lies on the server: the bytes of a `Payload`.

        Raises:
            NotFound: there is no such workflow, or nothing in it is sealed. Timeout, Unavailable.
        """
        return self._ask(self._first_sealed(workflow))

    def closed(self, workflow: str) -> bool:
        """Whether its newest run has ended.

        Raises:
            NotFound, Timeout, Unavailable.
        """
        return self._ask(self._status(workflow)) is not WorkflowExecutionStatus.RUNNING

    def close(self) -> None:
        """Ends loop and thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _ask(self, question: Coroutine[Any, Any, _Answer]) -> _Answer:
        asked = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return asked.result(LONGEST.total_seconds())
        except TimeoutError:
            asked.cancel()
            raise Timeout("Temporal", f"no answer in {LONGEST.seconds} s") from None
        except RPCError as error:
            raise _translated(error) from None

    async def _ready(self) -> Client:
        if self._client is None:
            self._client = await self._connect(self._keys)
        return self._client

    async def _status(self, workflow: str) -> WorkflowExecutionStatus | None:
        client = await self._ready()
        return (await client.get_workflow_handle(workflow).describe()).status

    async def _first_sealed(self, workflow: str) -> bytes:
        client = await self._ready()
        async for event in client.get_workflow_handle(workflow).fetch_history_events():
            found = first_sealed(MessageToDict(event))
            if found is not None:
                return found.SerializeToString()
        raise NotFound("Temporal", f"nothing in {workflow} is sealed", "it may be older than its account's key")

    async def _all_runs(self, workflow: str) -> list[dict[str, Any]]:
        client, runs = await self._ready(), list[dict[str, Any]]()
        run = (await client.get_workflow_handle(workflow).describe()).run_id
        while run:
            history = await client.get_workflow_handle(workflow, run_id=run).fetch_history()
            runs.insert(0, MessageToDict(History(events=history.events)))
            run = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        return runs


def _translated(error: RPCError) -> ConnectorError:
    if error.status is RPCStatusCode.NOT_FOUND:
        return NotFound("Temporal", error.message, "its history may be past the namespace's retention")
    return Unavailable("Temporal", error.message)
