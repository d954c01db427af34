"""What an exit costs, each figure beside one that the reader knows: `python -m bench.exits [--json]`."""

import asyncio
import csv
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from temporalio.client import WorkflowExecution
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities.package_place import PackagePlace
from activities.package_tables import TablesSource
from bench.abba import REPEATS, Compared, compared, spread
from bench.empty import EmptyWorkflow, nothing
from commands.beginning import Asked, begin
from devstack.clock import move
from devstack.leaving import leave
from devstack.play import Play
from devstack.running import Running, without_worker
from devstack.temporal import actions
from models.exporting import PackageRequest
from models.vocabulary import Mode, Reason, Stage

LEAVING = ("acc_7f3k2m", "acc_p7a3wj", "acc_y1g9rn", "acc_e4q0zw", "acc_9oa4xf")
LARGEST, TABLE = "acc_q9x4vd", "usage_event"
METRICS_LAG_SECONDS = 2
CADENCE = timedelta(days=400)


class Cost(NamedTuple):
    """One exit to its seal and its last follow-up, as the server counted it; `step_ms`: the worker's processor time."""

    actions: int
    events: int
    bytes: int
    steps: int
    step_ms: float


def main() -> None:
    """Prints a line a figure, or one object."""
    with tempfile.TemporaryDirectory() as home:
        report = asyncio.run(_report(Path(home)))
    if "--json" in sys.argv[1:]:
        print(json.dumps(report))
        return
    print(report["machine"])
    print("\n".join(report["lines"]))


async def _report(home: Path) -> dict[str, Any]:
    async with without_worker(home) as here:
        with _worker() as worker:
            costs, step = await _exits(here, worker)
        rows = await asyncio.to_thread(_rows, here)
    figures = [step, rows, _help()]
    demo = costs[0]
    cost = (
        f"one exit of {LEAVING[0]}: {demo.actions} actions, {demo.events} events, {demo.bytes / 1000:.0f} kB of history"
    )
    return {
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "exits": [each._asdict() for each in costs],
        "compared": [figure.as_dict() for figure in figures],
        "lines": [f"{cost}, {demo.steps} steps", *map(str, figures)],
    }


@contextmanager
def _worker() -> Iterator[psutil.Process]:
    """In a process of its own, so that its time is nobody else's."""
    with subprocess.Popen([Path(sys.executable).with_name("farewell-worker")], stderr=subprocess.DEVNULL) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


async def _exits(here: Running, worker: psutil.Process) -> tuple[list[Cost], Compared]:
    """Five exits and five empty workflows of as many steps, in turns; the first of all only warms up."""
    costs: list[Cost] = []
    empty: list[float] = []
    await _empty(here, 10)
    for turn, account in enumerate(LEAVING[:REPEATS]):
        steps = costs[-1].steps if costs else 100
        if turn % 2:
            empty.append(await _empty(here, steps))
        costs.append(await _exit(here, worker, account))
        if not turn % 2:
            empty.append(await _empty(here, steps))
    told = "processor time of the worker, a step of an exit against an empty activity"
    return costs, Compared(told, "ms", spread([cost.step_ms for cost in costs]), spread(empty))


async def _exit(here: Running, worker: psutil.Process, account: str) -> Cost:
    before, began = await _actions(here), _busy(worker)
    await _left(here, account)
    seconds = _busy(worker) - began
    histories = [each async for each in here.client.list_workflows(f"RootWorkflowId = 'offboarding-{account}-1'")]
    weights = [await _weight(here, each) for each in histories]
    steps = sum(weight[2] for weight in weights)
    total = (sum(weight[0] for weight in weights), sum(weight[1] for weight in weights), steps)
    return Cost(await _actions(here) - before, *total, round(seconds / steps * 1000, 2))


async def _left(here: Running, account: str) -> None:
    asked = Asked(account, "ana", Mode.STOP, Reason.PRICE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    play = Play(here, account, f"offboarding-{account}-1")
    state = await leave(play)
    await move(here.client, [f"follow-up-{state.case}"], state.opened_at + CADENCE)  # what is watched goes on for years


async def _weight(here: Running, execution: WorkflowExecution) -> tuple[int, int, int]:
    """Events, bytes, and how many activities were scheduled."""
    handle = here.client.get_workflow_handle(execution.id, run_id=execution.run_id)
    info = (await handle.describe()).raw_description.workflow_execution_info
    steps = [
        1 async for event in handle.fetch_history_events() if event.HasField("activity_task_scheduled_event_attributes")
    ]
    return info.history_length, info.history_size_bytes, len(steps)


async def _empty(here: Running, steps: int) -> float:
    """Milliseconds of this process a step."""
    with ThreadPoolExecutor(4) as threads:
        about: dict[str, Any] = {"workflows": [EmptyWorkflow], "activities": [nothing], "activity_executor": threads}
        async with Worker(here.client, task_queue="empty", **about):
            began = time.process_time()
            await here.client.execute_workflow(EmptyWorkflow.run, steps, id=_of_ours(), task_queue="empty")
            return (time.process_time() - began) / steps * 1000


def _of_ours() -> str:
    """A workflow id for which there is a key: what the anchor sends is sealed like all else."""
    return f"offboarding-empty_{uuid.uuid4().hex}-1"


def _busy(process: psutil.Process) -> float:
    """Seconds of processor time so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def _actions(here: Running) -> int:
    await asyncio.sleep(METRICS_LAG_SECONDS)
    return await asyncio.to_thread(actions, here.stack.metrics_port or 0)


def _rows(here: Running) -> Compared:
    """The export with checks, compression, hash and upload, against a loop that does nothing of it."""
    told = "rows of usage_event a second, exported to S3 (gzip, SHA-256) against csv.writer to a file"
    return compared(told, "rows/s", lambda: _exported(here), lambda: _written(here.stack.home / "product.db"))


def _exported(here: Running) -> float:
    at = here.connections
    about: dict[str, Any] = {
        "case": f"{LARGEST}-1",
        "account": LARGEST,
        "stage": Stage.EXPORT,
        "step": "export_tables",
    }
    place = PackagePlace(at.objects, at.settings.s3_export_bucket, PackageRequest(plan_hash="", **about))
    root_key = at.directory.facts(LARGEST).account.root_key
    source = TablesSource(at.product, at.inventory, place, root_key)
    place.drop()  # what stands would only be compared
    began = time.perf_counter()
    (part,) = ActivityEnvironment().run(source.export, [at.inventory.data_set(TABLE)]).tables
    return part.counted / (time.perf_counter() - began)


def _written(product: Path) -> float:
    """The same rows in the same order."""
    query = "SELECT * FROM usage_event WHERE account_id = ? ORDER BY id"
    with closing(sqlite3.connect(product)) as connection, tempfile.TemporaryFile("w", newline="") as file:
        began, rows = time.perf_counter(), 0
        writer = csv.writer(file)
        for row in connection.execute(query, (LARGEST,)):
            writer.writerow(row)
            rows += 1
        return rows / (time.perf_counter() - began)


def _help() -> Compared:
    farewell = [str(Path(sys.executable).with_name("farewell")), "--help"]
    return compared(
        "farewell --help against python -c pass",
        "ms",
        lambda: _started(farewell),
        lambda: _started([sys.executable, "-c", "pass"]),
    )


def _started(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
