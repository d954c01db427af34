"""A workflow as nobody may change it: the corpus must find it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from models.case import CaseRequest, CaseState
    from models.payload import EffectRequest
    from models.vocabulary import Stage
    from workflows.offboarding import OffboardingWorkflow


@workflow.defn(name="OffboardingWorkflow")
class ForgetfulWorkflow(OffboardingWorkflow):
    """Leaves the customer's feed connected, so that it creates the users again."""

    @workflow.init
    def __init__(self, request: CaseRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: CaseRequest) -> CaseState:
        return await super().run(request)

    async def _deprovision(self) -> None:
        await self._enter(Stage.DEPROVISION)
        for method in (AccessActivities.deactivate_users, AccessActivities.gate_credentials):
            await self._do_undoable(method, self._ask(EffectRequest, method.__name__))
