"""The export's order, on a real Temporal, with activities that only note that they were called."""

import threading
import time
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from connectors.errors import ConnectorError, Rejected, Unauthorized, translated
from devstack.stack import EmbeddedStack
from models.case import Noted, PackageRef
from models.exporting import (
    TRIALS_FROM,
    CommitRequest,
    ExportRequest,
    PackagePlan,
    PackageRequest,
    PackageResult,
    PartRequest,
    PartResult,
    TablesResult,
)
from workflows.export import FILE_SETS_AT_ONCE, ExportWorkflow
from workflows.words import cause_of

QUEUE = f"export-{uuid.uuid4()}"
TABLES = ("task", "account")
FILES = tuple(f"files/{number}" for number in range(7))


class Effects:
    """Notes what was asked; fails the steps or parts named in `failing`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failing: dict[str, ConnectorError] = {}
        self._lock, self._now = threading.Lock(), 0
        self.most_at_once = 0
        self.asked: list[PackageRequest] = []

    def all(self) -> list[Any]:
        return [self.plan, self.tables, self.files, self.commit, self.verify, self.drop]

    @activity.defn(name="plan_package")
    def plan(self, request: PackageRequest) -> PackagePlan:
        self._note(request)
        return PackagePlan(data_sets=TABLES, file_sets=FILES)

    @activity.defn(name="export_tables")
    def tables(self, request: PackageRequest) -> TablesResult:
        self._note(request)
        parts = [PartResult(name=name, files=1, rows=1, size_bytes=1) for name in (*TABLES, "unit")]
        return TablesResult(parts=tuple(parts))

    @activity.defn(name="export_files")
    def files(self, request: PartRequest) -> PartResult:
        return self._part(request)

    @activity.defn(name="commit_package")
    def commit(self, request: CommitRequest) -> Noted:
        assert tuple(part.name for part in request.parts) == (*TABLES, "unit", *FILES)
        self._note(request)
        return Noted()

    @activity.defn(name="verify_package")
    def verify(self, request: CommitRequest) -> PackageResult:
        self._note(request)
        at = datetime(2026, 11, 1, tzinfo=UTC)
        package = PackageRef(
            location="s3://b/p/", digest="d", generation=1, rows=9, files=1, size_bytes=1, verified_at=at, missing=2
        )
        return PackageResult(package=package)

    @activity.defn(name="drop_package")
    def drop(self, request: PackageRequest) -> Noted:
        self._note(request)
        return Noted()

    def _part(self, request: PartRequest) -> PartResult:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(0.05)
        with self._lock:
            self._now -= 1
        self._note(request)
        return PartResult(name=request.subject, files=1, rows=1, size_bytes=1)

    def _note(self, request: PackageRequest) -> None:
        self.asked.append(request)
        self.calls.append(request.step)
        if error := self.failing.get(request.subject) or self.failing.get(request.step):
            raise translated(error) from None


@pytest.fixture
def effects() -> Effects:
    return Effects()


@pytest.fixture
async def client(stack: EmbeddedStack, effects: Effects) -> AsyncIterator[Client]:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter)
    with ThreadPoolExecutor(20) as threads:
        async with Worker(
            client, task_queue=QUEUE, workflows=[ExportWorkflow], activities=effects.all(), activity_executor=threads
        ):
            yield client


async def export(client: Client, case: str, generation: int = 1) -> PackageRef:
    request = ExportRequest(
        case=case, account="acme", generation=generation, plan_hash="sha256:0", trial=generation >= TRIALS_FROM
    )
    name = f"export-{case}-{generation}"
    return await client.execute_workflow(ExportWorkflow.run, request, id=name, task_queue=QUEUE)


async def test_the_tables_are_one_part_and_files_are_written_then_committed_then_verified(
    client: Client, effects: Effects
) -> None:
    package = await export(client, uuid.uuid4().hex)
    assert package.location == "s3://b/p/"
    assert (effects.calls[0], effects.calls[-2:]) == ("plan_package", ["commit_package", "verify_package"])
    assert sorted(effects.calls[1:-2]) == [*["export_files"] * 7, "export_tables"]
    assert 1 < effects.most_at_once <= FILE_SETS_AT_ONCE
    assert len({request.idempotency_key for request in effects.asked}) == len(effects.asked)


async def test_a_package_that_differs_is_dropped_and_the_export_fails_with_the_difference(
    client: Client, effects: Effects
) -> None:
    case = uuid.uuid4().hex
    effects.failing["verify_package"] = Rejected("export package", "data/x differs", "export again")
    with pytest.raises(WorkflowFailureError) as failed:
        await export(client, case)
    assert cause_of(failed.value.cause) == ("export package: data/x differs", "export again")
    assert effects.calls[-1] == "drop_package"
    effects.failing.clear()
    assert (await export(client, case)).rows == 9


async def test_credentials_that_fail_prove_nothing_about_a_package(client: Client, effects: Effects) -> None:
    effects.failing["verify_package"] = Unauthorized("s3", "no")
    with pytest.raises(WorkflowFailureError):
        await export(client, uuid.uuid4().hex)
    assert "drop_package" not in effects.calls


@pytest.mark.parametrize("part", ["export_tables", "files/3"])
async def test_a_part_that_fails_ends_the_export_before_the_commit(client: Client, effects: Effects, part: str) -> None:
    effects.failing[part] = Rejected("product database", "no")
    with pytest.raises(WorkflowFailureError):
        await export(client, uuid.uuid4().hex)
    assert "commit_package" not in effects.calls


async def test_a_trial_shares_no_key_with_the_cases_package(client: Client, effects: Effects) -> None:
    case = uuid.uuid4().hex
    await export(client, case)
    keys = {request.idempotency_key for request in effects.asked}
    await export(client, case, TRIALS_FROM)
    trial = {request.idempotency_key for request in effects.asked if request.is_trial}
    assert trial.isdisjoint(keys)
    assert len(trial) == len(keys)


def test_trials_are_counted_apart() -> None:
    about = {"case": "acme-1", "account": "acme", "plan_hash": "sha256:0"}
    for generation, trial in ((TRIALS_FROM, False), (1, True)):
        with pytest.raises(ValidationError, match="count from 1001"):
            ExportRequest(**about, generation=generation, trial=trial)
