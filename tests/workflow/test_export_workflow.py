"""The export's order, on a real Temporal, with activities that only note that they were called."""

import threading
import time
import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from connectors.errors import ConnectorError, Rejected, Unauthorized, translated
from devstack.stack import EmbeddedStack
from models.case import Noted, PackageRef
from models.effects import (
    CommitRequest,
    ExportRequest,
    PackagePlan,
    PackageRequest,
    PackageResult,
    PartRequest,
    PartResult,
)
from workflows.export import PARTS_AT_ONCE, ExportWorkflow
from workflows.words import cause_of

QUEUE = f"export-{uuid.uuid4()}"
TABLES = tuple(f"table_{number}" for number in range(9))


class Effects:
    """Notes what was asked; fails the steps or parts named in `failing`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.failing: dict[str, ConnectorError] = {}
        self._lock, self._now = threading.Lock(), 0
        self.most_at_once = 0
        self.asked: list[PackageRequest] = []

    def all(self) -> list[Any]:
        return [self.plan, self.table, self.files, self.commit, self.verify, self.drop]

    @activity.defn(name="plan_package")
    def plan(self, request: PackageRequest) -> PackagePlan:
        self._note(request)
        return PackagePlan(data_sets=TABLES, file_sets=("files/papers",))

    @activity.defn(name="export_data_set")
    def table(self, request: PartRequest) -> PartResult:
        return self._part(request)

    @activity.defn(name="export_files")
    def files(self, request: PartRequest) -> PartResult:
        return self._part(request)

    @activity.defn(name="commit_package")
    def commit(self, request: CommitRequest) -> Noted:
        assert tuple(part.name for part in request.parts) == (*TABLES, "files/papers")
        self._note(request)
        return Noted()

    @activity.defn(name="verify_package")
    def verify(self, request: CommitRequest) -> PackageResult:
        self._note(request)
        at = datetime(2026, 11, 1, tzinfo=UTC)
        package = PackageRef(
            location="s3://b/p/", digest="d", generation=1, rows=9, files=1, size_bytes=1, verified_at=at
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


async def export(client: Client, case: str) -> PackageRef:
    request = ExportRequest(case=case, account="acme", generation=1, plan_hash="sha256:0")
    return await client.execute_workflow(ExportWorkflow.run, request, id=f"export-{case}-1", task_queue=QUEUE)


async def test_parts_are_written_a_few_at_a_time_then_committed_then_verified(client: Client, effects: Effects) -> None:
    package = await export(client, uuid.uuid4().hex)
    assert package.location == "s3://b/p/"
    assert effects.calls == [
        "plan_package",
        *["export_data_set"] * 9,
        "export_files",
        "commit_package",
        "verify_package",
    ]
    assert 1 < effects.most_at_once <= PARTS_AT_ONCE
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


async def test_a_part_that_fails_ends_the_export_before_the_commit(client: Client, effects: Effects) -> None:
    effects.failing["table_3"] = Rejected("product database", "no")
    with pytest.raises(WorkflowFailureError):
        await export(client, uuid.uuid4().hex)
    assert "commit_package" not in effects.calls
