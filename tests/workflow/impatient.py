"""A closing that finds its history long after every watch."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.closing import ClosingRequest, ClosingState
    from workflows.closing import ClosingWorkflow


@workflow.defn(name="ClosingWorkflow")
class ImpatientClosing(ClosingWorkflow):
    """Carries on by a new run whenever this one has sealed something."""

    @workflow.init
    def __init__(self, request: ClosingRequest) -> None:
        super().__init__(request)
        self._sealed_before = self._state.supplements

    @workflow.run
    async def run(self, request: ClosingRequest) -> ClosingState:
        return await super().run(request)

    def _continue_if_long(self) -> None:
        if self._state.supplements > self._sealed_before:
            self._continue()
