"""The package of an exit: made by a child, and begun again until it is verified. Source: DOMAIN stages.2."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from models.case import PackageRef
    from models.exporting import ExportRequest
    from models.payload import EffectRequest
    from models.vocabulary import MailKind, Stage
    from workflows.export import ExportWorkflow
    from workflows.pausing import CasePausing
    from workflows.retries import LONG_GATE


class CaseExporting(CasePausing):
    """Everything that the customer takes along."""

    async def _export(self) -> None:
        """No proof, no erasure: a package that can't be made and verified parks the case. Source: DOMAIN stages.2."""
        await self._enter(Stage.EXPORT)
        package: PackageRef | None = None
        self._begin(self._ask(EffectRequest, "export_package").idempotency_key)
        while package is None:
            try:
                package = await self._export_once(generation=1)
            except ChildWorkflowError as error:
                await self._park("export_package", error, LONG_GATE)
        self._heed_undo()
        days_late = (package.verified_at - self._dates()["effective_date"]) // timedelta(days=1)
        later = timedelta(days=max(0, days_late))
        self._keep(package=package, retrieval_end=self._dates()["retrieval_end"] + later)
        self._mail(MailKind.EXPORT_READY)

    async def _export_once(self, *, generation: int) -> PackageRef:
        return await workflow.execute_child_workflow(
            ExportWorkflow.run,
            ExportRequest(
                case=self.state.case, account=self.state.account, generation=generation, plan_hash=self._agreed().hash
            ),
            id=f"export-{self.state.case}-{generation}",
            task_queue="export",
            static_summary=f"export of {self.state.account}",
        )
