"""An exit as a play: people say their words, and time moves where nobody has anything to say."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NoReturn, TypeVar

from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.ledger import record_refusal
from devstack.clock import family, move
from devstack.running import Running
from models.account import Actor
from models.case import CaseState, Decision
from models.closing import ClosingState
from models.updates import Answer, Command
from models.vocabulary import Stage

A = TypeVar("A", CaseState, ClosingState)
_LOOK_SECONDS = 0.02
_QUERY_SECONDS = 0.2
_PATIENCE_SECONDS = 90.0
_NOBODY_THERE = frozenset(
    {
        RPCStatusCode.CANCELLED,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.UNAVAILABLE,
    }
)


class Play:
    """One case on the running embedded stack."""

    def __init__(self, here: Running, account: str, workflow: str, patience: float = _PATIENCE_SECONDS) -> None:
        """The workflow must have been started. `patience`: how many seconds each wait may last."""
        self._patience = patience
        self._here, self._account, self._workflow = here, account, workflow
        self._closing = workflow.replace("offboarding", "closing", 1)
        self._handle: WorkflowHandle[Any, CaseState] = here.client.get_workflow_handle(workflow)

    async def state(self) -> CaseState:
        """Where the case stands now."""
        return await self._asked(self._handle, "case", CaseState)

    async def closing(self) -> ClosingState:
        """How far the proof of the exit is, and what is still watched; there is one from the certificate on."""
        return await self._asked(self._here.client.get_workflow_handle(self._closing), "closing", ClosingState)

    async def _asked(self, handle: WorkflowHandle[Any, Any], query: str, answer: type[A]) -> A:
        """A question that died with its worker is asked again."""
        async with asyncio.timeout(self._patience):
            while True:
                try:
                    state: A = await handle.query(query, result_type=answer)
                except RPCError as unanswered:
                    if unanswered.status not in _NOBODY_THERE:
                        raise
                    await asyncio.sleep(_QUERY_SECONDS)
                else:
                    return state

    async def certified(self) -> ClosingState:
        """Erased, sealed, and the customer told: what is watched afterwards goes on for years.

        Raises:
            TimeoutError: it did not come to pass; names the step.
        """
        await self._come_to(Stage.CLOSED)  # with its key destroyed, the case itself can't be asked any more
        state = await self.until_closing(lambda s: s.certified)
        while (due := state.mail_at) is not None:  # at night, on a free day, or outside of hours chosen since the plan
            await move(self._here.client, [self._closing], due + timedelta(seconds=1), self._patience)
            state = await self.until_closing(partial(_is_past, due))
        return state

    async def until_closing(self, happened: Callable[[ClosingState], bool]) -> ClosingState:
        """As `until`, of what follows the case."""
        state = await self.closing()
        try:
            async with asyncio.timeout(self._patience):
                while not happened(state):
                    await asyncio.sleep(_QUERY_SECONDS)
                    state = await self.closing()
        except TimeoutError:
            raise TimeoutError(f"the closing stands at: {state.step}") from None
        return state

    async def until(self, happened: Callable[[CaseState], bool]) -> CaseState:
        """Waits in real time for what the worker is doing.

        Raises:
            TimeoutError: it did not come to pass; names the stage and the tasks.
        """
        state = await self.state()
        try:
            async with asyncio.timeout(self._patience):
                while not happened(state):
                    await asyncio.sleep(_QUERY_SECONDS)
                    state = await self.state()
        except TimeoutError:
            await self._stuck()
        return state

    async def reach(self, *stages: Stage) -> CaseState:
        """Waits until the case is in one of the stages, by the read model: a query costs an action on the server."""
        await self._come_to(*stages)
        return await self.state()

    async def _come_to(self, *stages: Stage) -> None:
        try:
            async with asyncio.timeout(self._patience):
                while await asyncio.to_thread(self._stage) not in stages:  # noqa: ASYNC110  # the worker may be another process
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            await self._stuck()

    def _stage(self) -> str:
        return str((self._here.connections.cases.case(self._account) or {}).get("stage"))

    async def _stuck(self) -> NoReturn:
        state = await self.state()
        causes = "; ".join(task.cause for task in state.tasks) or "no task is open"
        raise TimeoutError(f"the exit stands in {state.stage}: {causes}") from None

    async def say(self, who: str, update: str, kind: type[Command], /, **fields: Any) -> Answer:
        """Sends an update as a person, or as the customer.

        Raises:
            WorkflowUpdateFailedError: a rule says no; the refusal is in the ledger.
        """
        command = kind(actor=self._actor(who), key=uuid.uuid4().hex, **fields)
        try:
            answer: Answer = await self._handle.execute_update(update, command, id=command.key, result_type=Answer)
        except WorkflowUpdateFailedError as error:
            await self._keep_refusal(update, command, error)
            raise
        return answer

    async def move(self, to: datetime) -> None:
        """Moves the case and all that it started to just after an instant."""
        await move(self._here.client, await self._open_ones(), to + timedelta(seconds=1), self._patience)

    async def _open_ones(self) -> Sequence[str]:
        return await family(self._here.client, self._workflow)

    def _actor(self, who: str) -> Actor:
        if who == "customer":
            return Actor(id=who)
        return Actor(id=who, roles=tuple(sorted(self._here.connections.directory.person(who).roles)))

    async def _keep_refusal(self, update: str, command: Command, error: WorkflowUpdateFailedError) -> None:
        state, cause = await self.state(), error.cause
        why = cause.message if isinstance(cause, ApplicationError) else str(cause)
        about = {"case": state.case, "account": state.account, "stage": state.stage}
        decision = Decision(**about, step=update, actor=command.actor.id, action=update)
        at = self._here.connections
        await asyncio.to_thread(record_refusal, at.ledger, at.keys, decision, why, datetime.now(UTC))


def _is_past(due: datetime, state: ClosingState) -> bool:
    """The mail is out, or waits for another instant."""
    return state.mail_at is None or state.mail_at > due
