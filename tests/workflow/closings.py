"""A closing by itself: the workflow is the real one, whatever it asks for is noted and answered here."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.holds import HELD_BY_LAW
from devstack.clock import move
from devstack.running import Running
from models.case import Noted
from models.closing import (
    ClosingRequest,
    ClosingState,
    EvidenceResult,
    KeyResult,
    Obstacles,
    ObstaclesRequest,
    Watch,
    WatchPlan,
)
from models.effects import MessageResult, ProcessorResult, PurgeResult, ScanResult
from models.payload import EffectRequest
from models.settling import ChargeWatchResult
from models.vocabulary import Mode
from worker import strict_sandbox
from workflows.closing import ClosingWorkflow

_LOOK_SECONDS = 0.05
_PATIENCE_SECONDS = 60.0
_SEALED = EvidenceResult(location="s3://evidence/a-1/", digest="sha256:0")


class Outside:
    """What the closing asks for: `done` are the steps with their subjects; `broken` ones fail until they're mended.

    Unless `lasting`, a failure may pass by itself. `met` is what stands in the way, as it is told whenever it asks.
    """

    def __init__(self, watches: Sequence[Watch]) -> None:
        self.done: list[str] = []
        self.results: list[dict[str, str]] = []
        self.keys: list[str] = []
        self.broken: set[str] = set()
        self.confirmed, self.lasting = False, True
        self.met = Obstacles()
        self.looked = self.failed = 0
        self._watches = watches

    def activities(self) -> list[Callable[..., Any]]:
        now = datetime.now(UTC)
        answers: dict[str, Callable[[Any], Any]] = {
            **dict.fromkeys(("record_stage", "close_case", "release_key"), lambda _: Noted()),
            **dict.fromkeys(("collect_histories", "sign_certificate", "seal_pack"), lambda _: _SEALED),
            "destroy_account_key": lambda _: KeyResult(ids=("account/a/1",), at=now, proven="it opens no more"),
            "send_message": lambda _: MessageResult(message_id="<1@x>", state="sent"),
            "plan_watches": lambda _: WatchPlan(watches=tuple(self._watches)),
            "scan_after_end": lambda _: ScanResult(),
            "watch_charges": lambda _: ChargeWatchResult(found=0),
            "chase_processor": lambda r: ProcessorResult(name=r.subject, asked=r.generation, confirmed=self.confirmed),
            "erase_retained": lambda r: PurgeResult(name=r.subject, before=3, erased=3, kept=0),
            "seal_supplement": self._sealed,
        }
        return [self._obstacles(), *(self._activity(name, answer) for name, answer in answers.items())]

    def _obstacles(self) -> Callable[..., Any]:
        @activity.defn(name="obstacles")
        async def obstacles(_: ObstaclesRequest) -> Obstacles:
            self.looked += 1
            return self.met

        return obstacles

    def _sealed(self, request: Any) -> EvidenceResult:
        self.results.append(request.result)
        return _SEALED

    def _activity(self, name: str, answer: Callable[[Any], Any]) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def answered(request: Any) -> Any:
            asked = _Asked.model_validate(request)
            if name in self.broken:
                self.failed += 1
                why = HELD_BY_LAW if self.met.hold else "Rejected"
                raise ApplicationError(f"{name} is broken", "mend it", type=why, non_retryable=self.lasting)
            self.done.append(f"{name} {asked.subject}".removesuffix(" -"))
            self.keys.append(asked.idempotency_key)
            return answer(asked)

        return answered


class _Asked(EffectRequest):
    """Whatever is asked."""

    result: dict[str, str] = {}


class Closing:
    """One that runs; moved in time by hand."""

    def __init__(self, here: Running, handle: WorkflowHandle[Any, ClosingState]) -> None:
        self._here, self._handle = here, handle

    async def state(self) -> ClosingState:
        return await self._handle.query("closing", result_type=ClosingState)

    async def until(self, happened: Callable[[ClosingState], bool]) -> ClosingState:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not happened(state := await self.state()):  # noqa: ASYNC110  # the server has it
                await asyncio.sleep(_LOOK_SECONDS)
        return state

    async def move(self, to: datetime) -> None:
        await move(self._here.client, [self._handle.id], to + timedelta(seconds=1))

    async def confirm(self, name: str) -> None:
        await self._handle.signal("processor_confirmed", name)

    async def ended(self) -> ClosingState:
        """Its last run's answer."""
        return ClosingState.model_validate(await self._handle.result())

    async def runs(self) -> int:
        query = f"WorkflowId = '{self._handle.id}'"
        return len([run async for run in self._here.client.list_workflows(query)])


@asynccontextmanager
async def closing(
    here: Running, outside: Outside, kind: type[ClosingWorkflow] = ClosingWorkflow
) -> AsyncIterator[Closing]:
    """A closing and its worker, on a queue of their own."""
    queue, case = uuid.uuid4().hex, f"acc_{uuid.uuid4().hex[:8]}-1"
    about = {"case": case, "account": case.removesuffix("-1"), "mode": Mode.STOP, "plan_hash": "sha256:0"}
    request = ClosingRequest(**about, opened_at=datetime.now(UTC), workflows=(f"offboarding-{case}",))
    worker = Worker(
        here.client,
        task_queue=queue,
        workflows=[kind],
        activities=outside.activities(),
        workflow_runner=strict_sandbox(),
    )
    async with worker:
        handle = await here.client.start_workflow(kind.run, request, id=f"closing-{case}", task_queue=queue)
        yield Closing(here, handle)
        await handle.terminate() if (await handle.describe()).close_time is None else None
