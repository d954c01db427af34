"""Cases that an earlier run has carried into retrieval, and activities without any effect: only the order is tried."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from activities.holds import HELD_BY_LAW
from devstack.stack import EmbeddedStack
from models.case import Agreed, Approval, CaseRequest, CaseState, Noted, PackageRef, StandingHolds
from models.effects import MessageResult, PurgeResult, RecountResult
from models.payload import EffectRequest
from models.vocabulary import Channel, Gate, MailKind, Mode, Reason, Role, Stage
from rules.gates import PIVOT_GATES, erasure_digest
from worker import strict_sandbox
from workflows.offboarding import OffboardingWorkflow

NOW = datetime.now(UTC)
BEFORE, FAR = NOW - timedelta(days=30), NOW + timedelta(days=3000)
PLAN, MANIFEST, STATEMENT = ("sha256:" + digit * 64 for digit in "123")
SETS = ("processor/newsletter", "own/users", "task")
Opened = tuple[bool, ...]
"""Which gates are open, in the order of `PIVOT_GATES`."""


class Stubs:
    """Every activity; notes which were called for which case. `held` are data sets that a hold freezes."""

    def __init__(self) -> None:
        self.called: list[tuple[str, str, str]] = []
        self.held: set[str] = set()

    @activity.defn(dynamic=True)
    async def any_activity(self, args: Sequence[RawValue]) -> Any:
        """Answers what the workflow needs to go on."""
        name = activity.info().activity_type
        if name == "standing_holds":
            return StandingHolds()
        request = activity.payload_converter().from_payload(args[0].payload, EffectRequest)
        if name == "purge" and request.subject in self.held:
            raise ApplicationError(f"a hold covers {request.subject}", type=HELD_BY_LAW, non_retryable=True)
        self.called.append((request.case, name, request.subject))
        answers: dict[str, Any] = {
            "purge": PurgeResult(name=request.subject, before=1, erased=1, kept=0),
            "recount": RecountResult(counted=len(SETS)),
            "send_message": MessageResult(message_id="m", state="sent"),
        }
        return answers.get(name, Noted())

    def purged(self, case: str) -> list[str]:
        """The data sets that went, in order."""
        return [subject for of, name, subject in self.called if (of, name) == (case, "purge")]


@workflow.defn(name="ClosingWorkflow", sandboxed=False)
class Closed:
    """Has nothing to prove."""

    @workflow.run
    async def run(self, _request: Any) -> None:
        """At once."""


class StubbedWorker:
    """Starts cases on a task queue of their own."""

    def __init__(self, client: Client, queue: str) -> None:
        self.stubs, self._client, self._queue = Stubs(), client, queue

    async def begin(self, case: str, opened: Opened) -> WorkflowHandle[Any, CaseState]:
        """One with these gates open."""
        about: dict[str, Any] = {"case": case, "account": case.rpartition("-")[0], "mode": Mode.STOP}
        people: dict[str, Any] = {"requested_by": "ana", "manager": "ana", "reason": Reason.PRICE}
        talk: dict[str, Any] = {"language": "en", "channel": Channel.EMAIL}
        request = CaseRequest(**about, **people, **talk, carried=carried(case, opened))
        return await self._client.start_workflow(
            OffboardingWorkflow.run, request, id=f"offboarding-{case}", task_queue=self._queue
        )

    async def close(self, case: str) -> str | None:
        """Its closing has been; the run's id."""
        handle = await self._client.start_workflow("ClosingWorkflow", 0, id=f"closing-{case}", task_queue=self._queue)
        await handle.result()
        return handle.first_execution_run_id

    async def run_of(self, case: str) -> str | None:
        """The newest run of its closing."""
        return (await self._client.get_workflow_handle(f"closing-{case}").describe()).run_id


@asynccontextmanager
async def stubbed(stack: EmbeddedStack, queue: str) -> AsyncIterator[StubbedWorker]:
    """A worker with nothing but stubs, on the embedded server."""
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter)
    stage = StubbedWorker(client, queue)
    about: dict[str, Any] = {"workflows": [OffboardingWorkflow, Closed], "workflow_runner": strict_sandbox()}
    async with Worker(client, task_queue=queue, activities=[stage.stubs.any_activity], **about):
        yield stage


def carried(case: str, opened: Opened) -> CaseState:
    """Erasure isn't approved where compliance hasn't spoken."""
    given = dict(zip(PIVOT_GATES, opened, strict=True))
    people = {"bruno": (Role.APPROVER,)} | ({"dora": (Role.COMPLIANCE,)} if given["erasure_approved"] else {})
    digest = erasure_digest(PLAN, MANIFEST, STATEMENT)
    about: dict[str, Any] = {"gate": Gate.ERASURE, "digest": digest, "at": BEFORE}
    return CaseState(
        case=case,
        account=case.rpartition("-")[0],
        mode=Mode.STOP,
        stage=Stage.RETRIEVAL,
        opened_at=BEFORE,
        requested_by="ana",
        agreed=agreed(),
        approvals=tuple(Approval(person=person, roles=roles, **about) for person, roles in people.items()),
        sent=(f"{MailKind.STATEMENT}.1",),
        package=package() if given["export_verified"] else None,
        statement_digest=STATEMENT,
        statement_closed=given["statement_closed"],
        accepted=given["accepted_or_waived"],
        reminded=True,
        holds=() if given["no_hold"] else ("acme-hold-1",),
        held_since=None if given["no_hold"] else BEFORE,
        retrieval_end=BEFORE if given["window_over"] else FAR,
        looked_at=NOW,
    )


def agreed() -> Agreed:
    names = ("notice_end", "transition_end", "effective_date", "billing_end", "late_usage_end", "retrieval_end")
    return Agreed(
        hash=PLAN,
        dates=dict.fromkeys((*names, "erasure", "backups_expire"), BEFORE),
        approvals_required={Gate.PLAN: 1, Gate.ERASURE: 2},
        approval_until=BEFORE,
        reminder_at=FAR,
        silence_at=FAR,
        data_sets=SETS,
    )


def package() -> PackageRef:
    about: dict[str, Any] = {"generation": 1, "rows": 1, "files": 1, "size_bytes": 1, "verified_at": BEFORE}
    return PackageRef(location="s3://exports/acme/acme-1/1/", digest=MANIFEST, **about)
