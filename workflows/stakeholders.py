"""Our own people in an exit: the manager is briefed, teams get tasks and reminders. Source: SEEDS 001, 002."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.briefing import BriefingActivities
    from models.case import CaseRequest, CaseState, Task, TeamDue
    from models.effects import TeamMessageRequest, TeamMessageResult
    from models.vocabulary import ENDS, Role, TaskKind, TaskOutcome, Team
    from rules.owners import OWNERS
    from workflows.erasing import CaseErasing
    from workflows.retries import STEP
    from workflows.words import cause_of

_REMINDED, _ESCALATED = 1, 2


class CaseStakeholders(CaseErasing):
    """Beside the walk: the exit waits for none of them, and what they end is silent from then on."""

    def __init__(self, request: CaseRequest, state: CaseState) -> None:
        """Who attends to them lives as long as the run; all else is in the state."""
        self._attending: asyncio.Task[None] | None = None
        super().__init__(request, state)

    def _attend_teams(self) -> None:
        """From now on, until the case goes back or the run ends."""
        self._attending = asyncio.create_task(self._attended())

    async def _attended(self) -> None:
        """One thing at a time, and one timer."""
        while not self._teams_left_alone():
            if self._to_brief():
                await self._brief()
            elif due := [task for task in self._untold_tasks() if _next(task) <= workflow.now()]:
                await self._urge(due)
            else:
                await self._until_teams_move()

    async def _until_teams_move(self) -> None:
        at = self._next_urging()

        def moved() -> bool:
            return self._teams_left_alone() or self._to_brief() or self._next_urging() != at

        left = None if at is None else at - workflow.now()
        with suppress(TimeoutError):
            await workflow.wait_condition(moved, timeout=left, timeout_summary="until a team is reminded")

    def _next_urging(self) -> datetime | None:
        return min((_next(task) for task in self._untold_tasks()), default=None)

    def _untold_tasks(self) -> list[Task]:
        """Those of which nobody has been told all yet."""
        return [task for task in self._team_tasks() if task.told < _ESCALATED]

    def _team_tasks(self) -> list[Task]:
        return [task for task in self.state.tasks if task.kind is TaskKind.STAKEHOLDER and task.due is not None]

    def _teams_left_alone(self) -> bool:
        return self._undoing or self.state.undo is not None or self.state.stage in ENDS

    # -- the briefing

    def _to_brief(self) -> bool:
        """A plan is in force that nobody was told of."""
        return self.state.agreed is not None and self.state.agreed.generation > self.state.briefed

    async def _brief(self) -> None:
        """After each approval: the dates have changed, or the way out has."""
        agreed, ended = self._agreed(), self._teams_done()
        told = await self._write(BriefingActivities.brief, done=ended)
        self._keep(briefed=agreed.generation)
        if not self._teams_left_alone():
            self._ask_teams(each for each in (told.due if told else agreed.teams) if each.team not in ended)

    def _teams_done(self) -> tuple[Team, ...]:
        """Those who were asked, and have no open task any more."""
        waits = {task.team for task in self._team_tasks()}
        return tuple(team for team in self.state.teams if team not in waits)

    def _ask_teams(self, dues: Iterable[TeamDue]) -> None:
        """A task each; one that is open already bears the new dates, and its team is reminded anew."""
        for each in dues:
            about = {"team": each.team, "due": each.due, "remind_at": each.remind_at, "told": 0}
            task = next((task for task in self._team_tasks() if task.team is each.team), None)
            if task is None:
                self._keep(teams=(*self.state.teams, each.team))
                task = self._team_task(each)
            self._change(task, **about)

    def _team_task(self, each: TeamDue) -> Task:
        cause = f"{each.team.replace('_', ' ')}: {each.does}".removesuffix(": ")
        fix = "once it is done: farewell resolve ACCOUNT TASK --outcome done; the exit goes on meanwhile"
        step = f"stakeholder_{each.team}"
        return self._open_task(TaskKind.STAKEHOLDER, step, OWNERS[each.team], cause, fix, blocking=False)

    def _change(self, task: Task, **changes: Any) -> None:
        new = task.model_copy(update=changes)
        self._keep(tasks=tuple(new if each.id == task.id else each for each in self.state.tasks))

    # -- reminders, escalations, the end

    async def _urge(self, due: list[Task]) -> None:
        """What is due is told to whoever the policy names; what soon will be, to the team."""
        now = workflow.now()
        late = [task for task in due if task.due and task.due <= now]
        soon = [task for task in due if task not in late]
        for tasks, told in ((soon, _REMINDED), (late, _ESCALATED)):
            if tasks and not self._teams_left_alone():
                await self._remind_teams(tasks, escalate=told == _ESCALATED)
                for task in self._team_tasks():
                    if task in tasks:  # who has ended it meanwhile, or got new dates, hasn't been told
                        self._change(task, told=told)

    async def _remind_teams(self, tasks: list[Task], *, escalate: bool) -> None:
        dues = [
            TeamDue(team=task.team, due=task.due, remind_at=task.remind_at or task.due)
            for task in tasks
            if task.team and task.due
        ]
        about = {"teams": tuple(each.team for each in dues), "due": tuple(dues)}
        await self._write(BriefingActivities.remind_teams, escalate=escalate, **about)

    async def _take_back(self) -> None:
        """Whoever was asked is told once that the account stays. What they still had to do falls."""
        for task in self._team_tasks():
            self._close_task(task.id)
        await super()._take_back()
        if self._attending is not None:
            await self._attending
        if self.state.teams or (self.state.briefed and self.state.undo != "resume"):
            about = {"called_off": True, "teams": self.state.teams}
            await self._write(BriefingActivities.remind_teams, **about)

    async def _write(self, method: Callable[..., Any], **about: Any) -> TeamMessageResult | None:
        """A round of mails to our own people; one that can't be sent becomes a task, and the exit goes on."""
        number = self.state.team_letters + 1
        plan_hash = self.state.agreed.hash if self.state.agreed else ""
        request = self._ask(TeamMessageRequest, method.__name__, generation=number, plan_hash=plan_hash, **about)
        told = await self._tried_to_write(method, request)
        self._keep(team_letters=number)
        return told

    async def _tried_to_write(
        self, method: Callable[..., Any], request: TeamMessageRequest
    ) -> TeamMessageResult | None:
        """None: a person has said that it goes on without, or the account stays."""
        for task in [task for task in self.state.tasks if task.step == request.step]:
            self._close_task(task.id)  # an earlier run's
        while True:
            try:
                told: TeamMessageResult = await self._attempt(method, request, STEP)
            except ActivityError as error:
                cause, fix = cause_of(error)
                task = self._open_task(TaskKind.STEP_FAILED, request.step, Role.ENGINEER, cause, fix, blocking=False)
            else:
                return told
            if not await self._write_again(task):
                return None

    async def _write_again(self, task: Task) -> bool:
        """Whether a person wants it tried again."""
        await workflow.wait_condition(lambda: task.id in self._outcomes or self._teams_left_alone())
        self._close_task(task.id)
        return self._outcomes.get(task.id) is TaskOutcome.RETRY


def _next(task: Task) -> datetime:
    """When its team, or whoever comes after it, hears of it next."""
    remind, due = task.remind_at or task.opened_at, task.due or task.opened_at
    return remind if task.told < _REMINDED and remind < due else due
