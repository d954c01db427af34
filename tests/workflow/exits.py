"""An exit that a test plays: the words that most of them share."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from commands.beginning import Asked, begin
from devstack.play import Play
from devstack.running import Running
from models.case import CaseState, Task
from models.payload import Personal
from models.updates import Answer, Approve, Command, HoldWord, ResolveTask, RetrievalWord, Undo
from models.vocabulary import Cause, Channel, Gate, Mode, Reason, Stage, TaskKind, TaskOutcome
from rules.gates import gate_digest
from tests.workflow.records import mails_of

APPROVERS = ("bruno", "carla")
DAY = timedelta(days=1)
LOOK_SECONDS = 1.0
WORD = Personal(text="because")


class Exit(Play):
    """One case; whoever speaks is named as in the sample company."""

    def __init__(self, here: Running, account: str) -> None:
        self.here, self.account = here, account
        self.row = here.connections.cases.case(account) or {}
        self.case: str = self.row["id"]
        super().__init__(here, account, self.row["workflow_id"])

    # -- the walk

    async def approved(self) -> CaseState:
        """The plan that waits has the approvals that it needs."""
        state = await self.until(lambda s: s.proposed is not None and s.stage is not Stage.REQUESTED)
        await self.approve(Gate.PLAN, *APPROVERS[: state.proposed.approvals_required[Gate.PLAN]])
        return await self.until(lambda s: s.agreed is not None and s.agreed.hash == state.proposed.hash)

    async def plan_agreed(self) -> CaseState:
        await self.approved()
        return await self.reach(Stage.NOTICE)

    async def paused(self) -> CaseState:
        """A pause that was asked for has begun."""
        await self.plan_agreed()
        await self.to_date("effective_date")
        return await self.until(lambda s: s.stage is Stage.PAUSED and s.waiting_for is not None)

    async def to_date(self, name: str) -> CaseState:
        """Just after a date of the plan in force."""
        state = await self.state()
        await self.move(state.agreed.dates[name])
        return await self.state()

    async def parked(self, kind: TaskKind = TaskKind.STEP_FAILED) -> Task:
        """The blocking task of this kind that the case waits for."""
        state = await self.until(lambda s: any(task.blocking and task.kind is kind for task in s.tasks))
        return next(task for task in state.tasks if task.blocking and task.kind is kind)

    async def to_retrieval(self) -> CaseState:
        """The statement is closed, the window is open."""
        if (await self.approved()).mode is not Mode.EJECT:
            await self.reach(Stage.NOTICE)
            await self.to_date("effective_date")
        await self.reach(Stage.SETTLE)
        await self.to_date("late_usage_end")
        return await self.reach(Stage.RETRIEVAL)

    async def to_gates_but(self, *missing: str) -> CaseState:
        """In retrieval, with every word given but those of `missing`: `accepted`, `approved`."""
        state = await self.to_retrieval()
        if "accepted" not in missing:
            await self.say("customer", "accept_export", RetrievalWord, evidence=WORD)
        if "approved" not in missing:
            await self.approve(Gate.ERASURE, "carla", "dora")
        return state

    async def window_over(self) -> None:
        await self.move((await self.state()).retrieval_end)

    async def written(self, *kinds: str) -> list[str]:
        """What left to the customer, in order, once these have: messages go beside the walk."""
        await self.until(lambda _: set(kinds) <= set(mails_of(self.here, self.case)))
        return mails_of(self.here, self.case)

    async def attributes(self) -> dict[str, object]:
        """The search attributes, as the server knows them."""
        described = await self._handle.describe()
        return {pair.key.name: pair.value for pair in described.typed_search_attributes}

    # -- words

    async def approve(self, gate: Gate, *people: str) -> None:
        digest = gate_digest(gate, await self.state())
        for person in people:
            await self.say(person, "approve", Approve, gate=gate, hash=digest)

    async def back(self, update: str, stage: Stage) -> CaseState:
        """Withdrawn or reinstated, and its workflow has ended."""
        await self.say("customer", update, Undo, reason=WORD)
        await self.ended()
        state = await self.state()
        assert state.stage is stage, state.tasks
        return state

    async def ended(self) -> None:
        """Its workflow has ended; a text that must not ring at night is waited for."""
        ending = asyncio.ensure_future(self._handle.result())
        while not (await asyncio.wait([ending], timeout=LOOK_SECONDS))[0]:
            if waiting := (await self.state()).delayed:
                await self.move(max(waiting.values()))
        await ending

    async def resolve(self, task: Task, who: str = "eva", outcome: TaskOutcome = TaskOutcome.RETRY) -> Answer:
        return await self.say(who, "resolve_task", ResolveTask, task=task.id, outcome=outcome, reason=WORD)

    async def hold(self, *data_sets: str, tell: bool = True, confirm_by: datetime | None = None) -> str:
        """Dora places one; `tell` says whether the case hears of it, too."""
        at = self.here.connections.cases
        hold = at.place_hold(self.account, self._actor("dora"), "court order", data_sets, datetime.now(UTC))
        if tell:
            await self.say("dora", "place_hold", HoldWord, hold=hold, confirm_by=confirm_by)
        return hold

    async def confirm_hold(self, hold: str) -> None:
        """Felipe is the second person."""
        self.here.connections.cases.confirm_hold(hold, self._actor("felipe"), datetime.now(UTC))
        await self.say("felipe", "confirm_hold", HoldWord, hold=hold)

    async def release(self, who: str, hold: str, *, tell: bool = True) -> bool:
        """One of compliance asks for the release."""
        released = self.here.connections.cases.release_hold(hold, self._actor(who), datetime.now(UTC))
        if tell:
            await self.say(who, "release_hold", HoldWord, hold=hold)
        return released

    async def resolve_refused(self, task: Task, who: str, outcome: TaskOutcome) -> ApplicationError:
        return await self.refused(who, "resolve_task", ResolveTask, task=task.id, outcome=outcome, reason=WORD)

    async def refused(self, who: str, update: str, kind: type[Command], /, **fields: object) -> ApplicationError:
        """Says it, and is refused; why."""
        with pytest.raises(WorkflowUpdateFailedError) as no:
            await self.say(who, update, kind, **fields)
        assert isinstance(no.value.cause, ApplicationError)
        return no.value.cause


def still_to_do(state: CaseState) -> list[Task]:
    """The open tasks, but what finance collects, as most accounts owe something, and what our teams do beside it."""
    beside = {TaskKind.RECEIVABLE, TaskKind.STAKEHOLDER}
    return [task for task in state.tasks if task.kind not in beside]


async def begun(
    here: Running, account: str, mode: Mode = Mode.STOP, cause: Cause | None = None, channel: Channel | None = None
) -> Exit:
    """A new exit, asked for by ana; `channel` as the customer asked for it with the request."""
    asked = Asked(account, "ana", mode, Reason.PRICE, None, None, channel, cause=cause)
    await asyncio.to_thread(begin, here.connections, asked)
    return Exit(here, account)
