"""The way back: which activity takes back which step, in reverse order. Source: DOMAIN stages.7, modes.4."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from activities.billing import BillingActivities
    from activities.contract import ContractActivities
    from activities.export import ExportActivities
    from activities.trials import TrialActivities
    from models.effects import UndoRequest
    from models.exporting import PackageRequest
    from models.payload import EffectRequest
    from models.vocabulary import MailKind, OfferKind, Stage
    from workflows.follow_up import FollowUpWorkflow
    from workflows.promises import CasePromises
    from workflows.retries import LONG_UNDO, UNDO, Manner

UNDO_OF: dict[str, Callable[..., Any]] = {
    "plant_probe": AccessActivities.pull_probe,
    "serve_notice": ContractActivities.withdraw_notice,
    "stop_renewal": BillingActivities.resume_renewal,
    "freeze_account": ContractActivities.unfreeze_account,
    "freeze_charges": BillingActivities.unfreeze_charges,
    "suspend_charges": BillingActivities.resume_charges,
    "suspend_sign_in": AccessActivities.free_credentials,
    "export_package": ExportActivities.drop_package,
    "hand_over_assets": AccessActivities.hand_back_assets,
    "disconnect_feed": AccessActivities.reconnect_feed,
    "deactivate_users": AccessActivities.reactivate_users,
    "gate_credentials": AccessActivities.free_credentials,
    "scan_for_zombies": AccessActivities.undo_scan,
    "terminate_contract": ContractActivities.renew_contract,
    "close_statement": BillingActivities.reverse_statement,
}

OF_MANY = frozenset({"suspend_sign_in", "deactivate_users", "gate_credentials", "scan_for_zombies"})
"""Steps whose way back may take long, too: as long as there are users, and their system limits our calls."""

END_OF = {
    "withdraw": Stage.WITHDRAWN,
    "reinstate": Stage.REINSTATED,
    "resume": Stage.RESUMED,
    "refuse": Stage.REFUSED,
}


class CaseUndoing(CasePromises):
    """What was begun is taken back, whether or not it was finished."""

    async def _undo(self) -> None:
        """Takes back all that was begun, in reverse; then keeps what was promised. Source: DOMAIN stages.7, modes.4."""
        self._undoing = True
        await self._take_back()
        await self._keep_promise()
        self._keep(closed_at=workflow.now())
        await self._enter(END_OF[self.state.undo or "refuse"])
        await self._begin_pause()

    async def _take_back(self) -> None:
        """The customer is told once all is as it was, unless a pause begins: that one's own message says so."""
        self._keep(proposed=None)
        for key in reversed(self.state.done):
            method, request = self._undo_of(key)
            await self._do(method, request, _manner_of(key))
        await self._do(TrialActivities.drop_trials, self._ask(EffectRequest, "drop_trials"), UNDO)
        if self.state.undo != "refuse":
            await self._stop_follow_ups()
            # Whom nobody has told of an eject isn't welcomed back. Source: DOMAIN messages.5
            if self.state.sent and self.state.promised is not OfferKind.PAUSE:
                self._mail(MailKind.WELCOME_BACK)

    async def _stop_follow_ups(self) -> None:
        """Who stays gets no more goodbyes. Source: DOMAIN messages.5."""
        if f"{MailKind.GOODBYE}.1" not in self.state.sent:
            return
        follow_ups = workflow.get_external_workflow_handle_for(FollowUpWorkflow.run, f"follow-up-{self.state.case}")
        try:
            await follow_ups.signal(FollowUpWorkflow.end, "reinstated")
        except ApplicationError as gone:
            workflow.logger.info("the follow-ups have ended already: %s", gone.type)

    def _undo_of(self, key: str) -> tuple[Callable[..., Any], EffectRequest]:
        """The activity that takes back the effect of this idempotency key, and its request."""
        _, step, _, generation = key.split(":")
        if step == "export_package":
            plan_hash = self.state.agreed.hash if self.state.agreed else ""
            request = self._ask(PackageRequest, "drop_package", plan_hash=plan_hash, generation=int(generation))
            return UNDO_OF[step], request
        return UNDO_OF[step], self._ask(UndoRequest, f"undo_{step}", undoes=key, generation=int(generation))


def _manner_of(key: str) -> Manner:
    return LONG_UNDO if key.split(":")[1] in OF_MANY else UNDO
