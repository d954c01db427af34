"""How the follow-ups do a step, what they keep, and whom they ask to call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from activities.messaging import MessagingActivities
    from models.account import Actor
    from models.case import Decision, Task
    from models.effects import CallRequest
    from models.follow_ups import FollowUpState
    from models.payload import SYSTEM, EffectRequest, Personal
    from models.updates import Answer
    from models.vocabulary import MailKind, Role, Stage, StopGround, TaskKind, TaskOutcome
    from workflows.retries import SHORT, TO_THE_END

R = TypeVar("R", bound=EffectRequest)
# Follow-ups run beside the stages; they begin where the customer fetches the data.
STAGE = Stage.RETRIEVAL
OURS = Actor(id=SYSTEM)
_CALL, _CALL_WITHIN = "call_", timedelta(days=14)
_BECAUSE = {
    StopGround.REPLY: "the customer has answered",
    StopGround.OPT_OUT: "the customer has opted out",
    StopGround.COMPLAINT: "the customer has complained of a message",
    StopGround.BOUNCE: "the address takes no messages any more",
    StopGround.RETURNED: "the customer has come back",
    StopGround.REINSTATED: "the exit was taken back",
    StopGround.ASKED: "somebody asked for it",
}


class FollowUpSteps:
    """The follow-ups' state, and the ways to change it."""

    def __init__(self, state: FollowUpState) -> None:
        """The state is what the query answers."""
        self._state = state
        self._calls = 0

    async def _do(self, method: Callable[..., Any], request: EffectRequest, summary: str) -> Any:
        return await self._try(method, request, summary, TO_THE_END)

    async def _try(self, method: Callable[..., Any], request: EffectRequest, summary: str, retries: RetryPolicy) -> Any:
        return await workflow.execute_activity_method(
            method, request, start_to_close_timeout=SHORT, retry_policy=retries, summary=summary
        )

    def _ask(self, form: type[R], step: str, **fields: Any) -> R:
        about = {"case": self._state.case, "account": self._state.account, "stage": STAGE, "step": step}
        return form(**{**about, **fields})

    async def _record(self, action: str, actor: Actor, **fields: Any) -> None:
        decision = self._ask(Decision, action, **{"action": action, "actor": actor.id, **fields})
        await self._do(CaseActivities.record_decision, decision, f"record: {words(action)}")

    async def _stop(self, ground: StopGround, actor: Actor, note: Personal | None = None) -> None:
        """Ends the cadence; the first ground stands, and is in the ledger. Source: DOMAIN messages.5."""
        if self._state.stopped is None:
            self._keep(stopped=ground.value)
            await self._record("stop_follow_ups", actor, subject=ground.value, note=note)

    # -- calls

    def _ask_for_call(self, kind: MailKind) -> None:
        """Somebody must say on the phone what would have been a mail; the cadence doesn't wait for them."""
        self._calls += 1
        task = Task(
            id=f"F{self._calls}",
            kind=TaskKind.PHONE_CALL,
            step=f"{_CALL}{kind}",
            owner=Role.ACCOUNT_MANAGER,
            cause=f"the customer wants to be called: the {words(kind)}",
            fix=f"farewell message script {self._state.account} {kind}",
            opened_at=workflow.now(),
            blocking=False,
        )
        self._keep(tasks=(*self._state.tasks, task))

    async def _end_call(self, task: Task, outcome: TaskOutcome, actor: str = SYSTEM) -> None:
        """The call was made, or won't be; whoever ends it second changes nothing."""
        if task not in self._state.tasks:
            return
        self._keep(tasks=tuple(each for each in self._state.tasks if each.id != task.id))
        kind = MailKind(task.step.removeprefix(_CALL))
        about = {"subject": kind.value, "kind": kind, "reached": outcome is TaskOutcome.DONE, "actor": actor}
        await self._do(MessagingActivities.note_call, self._ask(CallRequest, "note_call", **about), "note the call")

    async def _calls_ended(self) -> None:
        """A call that nobody makes in a fortnight, or after a stop, isn't made: the contact is to be forgotten."""
        try:
            await workflow.wait_condition(
                lambda: not self._state.tasks or self._state.stopped is not None,
                timeout=_CALL_WITHIN,
                timeout_summary="until the calls are made",
            )
        except TimeoutError:
            workflow.logger.info("nobody made the last calls")
        for task in self._state.tasks:
            await self._end_call(task, TaskOutcome.SKIP)

    # -- the state

    def _keep(self, **changes: Any) -> None:
        self._state = self._state.model_copy(update=changes)
        workflow.set_current_details(in_words(self._state))

    def _answer(self, text: str) -> Answer:
        return Answer(case=self._state.case, stage=STAGE, text=text)


def in_words(state: FollowUpState) -> str:
    """Where the follow-ups stand, for people."""
    done = ", ".join(words(kind) for kind in state.sent) or "nothing yet"
    calls = "".join(f" {task.id}: {task.cause}." for task in state.tasks)
    if state.stopped:
        return f"Stopped: {because(state.stopped)}. Sent: {done}.{calls}"
    if state.next is None:
        return f"No follow-up is to come. Sent: {done}.{calls} The contact is kept until the certificate is out."
    return f"Next: the {words(state.next.kind)}, {state.next.at:%Y-%m-%d %H:%M %Z}. Sent: {done}.{calls}"


def because(ground: str) -> str:
    """A ground in words."""
    return _BECAUSE[StopGround(ground)] if ground in set(StopGround) else words(ground)


def words(name: MailKind | str) -> str:
    """A name as people say it."""
    return str(name).replace("_", " ")
