"""A server of the stack that is gone for a while: its port refuses, then it is back with all that it had."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from devstack.mailbox import Mailbox
from devstack.processes import Child, wait_until_healthy
from devstack.running import Running
from devstack.s3 import ObjectStorage
from devstack.server import Server
from models.vocabulary import Stage

# Who feels it: the first effect of the export, and a mail.
FELT_BY: Sequence[tuple[type[Server], str]] = ((ObjectStorage, "plan_package"), (Mailbox, "send_message"))


@asynccontextmanager
async def outage(here: Running, account: str) -> AsyncIterator[None]:
    """While the block plays the exit: S3 and mail end at the freeze, and each is back once an effect has failed."""
    async with AsyncExitStack() as restarted, asyncio.TaskGroup() as group:
        group.create_task(_outage(here, account, restarted))
        yield


async def _outage(here: Running, account: str, restarted: AsyncExitStack) -> None:
    while (here.connections.cases.case(account) or {}).get("stage") != Stage.FREEZE:  # noqa: ASYNC110  # told by another process
        await asyncio.sleep(0.01)
    for kind, _ in FELT_BY:
        os.kill(here.stack.pids[kind.name], signal.SIGKILL)
    for kind, action in FELT_BY:
        await _felt(here, f"{account}-1", action)
        server = here.stack._server(kind)
        child = restarted.enter_context(Child(f"{kind.name}-again", server.command(), here.stack.home / kind.name))
        await wait_until_healthy(child, server.probe, server.not_yet)


async def _felt(here: Running, case: str, action: str) -> None:
    def is_felt() -> bool:
        return any(e.action == action and e.outcome == "failed" for e in here.connections.ledger.entries(case))

    while not is_felt():  # noqa: ASYNC110  # told by another process
        await asyncio.sleep(0.05)
