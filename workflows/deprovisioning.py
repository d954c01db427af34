"""How all access ends: assets handed over, users and credentials closed, the probe refused. Source: DOMAIN identity."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from models.effects import HandOverResult, ProbeResult
    from models.payload import EffectRequest
    from models.vocabulary import Role, Stage, TaskKind, TaskOutcome
    from workflows.exporting import CaseExporting
    from workflows.retries import GATE, LONG_STEP

HAND_OVER, PROBE = "hand_over_assets", "probe_access"


class CaseDeprovisioning(CaseExporting):
    """Each generation of closing is noted, so that an undo opens what any of them closed. Source: DOMAIN identity.5."""

    async def _plant_probe(self) -> None:
        """An identity and a key of our own, while the account is live: later they must be refused.

        Once a case, whatever is planned anew. Source: DOMAIN identity.3.
        """
        request = self._ask(EffectRequest, "plant_probe")
        if request.idempotency_key not in self.state.done:
            await self._do_undoable(AccessActivities.plant_probe, request, GATE)

    async def _deprovision(self) -> None:
        """Closed, tried, and closed once more where the probe still gets in; after that a person looks each time."""
        await self._enter(Stage.DEPROVISION)
        await self._hand_over_assets()
        generation = 1
        while admitted := await self._closed(generation):
            if generation > 1:
                await self._find_out(admitted)
            generation += 1
        self._keep(shut_at=workflow.now())

    async def _hand_over_assets(self) -> None:
        """Before anybody is cut off. What has no new owner waits for one, or stays. Source: DOMAIN identity.4."""
        outcome, generation = TaskOutcome.DONE, 1
        while outcome is not TaskOutcome.SKIP:
            request = self._ask(EffectRequest, HAND_OVER, generation=generation)
            result: HandOverResult | None = await self._do_undoable(AccessActivities.hand_over_assets, request)
            if result is None or not result.left:
                return
            cause = f"{result.left} shared assets have no new owner: {', '.join(result.unowned)}"[:500]
            fix = "import a successor for each, then: farewell resolve ACCOUNT TASK --outcome done; or leave them: skip"
            task = self._open_task(TaskKind.UNOWNED_ASSET, HAND_OVER, Role.ACCOUNT_MANAGER, cause, fix)
            outcome, generation = await self._ended(task, cause), generation + 1

    async def _closed(self, generation: int) -> tuple[str, ...]:
        """Feed, users, credentials, in this order; then the ways by which the probe still gets in.

        Source: DOMAIN identity.2, identity.3.
        """
        for method in (
            AccessActivities.disconnect_feed,
            AccessActivities.deactivate_users,
            AccessActivities.gate_credentials,
        ):
            request = self._ask(EffectRequest, method.__name__, generation=generation)
            await self._do_undoable(method, request, LONG_STEP)
        tried: ProbeResult = await self._do(
            AccessActivities.probe_access, self._ask(EffectRequest, PROBE, generation=generation), GATE
        )
        self._heed_undo()
        return tried.admitted

    async def _find_out(self, admitted: tuple[str, ...]) -> None:
        """Closed twice, and it still opens."""
        cause = f"access was closed twice, and our own probe still gets in by {', '.join(admitted)}"
        fix = "close it in the product, then: farewell resolve ACCOUNT TASK --outcome done"
        task = self._open_task(TaskKind.FINDING, PROBE, Role.ENGINEER, cause, fix, gate=True)
        await self._ended(task, cause)
