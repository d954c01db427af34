"""That a customer is here again: noted once, and what was still to be sent to them ends. Source: DOMAIN messages.9."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.errors import ConnectorError, Gone
from models.vocabulary import Stage, StopGround

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.opening import Connections

UNHEARD = " (Temporal doesn't answer; no follow-up is sent all the same: each looks first whether they are back)"


def noted(at: "Connections", account: str, *, restored: bool = False) -> str:
    """Keeps the return of the account's last exit, and stops its follow-ups; what there is to say of that.

    Again changes nothing, but that the package was restored may be learnt later.
    """
    case = last_exit(at, account)
    if case is None:
        return ""
    at.returns.note(case["id"], account, datetime.now(UTC), restored=restored)
    return "" if follow_ups_end(at, str(case["id"])) else UNHEARD


def last_exit(at: "Connections", account: str) -> "Mapping[str, Any] | None":
    """The newest case by which the account was erased."""
    closed = (each for each in at.cases.cases() if each["account"] == account and each["stage"] == Stage.CLOSED)
    return next(closed, None)


def follow_ups_end(at: "Connections", case: str) -> bool:
    """Nothing more goes to who is back; False where nobody could be told. Source: DOMAIN messages.5."""
    try:
        asyncio.run(_ended(at, f"follow-up-{case}"))
    except ConnectorError:
        return False
    return True


async def _ended(at: "Connections", workflow: str) -> None:
    """One that isn't there has ended already, and so has one whose key is gone."""
    from temporalio.service import RPCError, RPCStatusCode

    from connectors.errors import Unavailable
    from connectors.temporal import SYSTEM, connect_temporal

    client = await connect_temporal(at.keys)
    with suppress(Gone):
        try:
            await client.get_workflow_handle(workflow).signal("end", StopGround.RETURNED.value)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise Unavailable(SYSTEM, error.message) from None
