"""Another date or way out: a new plan; the old one stands until it is approved. Source: DOMAIN modes.4."""

from datetime import date, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.planning import PlanningActivities
    from models.case import Agreed, PlanRequest, Task
    from models.refusal import Refusal
    from models.updates import Answer, ChangeMode, Command, Extend, Reschedule
    from models.vocabulary import Cause, Mode, Stage, TaskKind
    from rules.modes import change_refused
    from rules.permissions import refused
    from workflows.holds import CaseHolds
    from workflows.retries import HEARTBEAT, LONG
    from workflows.words import cause_of

_WENT_ON = Refusal(code="went_on", why="the case went on while the plan was made", fix="see: farewell status ACCOUNT")


class CaseReplanning(CaseHolds):
    """The dates and the mode of a case, as people change them."""

    @workflow.update(name="reschedule")
    async def reschedule(self, word: Reschedule) -> Answer:
        """Another effective date, once it is approved; in a pause another resume date, at once. Source: DOMAIN modes.1.

        The limits of the policy hold for both.
        """
        if self.state.stage is Stage.PAUSED:
            made = await self._planned("reschedule", word, effective_on=self.state.paused_on, resume_on=word.to)
            self._keep(agreed=made)
            text = f"the pause lasts until {word.to}"
        else:
            await self._propose("reschedule", word, effective_on=word.to, resume_on=self._resume_on())
            text = f"planned for {word.to}: the new plan waits for approval"
        return await self._decided("reschedule", word, text, to=word.to.isoformat())

    @reschedule.validator
    def _may_reschedule(self, word: Reschedule) -> None:
        self._check("reschedule", word)

    @workflow.update(name="change_mode")
    async def change_mode(self, word: ChangeMode) -> Answer:
        """Another way out: a new plan with approvals of its own. Source: DOMAIN modes.3, modes.4."""
        await self._propose("change_mode", word, mode=word.mode, cause=word.cause)
        text = f"{word.mode} is planned: the new plan waits for approval"
        about = {"mode": word.mode, **({"cause": word.cause} if word.cause else {})}
        return await self._decided("change_mode", word, text, word.reason, **about)

    @change_mode.validator
    def _may_change_mode(self, word: ChangeMode) -> None:
        self._check("change_mode", word, change_refused(word.mode, word.cause, word.actor, self.state))

    # -- making the plan

    async def _propose(self, update: str, word: Command, **wish: Any) -> None:
        self._keep(proposed=await self._planned(update, word, **wish), proposed_by=word.actor.id)

    async def _planned(self, update: str, word: Command, **wish: Any) -> Agreed:
        """A plan of the mode in force, but for what is wished; refused in one line where a rule says no."""
        generation, before = self.state.generation + 1, self._where()
        self._keep(generation=generation)
        as_it_is = {"mode": self.state.mode, "cause": self._cause(), "paused_on": self.state.paused_on}
        request = self._ask(
            PlanRequest, "make_plan", actor=word.actor.id, generation=generation, **{**as_it_is, **wish}
        )
        try:
            made = await workflow.execute_activity_method(
                PlanningActivities.make_plan,
                request,
                start_to_close_timeout=LONG,
                heartbeat_timeout=HEARTBEAT,
                summary=f"plan {generation}: {request.mode}",
            )
        except ActivityError as error:
            why, fix = cause_of(error)
            raise ApplicationError(why, fix, type="plan_refused") from None
        no = refused(update, word.actor, self.state)
        if no or self._where() != before or self._overtaken(generation):
            no = no or _WENT_ON
            raise ApplicationError(no.why, no.fix, type=no.code)
        agreed: Agreed = made.agreed
        return agreed

    def _where(self) -> tuple[Mode, bool]:
        """What a plan was made for: while it was made, another mode may have been agreed, or a pause begun."""
        return self.state.mode, self.state.stage is Stage.PAUSED

    def _overtaken(self, generation: int) -> bool:
        """Whether a plan that was asked for later has come first: the last word counts."""
        plans = (self.state.agreed, self.state.proposed)
        return any(plan is not None and plan.generation > generation for plan in plans)

    def _cause(self) -> Cause | None:
        """Why the account is ejected, if it is; a plan of another mode has none."""
        plan = self.state.agreed or self.state.proposed
        return plan.cause if plan and plan.mode is Mode.EJECT and self.state.mode is Mode.EJECT else None

    def _resume_on(self) -> date | None:
        """The day on which a pause that hasn't begun is to end. Its dates bear the customer's own offset."""
        resume = self._dates().get("resume")
        return resume.date() if resume and self.state.mode is Mode.PAUSE else None

    # -- more time

    @workflow.update(name="extend")
    async def extend(self, word: Extend) -> Answer:
        """A later end of transition or of the retrieval window; it changes no digest."""
        if self.state.stage is Stage.TRANSITION and self.state.agreed:
            tasks = moved_tasks(self.state.tasks, self._dates()["transition_end"], word.until)
            self._keep(agreed=moved(self.state.agreed, word), tasks=tasks, transition_extended=True)
        else:
            self._keep(retrieval_end=word.until)
            self._close_silence()
        return await self._decided("extend", word, f"extended to {word.until:%Y-%m-%d}", until=word.until.isoformat())

    @extend.validator
    def _may_extend(self, word: Extend) -> None:
        self._check("extend", word, self._extension_refused(word))

    def _extension_refused(self, word: Extend) -> Refusal | None:
        in_transition = self.state.stage is Stage.TRANSITION
        if in_transition and word.actor.is_customer and self.state.transition_extended:
            return Refusal(
                code="once", why="the customer has extended once already", fix="the account manager still may"
            )
        now_until = self._dates().get("transition_end") if in_transition else self.state.retrieval_end
        earliest = max(workflow.now(), now_until or workflow.now())
        if word.until <= earliest:
            why, fix = "the new end isn't later than the old one", f"choose a day after {earliest:%Y-%m-%d}"
            return Refusal(code="not_later", why=why, fix=fix)
        return None

    def _close_silence(self) -> None:
        for task in [task for task in self.state.tasks if task.kind is TaskKind.SILENCE]:
            self._close_task(task.id)


def moved(agreed: Agreed, word: Extend) -> Agreed:
    """The same plan with every date from the end of transition on moved by as much. Source: DOMAIN dates.3.

    After a pause nothing was charged from its first day on: that end of billing stays. Source: DOMAIN modes.1.
    """
    end = agreed.dates["transition_end"]
    by = word.until - end
    dates = {name: at + by if at >= end else at for name, at in agreed.dates.items()}
    later = {"reminder_at": agreed.reminder_at + by, "silence_at": agreed.silence_at + by}
    looks = {"looks_at": _moved(agreed.looks_at, by), "scans_at": _moved(agreed.scans_at, by)}
    return agreed.model_copy(update={"dates": dates, **looks, **later})


def _moved(instants: tuple[datetime, ...], by: timedelta) -> tuple[datetime, ...]:
    return tuple(at + by for at in instants)


def moved_tasks(tasks: tuple[Task, ...], end: datetime, until: datetime) -> tuple[Task, ...]:
    """What our teams had still to do when the end of transition moves: by as much later. Source: SEEDS 002."""
    by = until - end
    return tuple(
        task.model_copy(update={"due": task.due + by, "remind_at": task.remind_at and task.remind_at + by})
        if task.due is not None and task.told == 0
        else task
        for task in tasks
    )
