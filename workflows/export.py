"""The export of one case: a child of its own on its own task queue, so that heavy workers scale alone."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.export import ExportActivities
    from models.case import PackageRef
    from models.exporting import (
        CommitRequest,
        ExportRequest,
        PackagePlan,
        PackageRequest,
        PackageResult,
        PartRequest,
        PartResult,
        TablesResult,
    )
    from models.vocabulary import Stage
    from workflows.retries import LONG_STEP, STEP, UNDO, Manner

FILE_SETS_AT_ONCE = 3
# One call to S3 may hang for a minute before it's given up; that alone isn't a dead worker.
PART = replace(LONG_STEP, heartbeat=timedelta(minutes=2))
# How a verification says that the package isn't what was written; wrong credentials, say, prove nothing about it.
DIFFERS = frozenset({"Rejected", "NotFound"})


@workflow.defn(name="ExportWorkflow")
class ExportWorkflow:
    """Plans the parts, writes the tables beside the file sets, commits, verifies; answers with the verified package.

    Started by the case as `export-<case>-<generation>`, or by a person as a trial, which no case waits for. A part that
    fails after its retries fails the export, which may be started again: what was written and still is true stays. A
    package that fails its verification is dropped, so that nobody fetches it and another export begins from nothing.
    Nobody sends it anything.
    """

    @workflow.init
    def __init__(self, request: ExportRequest) -> None:
        """Knows what is asked, has nothing yet."""
        self._request = request
        self._slots = asyncio.Semaphore(FILE_SETS_AT_ONCE)
        self._done = 0

    @workflow.run
    async def run(self, _request: ExportRequest) -> PackageRef:
        """The steps."""
        plan: PackagePlan = await self._do(ExportActivities.plan_package, self._ask(PackageRequest, "plan_package"))
        self._tell(f"{len(plan.data_sets)} data sets and {len(plan.file_sets)} file sets are being written.")
        parts = await self._parts(plan)
        commit = self._ask(CommitRequest, "commit_package", parts=parts)
        self._tell("All parts are written; the package is being finished.")
        await self._do(ExportActivities.commit_package, commit, PART)
        self._tell("The package is being read back and counted again.")
        package = await self._verified(commit.model_copy(update={"step": "verify_package"}))
        missing = f"; {package.missing} files are missing, and listed as such" if package.missing else ""
        self._tell(f"Done: {package.rows} rows in {package.files} files{missing}.")
        return package

    async def _parts(self, plan: PackagePlan) -> tuple[PartResult, ...]:
        """All parts, in the order of the plan; when one fails, those under way are cancelled and none begins."""
        under_way = [self._tables(plan), *(self._files(name, plan) for name in plan.file_sets)]
        tasks = [asyncio.create_task(part) for part in under_way]
        try:
            return tuple(part for parts in await asyncio.gather(*tasks) for part in parts)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tables(self, plan: PackagePlan) -> tuple[PartResult, ...]:
        """All at once: they are of one instant, which one activity holds."""
        request = self._ask(PackageRequest, "export_tables")
        tables: TablesResult = await self._do(ExportActivities.export_tables, request, PART)
        self._count(plan, "the tables", len(plan.data_sets))
        return tables.parts

    async def _files(self, name: str, plan: PackagePlan) -> tuple[PartResult, ...]:
        async with self._slots:
            request = self._ask(PartRequest, "export_files", subject=name)
            part: PartResult = await self._do(ExportActivities.export_files, request, PART)
        self._count(plan, name, 1)
        return (part,)

    def _count(self, plan: PackagePlan, what: str, parts: int) -> None:
        self._done += parts
        total = len(plan.data_sets) + len(plan.file_sets)
        self._tell(f"{self._done} of {total} parts are written, last {what}.")

    async def _verified(self, request: CommitRequest) -> PackageRef:
        try:
            result: PackageResult = await self._do(ExportActivities.verify_package, request, PART)
        except ActivityError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.type in DIFFERS:
                self._tell("The package differs from what was written, and is being dropped.")
                await self._do(ExportActivities.drop_package, self._ask(PackageRequest, "drop_package"), UNDO)
            raise
        return result.package

    async def _do(self, method: Callable[..., Any], request: PackageRequest, manner: Manner = STEP) -> Any:
        return await workflow.execute_activity_method(
            method,
            request,
            start_to_close_timeout=manner.attempt,
            heartbeat_timeout=manner.heartbeat,
            retry_policy=manner.retries,
            summary=f"{request.step.replace('_', ' ')} {request.subject}".removesuffix(" -"),
        )

    def _ask(self, kind: type[Any], step: str, **fields: Any) -> Any:
        about = self._request.model_dump(include={"case", "account", "generation", "plan_hash"})
        return kind(**about, stage=Stage.EXPORT, step=step, **fields)

    def _tell(self, words: str) -> None:
        kind = "Trial export" if self._request.trial else "Export"
        workflow.set_current_details(f"{kind} {self._request.generation} of **{self._request.account}**. {words}")
