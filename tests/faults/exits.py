"""One account's whole exit, or pause, in a process of its own: undisturbed, with workers that die, or servers gone."""

import asyncio
import random
import sqlite3
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from commands.audits import fetch_pack
from commands.beginning import Asked, begin
from commands.pack_check import check_pack
from commands.processors import confirm
from devstack.clock import move
from devstack.leaving import hand_over, let_go
from devstack.play import Play
from devstack.running import Running, running, without_worker
from models.updates import Approve
from models.vocabulary import Gate, Mode, Reason, Stage
from rules.gates import gate_digest
from tests.faults.dying_worker import Death, workers
from tests.faults.effects import ACCOUNT, CASE
from tests.faults.end_state import destroyed_keys, end_state, mails, versions
from tests.faults.outage import outage
from tests.faults.sample_charges import add_on_by_the_month, charge_late, refunds_arrive, refunds_take_their_time
from tests.faults.sample_ways import FIRST_ZOMBIE, LAST_ZOMBIE, all_ways_in, comes_alive
from tests.faults.sub_processor import SubProcessor, sub_processor
from tests.faults.tally import count_changes, tally_of

PATIENCE_SECONDS = 480.0  # one move of the clock meets half of all deaths
LOGO_BYTES = 9 * 1024 * 1024  # noise, so that the packed table needs an upload of several parts
SOON = timedelta(days=5)  # after the end, and before anybody looks for late charges


class Outcome(NamedTuple):
    """How an exit ended: the state by facet, which deaths it met, what failed on the way, what's wrong with its pack.

    `tally` tells how often each effect happened.
    """

    state: dict[str, Any]
    deaths: list[Death]
    failed: set[str]
    findings: list[str]
    tally: dict[str, Counter[str]]


class Outside(Protocol):
    """An outside system with the account's users."""

    def fill(self, here: Running) -> None:
        """As a product does."""

    def look(self) -> Any:
        """What is there."""


def whole_exit(
    home: Path, deaths: Sequence[Death] = (), *, servers_go: bool = False, outside: Outside | None = None
) -> Outcome:
    """Plays it in this process: all that is charged falls due on the way, and a charge appears after the end."""
    give_it_a_large_logo(home / "product.db")
    add_on_by_the_month(_own(home), ACCOUNT, datetime.now(UTC))
    refunds_take_their_time(_own(home))
    all_ways_in(_own(home), ACCOUNT)
    count_changes(home)
    with sub_processor(home) as asked:
        return _outcome_of(_exit(home, deaths, asked, servers_go=servers_go, outside=outside))


def whole_pause(home: Path, deaths: Sequence[Death] = ()) -> Outcome:
    """Plays a pause, from its start to the day on which the account comes back by itself."""
    add_on_by_the_month(_own(home), ACCOUNT, datetime.now(UTC))
    count_changes(home)
    return _outcome_of(_pause(home, deaths))


def _own(home: Path) -> str:
    return f"sqlite:///{home / 'farewell.db'}"


def _outcome_of(played: Coroutine[Any, Any, Outcome]) -> Outcome:
    """What goes wrong is told as text, as not every error can travel to the parent."""
    try:
        return asyncio.run(played)
    except Exception as wrong:  # noqa: BLE001  # the entry point of a process
        raise AssertionError("".join(traceback.format_exception(wrong))) from None


async def _exit(
    home: Path, deaths: Sequence[Death], asked: SubProcessor, *, servers_go: bool, outside: Outside | None
) -> Outcome:
    async with _stage(home, deaths) as (here, happened), AsyncExitStack() as around:
        if servers_go:
            await around.enter_async_context(outage(here, ACCOUNT))
        await asyncio.to_thread(outside.fill if outside else _nothing, here)
        play = await _begun(here, Mode.STOP)
        state = await hand_over(play)
        closed = outside.look() if outside else None
        packed = await asyncio.to_thread(_packed, here)
        dates = state.agreed.dates if state.agreed else {}
        await play.move(dates["late_usage_end"])
        await play.until(lambda s: s.statement_digest is not None)
        await asyncio.to_thread(refunds_arrive, here.connections.engine, ACCOUNT)
        await asyncio.to_thread(charge_late, here.connections.engine, ACCOUNT, dates["billing_end"] + SOON)
        await _scanned_once(here)  # so that it's the next scan that finds what comes alive now
        await asyncio.to_thread(comes_alive, home, ACCOUNT, FIRST_ZOMBIE)
        await let_go(play, state)
        await asyncio.to_thread(comes_alive, home, ACCOUNT, LAST_ZOMBIE)
        await _till_the_last_watch(here, play)
        told = await asyncio.to_thread(_sealed, here, home, happened, {**_counted(here, home, asked), **packed})
        told.state["outside"] = (closed, outside.look() if outside else None)
        return told


async def _scanned_once(here: Running) -> None:
    def is_done() -> bool:
        entries = here.connections.ledger.entries(CASE)
        return any((entry.action, entry.outcome) == ("scan_for_zombies", "done") for entry in entries)

    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await asyncio.to_thread(is_done):  # noqa: ASYNC110  # told by another process
            await asyncio.sleep(0.05)


async def _till_the_last_watch(here: Running, play: Play) -> None:
    """One watch after the other, over the years; a person confirms what was asked by mail."""
    await asyncio.to_thread(confirm, ACCOUNT, name="newsletter", evidence="their letter", who="dora")
    watched = (await play.closing()).watches
    while watched:
        due = min(watch.at for watch in watched)
        await move(here.client, [f"closing-{CASE}"], due + timedelta(seconds=1), PATIENCE_SECONDS)
        watched = (await play.until_closing(_after(due))).watches
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await here.client.get_workflow_handle(f"closing-{CASE}").describe()).close_time is None:  # noqa: ASYNC110  # the server tells when it's asked
            await asyncio.sleep(0.1)


def _nothing(_: Running) -> None:
    """Nobody is outside."""


def _after(due: datetime) -> Any:
    return lambda state: all(watch.at > due for watch in state.watches)


async def _pause(home: Path, deaths: Sequence[Death]) -> Outcome:
    async with _stage(home, deaths) as (here, happened):
        play = await _begun(here, Mode.PAUSE)
        state = await play.until(lambda s: s.stage is Stage.APPROVAL and s.proposed is not None)
        dates = state.proposed.dates if state.proposed else {}
        await play.say("bruno", "approve", Approve, gate=Gate.PLAN, hash=gate_digest(Gate.PLAN, state) or "")
        for name, stage in (("effective_date", Stage.PAUSED), ("resume", Stage.RESUMED)):
            await play.move(dates[name])
            await play.reach(stage)
        await here.client.get_workflow_handle(f"offboarding-{CASE}").result()
        return Outcome(await asyncio.to_thread(end_state, here, ACCOUNT), happened, _failed(here), [], tally_of(home))


@asynccontextmanager
async def _stage(home: Path, deaths: Sequence[Death]) -> AsyncIterator[tuple[Running, list[Death]]]:
    async with AsyncExitStack() as around:
        here = await around.enter_async_context(without_worker(home) if deaths else running(home))
        yield (
            here,
            await around.enter_async_context(workers(here.client, CASE, deaths, home / "deaths")) if deaths else [],
        )


def give_it_a_large_logo(product: Path) -> None:
    with closing(sqlite3.connect(product)) as connection, connection:
        logo = random.Random(ACCOUNT).randbytes(LOGO_BYTES)  # noqa: S311 - it is to be the same each time
        connection.execute("UPDATE account SET logo_png = ? WHERE id = ?", (logo, ACCOUNT))


async def _begun(here: Running, mode: Mode) -> Play:
    asked = Asked(ACCOUNT, "ana", mode, Reason.PRICE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    return Play(here, ACCOUNT, f"offboarding-{CASE}", PATIENCE_SECONDS)


def _sealed(here: Running, home: Path, happened: list[Death], tally: dict[str, Counter[str]]) -> Outcome:
    fetch_pack(here.connections, CASE, home / "pack")
    findings = list(check_pack(home / "pack").findings)
    return Outcome(end_state(here, ACCOUNT), happened, _failed(here), findings, tally)


def _packed(here: Running) -> dict[str, Counter[str]]:
    return {"package object": versions(here.connections, here.connections.settings.s3_export_bucket, f"{ACCOUNT}/")}


def _counted(here: Running, home: Path, asked: SubProcessor) -> dict[str, Counter[str]]:
    """What was counted where it happened: in the databases, in S3, by the sub-processor, at the key store, in the post."""
    return {
        **tally_of(home),
        "sealed object": versions(here.connections, here.connections.settings.s3_evidence_bucket, f"{CASE}/"),
        "request to a sub-processor": asked.acts,
        "key destroyed": Counter(destroyed_keys(here)),
        "mail": Counter(mails(here)),
    }


def _failed(here: Running) -> set[str]:
    return {entry.action for entry in here.connections.ledger.entries(CASE) if entry.outcome == "failed"}
