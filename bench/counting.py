"""How many actions the server counts for a whole exit, with few users and with very many."""

import asyncio
import uuid
from pathlib import Path

from commands.beginning import Asked, begin
from connectors.store.sessions import writing
from devstack.leaving import leave
from devstack.play import Play
from devstack.running import Running, running
from devstack.temporal import actions
from models.tables.identities import UserRow
from models.vocabulary import Mode, Reason

FEW, MANY = "acc_7f3k2m", "acc_p7a3wj"
METRICS_LAG_SECONDS = 2


async def actions_of(home: Path, users: int) -> tuple[int, int]:
    """Of an exit with the users that the sample account has, and of one with `users` more; the play's own included."""
    async with running(home) as here:
        few = await _left(here, FEW)
        await asyncio.to_thread(_crowd, here, users)
        return few, await _left(here, MANY)


async def _left(here: Running, account: str) -> int:
    before = await _actions(here)
    asked = Asked(account, "ana", Mode.STOP, Reason.PRICE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    await leave(Play(here, account, f"offboarding-{account}-1"))
    return await _actions(here) - before


def _crowd(here: Running, users: int) -> None:
    with writing(here.connections.engine) as session:
        session.add_all(
            UserRow(id=uuid.uuid4().hex, account=MANY, name="One of many", email=f"{n}@many.example")
            for n in range(users)
        )


async def _actions(here: Running) -> int:
    await asyncio.sleep(METRICS_LAG_SECONDS)
    return actions(here.stack.metrics_port or 0)
