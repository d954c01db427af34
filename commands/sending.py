"""Sends an update as the person who acts."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from commands.delivering import deliver_by
from commands.session import acting, connections, open_case_of
from connectors.temporal import connect_temporal
from models.updates import Answer, Command

if TYPE_CHECKING:
    from connectors.opening import Connections


def send(account: str, who: str | None, update: str, kind: type[Command], **fields: Any) -> Answer:
    """Sends an update to the running case of the account; its answer.

    Raises:
        Refused: 3 there is no such account, person or case; 4 a rule says no; 5 nobody answers.
    """
    at = connections()
    payload = kind(actor=acting(at, who), key=uuid.uuid4().hex, **fields)
    return deliver(at, open_case_of(at, account), update, payload)


def deliver(at: "Connections", case: Mapping[str, Any], update: str, payload: Command) -> Answer:
    """Sends an update to the case's workflow; raises Refused or ConnectorError."""
    return deliver_to(at, case, case["workflow_id"], update, payload)


def deliver_to(at: "Connections", case: Mapping[str, Any], workflow: str, update: str, payload: Command) -> Answer:
    """Sends an update to a workflow of the case; raises Refused or ConnectorError."""
    return asyncio.run(_connected(at, {**case, "workflow_id": workflow}, update, payload))


def follow_up_of(case: Mapping[str, Any]) -> str:
    """The id of the workflow that writes after the goodbye."""
    return f"follow-up-{case['id']}"


async def _connected(at: "Connections", case: Mapping[str, Any], update: str, payload: Command) -> Answer:
    return await deliver_by(await connect_temporal(at.keys), at, case, update, payload)
