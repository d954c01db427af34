"""How a case stands in a stage until a date, and how a plan comes into force. Source: DOMAIN stages, modes.4."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contract import ContractActivities
    from models.case import Agreed, WaitingFor
    from models.effects import AtRequest
    from models.vocabulary import Gate, Mode, Role, Stage, WaitKind
    from rules.gates import approved
    from rules.offer_answers import with_more_time
    from workflows.steps import Undone
    from workflows.undoing import CaseUndoing


class CaseWalking(CaseUndoing):
    """What all ways out have in common."""

    async def _await_approval(self) -> None:
        """An approval that nobody gives expires to refused, never to approved."""
        while True:
            proposed = self.state.proposed
            if proposed is None:
                raise self._refused()
            await self._continue_if_long()
            await self._enter(Stage.APPROVAL, _approval_of(proposed))
            if not await self._wait(self._plan_decided(proposed), proposed.approval_until):
                raise self._refused()
            if self._plan_approved():
                return self._agree()

    def _refused(self) -> Undone:
        self._keep(undo="refuse")
        return Undone()

    def _plan_decided(self, was: Agreed) -> Callable[[], bool]:
        return lambda: self._plan_approved() or self.state.proposed != was or self._is_long()

    def _moved_on(self, was: Agreed) -> Callable[[], bool]:
        return lambda: self._plan_moved(was) or self._is_long()

    def _plan_moved(self, was: Agreed) -> bool:
        return self._plan_approved() or self.state.agreed != was

    def _plan_approved(self) -> bool:
        proposed = self.state.proposed
        required = proposed.approvals_required[Gate.PLAN] if proposed else 0
        return proposed is not None and approved(Gate.PLAN, proposed.hash, self.state.approvals, required)

    def _agree(self) -> None:
        """The plan in force from now on: the walk goes on with what follows an approval in its mode.

        So it never goes back past what was executed: before a freeze nothing was, and what a pause has done stays.
        The erasure gate is bound to the plan, so older yeses there are void. Source: DOMAIN modes.4.
        """
        plan = self.state.proposed
        if plan and self.state.more_days and plan.mode is not Mode.PAUSE:
            plan = with_more_time(plan, self.state.more_days)  # what was promised holds for each plan
        self._keep(agreed=plan, proposed=None, mode=plan.mode if plan else self.state.mode, stage=Stage.APPROVAL)

    async def _stand(self, stage: Stage, name: str, why: str, announce: Callable[[], Any] | None = None) -> None:
        """Stands in a stage until a date of the plan in force, which may move; or until another plan is agreed."""
        moved = True
        while moved:
            agreed, until = self._agreed(), self._dates()[name]
            await self._continue_if_long()
            await self._enter(stage, WaitingFor(kind=WaitKind.DATE, who="the calendar", until=until, why=why))
            if announce is not None:
                await announce()
            moved = await self._wait(self._moved_on(agreed), until)
            if self._plan_approved():
                self._agree()
                return

    async def _close_account(self) -> None:
        """Read-only, now. What a pause has closed stays so: the same effect under the same key is none.

        A plan that nobody has approved by then falls.
        """
        self._keep(proposed=None)
        await self._enter(Stage.FREEZE, brief=True)
        await self._at(ContractActivities.freeze_account, "effective_date")

    async def _at(self, method: Callable[..., Any], name: str, generation: int = 1) -> None:
        """Does an effect that bears a date of the plan."""
        request = self._ask(AtRequest, method.__name__, at=self._dates()[name], generation=generation)
        await self._do_undoable(method, request)


def _approval_of(plan: Agreed) -> WaitingFor:
    """Who must act before the plan may begin; nobody can approve one that is blocked. Source: DOMAIN stages.5."""
    who, needed = Role.APPROVER, plan.approvals_required[Gate.PLAN]
    why = f"the plan {plan.hash[:15]}… needs {needed} approval{'' if needed == 1 else 's'}"
    if plan.blockers:
        who = Role.ACCOUNT_MANAGER
        why = f"the plan {plan.hash[:15]}… is blocked: {', '.join(plan.blockers)}; farewell preview says what to do"
    return WaitingFor(kind=WaitKind.APPROVAL, who=who, until=plan.approval_until, why=why)
