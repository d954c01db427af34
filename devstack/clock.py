"""The one place that knows Temporal's time skipping, which is experimental. Source: STACK, time skipping.

Every workflow has a clock of its own; a child starts with its parent's. After a move it goes on in real time, from
the instant it was moved to. A running activity and an open child, an abandoned one too, stop a workflow's clock: a
workflow that abandons a child and wants to be moved later continues as new, which the child outlives.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

# Off until asked for; a child steers itself; the server's own limit of 200 skips would end a jump silently.
_BY_HAND = TimeSkippingConfig(enabled=False, disable_propagation=True, max_session_skip_count=100_000)
PATIENCE_SECONDS = 60.0


async def now(client: Client, workflow_id: str) -> datetime:
    """What time the workflow believes it is, in UTC.

    Raises:
        RPCError: there is no such workflow.
    """
    time = await TimeSkipper(client, config=_BY_HAND).get_current_time(client.get_workflow_handle(workflow_id))
    return time.replace(tzinfo=UTC)


async def family(client: Client, workflow_id: str) -> list[str]:
    """The workflow, if it is open, and its open descendants, abandoned ones too.

    Its own record comes from the server's state; visibility, which knows the grandchildren and the children of
    earlier runs, may be some milliseconds behind.

    Raises:
        RPCError: there is no such workflow.
    """
    described = await client.get_workflow_handle(workflow_id).describe()
    itself = [workflow_id] if described.status is WorkflowExecutionStatus.RUNNING else []
    children = [child.workflow_id for child in described.raw_description.pending_children]
    query = f"RootWorkflowId = '{workflow_id}' AND ExecutionStatus = 'Running'"
    known = [execution.id async for execution in client.list_workflows(query)]
    return sorted({*itself, *children, *known})


async def move(client: Client, ids: Sequence[str], to: datetime, patience: float = PATIENCE_SECONDS) -> None:
    """Moves these workflows to the same instant, side by side; their timers fire on the way, in order.

    A workflow that has ended, ends on the way, or is there already, is fine. `patience`: how many seconds to
    wait for whatever stops a clock. One that has not arrived by then still will, once nothing stops it.

    Raises:
        TimeoutError: a workflow did not arrive: its worker is gone, or an activity or a child goes on and on.
        RPCError: there is no such workflow.
    """
    try:
        async with asyncio.timeout(patience):
            await asyncio.gather(*(_move_one(client, workflow_id, to) for workflow_id in ids))
    except TimeoutError:
        raise TimeoutError(f"not all of {', '.join(ids)} arrived at {to} in {patience:.0f} s") from None


async def move_family(client: Client, workflow_id: str, to: datetime, patience: float = PATIENCE_SECONDS) -> None:
    """Moves the workflow and its open descendants, those too that it starts on the way; else as `move`."""
    moved: set[str] = set()
    while left_behind := set(await family(client, workflow_id)) - moved:
        await move(client, sorted(left_behind), to, patience)
        moved |= left_behind


async def _move_one(client: Client, workflow_id: str, to: datetime) -> None:
    missing = to - await now(client, workflow_id)
    if missing <= timedelta(0):
        return
    handle = client.get_workflow_handle(workflow_id)
    try:
        await TimeSkipper(client, config=_BY_HAND).fast_forward(handle, missing)
    except RPCError as error:
        # It is known, or asking for its time had failed: so it has ended.
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
