"""Hands an update to a workflow, and keeps a refusal in the ledger: a refused update leaves no event behind."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from commands.refused import Exit, Refused
from connectors.errors import Gone
from models.case import CaseState, Decision
from models.refusal import Refusal
from models.updates import Answer, Command
from rules.permissions import PERMISSIONS, refused

if TYPE_CHECKING:
    from connectors.opening import Connections

_PATIENCE_SECONDS = 20.0


async def deliver_by(
    client: Client, at: "Connections", case: Mapping[str, Any], update: str, payload: Command
) -> Answer:
    """Sends an update to the case's workflow by this client; raises Refused or ConnectorError."""
    workflow = str(case["workflow_id"])
    try:
        return await _answered(client, workflow, update, payload)
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        why = cause.message if isinstance(cause, ApplicationError) else str(cause)
        fix = str(cause.details[0]) if isinstance(cause, ApplicationError) and cause.details else ""
    except _Gone:
        no = _refused_by_stage(case, update, payload) or Refusal(
            code="gone", why=f"{workflow} isn't running", fix="see: farewell status"
        )
        why, fix = no.why, no.fix
    await asyncio.to_thread(_keep_refusal, at, case, update, payload, why)
    raise Refused(Exit.REFUSED, why, fix)


async def tell_if_there(client: Client, workflow: str, update: str, payload: Command) -> bool:
    """Sends an update to a workflow that may have ended, or never have begun: then nobody need be told.

    Raises:
        Refused, RPCError: nobody answers. WorkflowUpdateFailedError: it may not be said.
    """
    try:
        await _answered(client, workflow, update, payload)
    except _Gone:
        return False
    return True


class _Gone(Exception):
    """The workflow has ended, or never was."""


def _refused_by_stage(case: Mapping[str, Any], update: str, payload: Command) -> Refusal | None:
    """Why the stage forbids it, for a case whose workflow has handed over to the closing."""
    if update not in PERMISSIONS:
        return None
    about = {"case": case["id"], "account": case["account"], "mode": case["mode"], "stage": case["stage"]}
    state = CaseState(**about, opened_at=case["opened_at"], requested_by=case["manager"])
    return refused(update, payload.actor, state)


async def _answered(client: Client, workflow: str, update: str, payload: Command) -> Answer:
    handle = client.get_workflow_handle(workflow)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            answer: Answer = await handle.execute_update(update, payload, id=payload.key, result_type=Answer)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise _Gone from None
    except Gone:  # what an ended workflow was told can't be read any more, nor can it be told anything
        raise _Gone from None
    except TimeoutError:
        what = f"no worker has answered within {_PATIENCE_SECONDS:.0f} s; the next one may still take the request"
        raise Refused(Exit.OUTSIDE, what, "start one: farewell up, or farewell-worker") from None
    return answer


def _keep_refusal(at: "Connections", case: Mapping[str, Any], update: str, payload: Command, why: str) -> None:
    from activities.ledger import record_refusal

    decision = Decision(
        case=case["id"],
        account=case["account"],
        stage=case["stage"],
        step=update,
        actor=payload.actor.id,
        action=update,
    )
    with suppress(Gone):  # with the closing's key the ledger is closed: nobody would seal what is added
        record_refusal(at.ledger, at.keys, decision, why, datetime.now(UTC))
