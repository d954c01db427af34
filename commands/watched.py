"""How far the proof of an exit is, and what is still watched for years after it. Source: DESIGN, Workflows."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from commands.printing import say
from models.vocabulary import Stage

if TYPE_CHECKING:
    from connectors.opening import Connections
    from connectors.ports.storage import KeyStore
    from models.closing import ClosingState

_SECONDS_FOR_AN_ANSWER = 2.0
_SUPPLEMENT = "supplement_token"


def watched(at: "Connections", row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The step, watches to come (none: all have ended; null: nobody answers), findings, supplements.

    None: it isn't that far.
    """
    if row["stage"] not in {Stage.CERTIFY, Stage.CLOSED}:
        return None
    live = asyncio.run(_asked(at.keys, str(row["id"])))
    return {
        "step": None if live is None else live.step,
        "watches": None if live is None else [_written(watch) for watch in live.model_dump(mode="json")["watches"]],
        "findings": [] if live is None else list(live.findings),
        "supplements": len(at.cases.documents(row["id"], _SUPPLEMENT)),
    }


def print_watched(told: Mapping[str, Any] | None) -> None:
    """For people."""
    if told is None:
        return
    if told["watches"] is None:
        say("how far its proof is, nobody can say now: farewell doctor")
    elif told["step"] and not told["watches"]:
        say(f"its proof: {told['step']}")
    for watch in sorted(told["watches"] or (), key=lambda watch: str(watch["at"])):
        say(f"watched until {watch['at'][:10]}: {watch['kind']} {watch['subject']}".removesuffix(" -"))
    for finding in told["findings"]:
        say(f"found: {finding}")
    if told["supplements"]:
        say(f"supplements sealed beside the evidence: {told['supplements']}")


def _written(watch: Mapping[str, Any]) -> dict[str, Any]:
    return {name: watch[name] for name in ("kind", "subject", "at")}


async def _asked(keys: "KeyStore", case: str) -> "ClosingState | None":
    """A closing that has ended, or that Temporal has forgotten, watches nothing any more; None: nobody answers."""
    from temporalio.client import WorkflowExecutionStatus, WorkflowQueryFailedError
    from temporalio.service import RPCError, RPCStatusCode

    from connectors.errors import Gone, Unavailable
    from connectors.opening import connect_temporal
    from models.closing import ClosingState

    ended = ClosingState(case=case, account=case.rpartition("-")[0], step="closed", certified=True)
    try:
        async with asyncio.timeout(_SECONDS_FOR_AN_ANSWER):
            closing = (await connect_temporal(keys)).get_workflow_handle(f"closing-{case}")
            if (await closing.describe()).status is not WorkflowExecutionStatus.RUNNING:
                return ended
            state: ClosingState = await closing.query("closing", result_type=ClosingState)
    except RPCError as error:
        return ended if error.status is RPCStatusCode.NOT_FOUND else None
    except Gone:
        return ended  # its key outlives it
    except (WorkflowQueryFailedError, Unavailable, TimeoutError):
        return None
    return state
