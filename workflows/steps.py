"""How a case does a step: with retries, then as a task that a person ends. And how it waits."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from models.case import Agreed, CaseState, StageRecord, Task, WaitingFor
    from models.payload import EffectRequest
    from models.vocabulary import ENDS, Role, Stage, TaskKind, TaskOutcome, WaitKind
    from workflows.retries import STEP, Manner
    from workflows.words import cause_of, in_words, kind_of

R = TypeVar("R", bound=EffectRequest)
STAGE = SearchAttributeKey.for_keyword("FarewellStage")
MODE = SearchAttributeKey.for_keyword("FarewellMode")
WAITING_FOR = SearchAttributeKey.for_keyword("FarewellWaitingFor")
EFFECTIVE_DATE = SearchAttributeKey.for_datetime("FarewellEffectiveDate")


class Undone(Exception):  # no error: it unwinds the walk when somebody withdraws or reinstates
    """The case goes back."""


class CaseSteps:
    """The case's state, and the ways to change it: a step, a wait, a task."""

    def __init__(self, state: CaseState) -> None:
        """Outcomes of tasks live as long as the run; all else is in the state."""
        self.state = state
        self._shown: tuple[object, ...] = (state.stage, state.mode, None, None)  # as `farewell start` shows it
        self._outcomes: dict[str, TaskOutcome] = {}
        self._undoing = False

    def _keep(self, **changes: Any) -> None:
        self.state = self.state.model_copy(update=changes)
        workflow.set_current_details(in_words(self.state))

    def _ask(self, form: type[R], step: str, **fields: Any) -> R:
        """The request of a step, with all that its idempotency key needs."""
        about = {"case": self.state.case, "account": self.state.account, "stage": self.state.stage, "step": step}
        return form(**{**about, **fields})

    # -- stages and waits

    async def _enter(self, stage: Stage, waiting_for: WaitingFor | None = None, *, brief: bool = False) -> None:
        """A stage of seconds is shown on the server's lists only if something holds it up."""
        self._keep(stage=stage, waiting_for=waiting_for)
        if not brief:
            self._show()
        await self._record()

    def _show(self) -> None:
        """Tells the server's lists, unless they show it already: each telling is paid for."""
        waiting, effective = self.state.waiting_for, self._dates().get("effective_date")
        shown = (self.state.stage, self.state.mode, waiting and waiting.kind, effective)
        if shown == self._shown:
            return
        self._shown = shown
        updates = [STAGE.value_set(self.state.stage), MODE.value_set(self.state.mode), _waiting(waiting)]
        workflow.upsert_search_attributes([*updates, EFFECTIVE_DATE.value_set(effective)] if effective else updates)

    async def _record(self) -> None:
        """Tells the read model."""
        plan, in_force = self.state.proposed or self.state.agreed, self.state.agreed or self.state.proposed
        record = self._ask(
            StageRecord,
            f"enter_{self.state.stage}",
            generation=max(1, self.state.generation),
            mode=self.state.mode,
            plan_hash=plan.hash if plan else None,
            waiting_for=self.state.waiting_for,
            effective_date=self._dates().get("effective_date"),
            cause=in_force.cause if in_force else None,
            tasks=self.state.tasks,
            ended=self.state.stage in ENDS,
        )
        await self._do(CaseActivities.record_stage, record)

    def _agreed(self) -> Agreed:
        """The plan in force; there is one from the notice on."""
        if self.state.agreed is None:
            raise ApplicationError("no plan is agreed", type="NoPlan", non_retryable=True)
        return self.state.agreed

    def _dates(self) -> dict[str, datetime]:
        agreed = self.state.agreed or self.state.proposed
        return agreed.dates if agreed else {}

    async def _wait(self, happened: Callable[[], bool], until: datetime | None = None) -> bool:
        """Waits for what `happened` looks at, or until an instant; answers whether it did. An undo ends it."""

        def wake() -> bool:
            return happened() or self._undo_asked()

        left = None if until is None else until - workflow.now()
        with suppress(TimeoutError):  # what happened in that very instant has happened all the same
            if left is None or left.total_seconds() > 0:
                await workflow.wait_condition(wake, timeout=left)
        self._heed_undo()
        return happened()

    def _heed_undo(self) -> None:
        """Nothing new is begun once somebody wants to go back."""
        if self._undo_asked():
            raise Undone

    def _undo_asked(self) -> bool:
        return self.state.undo is not None and not self._undoing

    # -- a step

    async def _do(self, method: Callable[..., Any], request: EffectRequest, manner: Manner = STEP) -> Any:
        """Does one effect. After its retries a person decides: again, or (never at a gate) without it: then None."""
        while True:
            try:
                return await self._attempt(method, request, manner)
            except ActivityError as error:
                if await self._park(request.step, error, manner) is TaskOutcome.SKIP:
                    return None

    async def _attempt(self, method: Callable[..., Any], request: EffectRequest, manner: Manner) -> Any:
        return await workflow.execute_activity_method(
            method,
            request,
            start_to_close_timeout=manner.attempt,
            heartbeat_timeout=manner.heartbeat,
            retry_policy=manner.retries,
            summary=f"{request.step.replace('_', ' ')} {request.subject}".removesuffix(" -"),
        )

    async def _do_undoable(self, method: Callable[..., Any], request: EffectRequest, manner: Manner = STEP) -> Any:
        """Does an effect that can be taken back; noted before it begins, for it may happen and still fail."""
        self._begin(request.idempotency_key)
        result = await self._do(method, request, manner)
        self._heed_undo()
        return result

    def _begin(self, key: str) -> None:
        if key not in self.state.done:
            self._keep(done=(*self.state.done, key))

    async def _park(self, step: str, error: ActivityError | ChildWorkflowError, manner: Manner) -> TaskOutcome:
        """Waits until a person ends the task that a failed step has become."""
        kind, (cause, fix) = kind_of(error), cause_of(error)
        owner = Role.COMPLIANCE if kind is TaskKind.HOLD_REVIEW else Role.ENGINEER
        task = self._open_task(kind, step, owner, cause, fix, gate=manner.gate)
        return await self._ended(task, f"{step.replace('_', ' ')} failed: {cause}")

    async def _ended(self, task: Task, why: str) -> TaskOutcome:
        """How a person ended the task; until then the case waits for it."""
        before = self.state.waiting_for
        self._keep(waiting_for=WaitingFor(kind=WaitKind.TASK, who=task.owner, why=why))
        self._show()
        try:
            await self._wait(lambda: task.id in self._outcomes)
        finally:
            self._keep(waiting_for=before)
            self._close_task(task.id)
        self._show()
        return self._outcomes[task.id]

    # -- tasks

    def _open_task(
        self, kind: TaskKind, step: str, owner: Role, cause: str, fix: str, *, gate: bool = False, blocking: bool = True
    ) -> Task:
        number = self.state.tasks_opened + 1
        task = Task(
            id=f"T{number}",
            kind=kind,
            step=step,
            owner=owner,
            cause=cause,
            fix=fix,
            opened_at=workflow.now(),
            gate=gate,
            blocking=blocking,
        )
        self._keep(tasks=(*self.state.tasks, task), tasks_opened=number)
        return task

    def _close_task(self, task_id: str) -> None:
        self._keep(tasks=tuple(task for task in self.state.tasks if task.id != task_id))


def _waiting(waiting_for: WaitingFor | None) -> Any:
    return WAITING_FOR.value_set(waiting_for.kind) if waiting_for else WAITING_FOR.value_unset()
