"""No data is purged before all six gates are open: every combination of them, played by the workflow. TRUST 2."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
import pytest_asyncio
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from devstack.stack import EmbeddedStack
from models.case import Agreed, Approval, CaseRequest, CaseState, Noted, PackageRef
from models.effects import PurgeResult, RecountResult
from models.payload import EffectRequest
from models.vocabulary import Channel, Gate, MailKind, Mode, Reason, Role, Stage
from rules.gates import PIVOT_GATES, erasure_digest
from worker import strict_sandbox
from workflows.offboarding import OffboardingWorkflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
QUEUE = "all-gates"
NOW = datetime.now(UTC)
BEFORE, FAR = NOW - timedelta(days=30), NOW + timedelta(days=3000)
PLAN, MANIFEST, STATEMENT = ("sha256:" + digit * 64 for digit in "123")
SETS = ("processor/newsletter", "task", "own/notes")
COMBINATIONS = list(product((False, True), repeat=len(PIVOT_GATES)))
PATIENCE_SECONDS = 60.0
Opened = tuple[bool, ...]


class Stubs:
    """Every activity, without any effect; notes which were called for which case."""

    def __init__(self) -> None:
        self.called: list[tuple[str, str, str]] = []

    @activity.defn(dynamic=True)
    async def any_activity(self, args: Sequence[RawValue]) -> Any:
        """Answers what the workflow needs to go on."""
        request = activity.payload_converter().from_payload(args[0].payload, EffectRequest)
        name = activity.info().activity_type
        self.called.append((request.case, name, request.subject))
        answers: dict[str, Any] = {
            "purge": PurgeResult(name=request.subject, before=1, erased=1, kept=0),
            "recount": RecountResult(counted=len(SETS)),
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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def played(stack: EmbeddedStack) -> AsyncIterator[tuple[Client, Stubs]]:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter)
    stubs = Stubs()
    about: dict[str, Any] = {"workflows": [OffboardingWorkflow, Closed], "workflow_runner": strict_sandbox()}
    async with Worker(client, task_queue=QUEUE, activities=[stubs.any_activity], **about):
        yield client, stubs


async def test_trust_2_of_all_64_combinations_of_the_gates_exactly_one_lets_the_purge_begin(
    played: tuple[Client, Stubs],
) -> None:
    client, stubs = played
    cases = {opened: await begun(client, opened) for opened in COMBINATIONS}
    stood = await asyncio.gather(*(at_rest(handle, opened) for opened, handle in cases.items()))
    began = [opened for opened in COMBINATIONS if stubs.purged(case_of(opened))]
    assert began == [(True,) * len(PIVOT_GATES)]
    assert stubs.purged(case_of(began[0])) == list(SETS)
    stages = dict(zip(COMBINATIONS, (state.stage for state in stood), strict=True))
    assert {opened for opened, stage in stages.items() if stage is not Stage.RETRIEVAL} == set(began)
    for opened, handle in cases.items():
        if opened not in began:
            await handle.terminate()


async def begun(client: Client, opened: Opened) -> WorkflowHandle[Any, CaseState]:
    """A case that an earlier run has carried into retrieval."""
    case = case_of(opened)
    return await client.start_workflow(
        OffboardingWorkflow.run,
        CaseRequest(
            case=case,
            account=case.rpartition("-")[0],
            mode=Mode.STOP,
            reason=Reason.PRICE,
            requested_by="ana",
            manager="ana",
            language="en",
            channel=Channel.EMAIL,
            carried=carried(case, opened),
        ),
        id=f"offboarding-{case}",
        task_queue=QUEUE,
    )


async def at_rest(handle: WorkflowHandle[Any, CaseState], opened: Opened) -> CaseState:
    """Past the pivot, or waiting for exactly the gates that are closed, and saying so."""
    if all(opened):
        return await handle.result()
    closed = closed_ones(opened)
    why = "; ".join(PIVOT_GATES[name] for name in closed)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            state: CaseState = await handle.query("case", result_type=CaseState)
            if state.waiting_for is not None and state.waiting_for.why == why:
                return state
            await asyncio.sleep(0.02)


def closed_ones(opened: Opened) -> list[str]:
    """Without a package there is nothing that an approval could bind to: that gate is closed then, too."""
    given = dict(zip(PIVOT_GATES, opened, strict=True))
    given["erasure_approved"] = given["erasure_approved"] and given["export_verified"]
    return [name for name, is_open in given.items() if not is_open]


def case_of(opened: Opened) -> str:
    return f"gates{''.join('1' if each else '0' for each in opened)}-1"


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
