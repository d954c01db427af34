"""One account's whole exit, in a process of its own: undisturbed, with workers that die, or with servers that are gone."""

import asyncio
import random
import sqlite3
import traceback
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

from commands.audits import fetch_pack
from commands.beginning import Asked, begin
from commands.pack_check import check_pack
from devstack.leaving import leave
from devstack.play import Play
from devstack.running import Running, running, without_worker
from models.vocabulary import Mode, Reason
from tests.faults.dying_worker import Death, workers
from tests.faults.end_state import end_state
from tests.faults.outage import outage

ACCOUNT = "acc_p7a3wj"  # yearly, so that there is something to refund
CASE = f"{ACCOUNT}-1"
PATIENCE_SECONDS = 240.0  # one move of the clock meets half of all deaths
LOGO_BYTES = 9 * 1024 * 1024  # noise, so that the packed table needs an upload of several parts


class Outcome(NamedTuple):
    """How an exit ended: the state by facet, which deaths it met, what failed on the way, what's wrong with its pack."""

    state: dict[str, Any]
    deaths: list[Death]
    failed: set[str]
    findings: list[str]


def whole_exit(home: Path, deaths: Sequence[Death] = (), *, servers_go: bool = False) -> Outcome:
    """Plays it in this process; what goes wrong is told as text, as not every error can travel to the parent."""
    give_it_a_large_logo(home / "product.db")
    try:
        return asyncio.run(_played(home, deaths, servers_go=servers_go))
    except Exception as wrong:  # noqa: BLE001  # the entry point of a process
        raise AssertionError("".join(traceback.format_exception(wrong))) from None


async def _played(home: Path, deaths: Sequence[Death], *, servers_go: bool) -> Outcome:
    async with AsyncExitStack() as around:
        here = await around.enter_async_context(without_worker(home) if deaths else running(home))
        happened = await around.enter_async_context(workers(here.client, CASE, deaths)) if deaths else []
        if servers_go:
            await around.enter_async_context(outage(here, ACCOUNT))
        await leave(here, await _begun(here))
        return await asyncio.to_thread(_outcome, here, home / "pack", happened)


def give_it_a_large_logo(product: Path) -> None:
    with closing(sqlite3.connect(product)) as connection, connection:
        logo = random.Random(ACCOUNT).randbytes(LOGO_BYTES)  # noqa: S311 - it is to be the same each time
        connection.execute("UPDATE account SET logo_png = ? WHERE id = ?", (logo, ACCOUNT))


async def _begun(here: Running) -> Play:
    asked = Asked(ACCOUNT, "ana", Mode.STOP, Reason.PRICE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    return Play(here, ACCOUNT, f"offboarding-{CASE}", PATIENCE_SECONDS)


def _outcome(here: Running, pack: Path, happened: list[Death]) -> Outcome:
    fetch_pack(here.connections, CASE, pack)
    failed = {entry.action for entry in here.connections.ledger.entries(CASE) if entry.outcome == "failed"}
    return Outcome(end_state(here, ACCOUNT), happened, failed, list(check_pack(pack).findings))
