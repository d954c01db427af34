"""Trial exports: the whole export while the account is live, as often as one likes before the effective date."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError

from activities.ledger import record_act
from commands.refused import Exit, Refused
from commands.session import open_case_of
from connectors.temporal import EXPORT_QUEUE, connect_temporal
from models.account import Actor
from models.case import Decision, PackageRef
from models.exporting import TRIALS_FROM, ExportRequest
from models.vocabulary import TRIAL_MANIFEST, Role, Stage
from workflows.words import cause_of

if TYPE_CHECKING:
    from connectors.opening import Connections

BEFORE_THE_FREEZE = (Stage.REQUESTED, Stage.APPROVAL, Stage.NOTICE, Stage.TRANSITION)


def try_export(at: "Connections", account: str, actor: Actor, *, wait: bool) -> dict[str, Any]:
    """Begins a trial, or answers with the one under way: its generation, its place, whether it was under way.

    One that failed is gone on with: its generation counts up only when it was verified.

    Raises:
        Refused: 3 no such case; 4 not now, or not by this person; 5 it failed.
    """
    case = open_case_of(at, account)
    _check(case, actor)
    request = ExportRequest(
        case=case["id"],
        account=account,
        generation=TRIALS_FROM + len(at.cases.documents(case["id"], TRIAL_MANIFEST)),
        plan_hash=case["state"]["plan_hash"],
        trial=True,
    )
    asked = Decision(
        case=request.case,
        account=account,
        stage=Stage(case["stage"]),
        step="try_export",
        action="try_export",
        subject=f"export-{request.case}-{request.generation}",
        actor=actor.id,
        generation=request.generation,
    )
    begun = asyncio.run(_run(at, request, asked, wait=wait))
    place = f"s3://{at.settings.s3_export_bucket}/{account}/{request.case}/{request.generation}/"
    about = {"case": request.case, "generation": request.generation, "location": place}
    return {**about, "was_under_way": not begun, "verified": wait}


def _check(case: Mapping[str, Any], actor: Actor) -> None:
    """Source: DOMAIN stages.2b."""
    if case["stage"] not in BEFORE_THE_FREEZE:
        what = f"the case {case['id']} stands in {case['stage']}: trials end with the effective date"
        raise Refused(Exit.REFUSED, what, f"the package itself: farewell export fetch {case['account']}")
    if not case["state"].get("plan_hash"):
        what = f"the case {case['id']} has no plan yet, so nobody knows what to export"
        raise Refused(Exit.REFUSED, what, f"see: farewell status {case['account']}")
    if not actor.is_customer and Role.ACCOUNT_MANAGER not in actor.roles:
        raise Refused(Exit.REFUSED, f"{actor.id} may not export on trial", "it needs the role account_manager")


async def _run(at: "Connections", request: ExportRequest, asked: Decision, *, wait: bool) -> bool:
    """Whether this call began it; then the ledger says who asked, for the workflow doesn't know."""
    handle, begun = await _started(await connect_temporal(at.keys), request)
    if begun:
        await asyncio.to_thread(record_act, at.ledger, at.keys, asked, datetime.now(UTC))
    if wait:
        try:
            await handle.result()
        except WorkflowFailureError as error:
            why, fix = cause_of(error.cause) if isinstance(error.cause, ActivityError) else (str(error.cause), "")
            raise Refused(Exit.OUTSIDE, f"the trial failed: {why}", fix) from None
    return begun


async def _started(client: Client, request: ExportRequest) -> tuple[WorkflowHandle[Any, PackageRef], bool]:
    workflow = f"export-{request.case}-{request.generation}"
    try:
        await client.start_workflow(
            "ExportWorkflow",
            request,
            id=workflow,
            task_queue=EXPORT_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            static_summary=f"trial export of {request.account}",
        )
    except WorkflowAlreadyStartedError:
        return client.get_workflow_handle(workflow, result_type=PackageRef), False
    return client.get_workflow_handle(workflow, result_type=PackageRef), True
