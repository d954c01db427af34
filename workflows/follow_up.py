"""The months after the goodbye: a few messages, and then peace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from activities.keys import KeyActivities
    from activities.messaging import MessagingActivities
    from models.account import Actor
    from models.case import Decision
    from models.effects import MessageRequest
    from models.follow_ups import FollowUpPlan, FollowUpRequest, FollowUpState, Touch
    from models.payload import EffectRequest
    from models.updates import Answer, Command, ContactPreference, Undo
    from models.vocabulary import Channel, MailKind, Role, Stage
    from workflows.retries import OUTSIDE, SHORT, TO_THE_END

R = TypeVar("R", bound=EffectRequest)
# Follow-ups run beside the stages; they begin where the customer fetches the data.
STAGE = Stage.RETRIEVAL


@workflow.defn(name="FollowUpWorkflow")
class FollowUpWorkflow:
    """Sends what the goodbye promised, one message at its instant, then forgets the contact.

    Started by the case with the goodbye and abandoned: it outlives it. The customer or an account manager stops it
    by `stop`, the case by the signal `end` when the customer has come back. The contact is kept until the certificate
    has gone out, too, which the closing tells by the signal `release`. Source: DOMAIN messages.5, erasure.7.
    """

    @workflow.init
    def __init__(self, request: FollowUpRequest) -> None:
        """Nothing is planned yet."""
        self._state = FollowUpState(case=request.case, account=request.account)
        self._plan = FollowUpPlan(touches=())
        self._plans = 0
        self._choices = 0
        self._stale = True
        self._released = False

    @workflow.run
    async def run(self, _request: FollowUpRequest) -> FollowUpState:
        """Plan, send what is due, forget. A message that fails is noted and stops nothing."""
        while not self._state.stopped:
            if self._stale:
                await self._make_plan()
            elif self._state.next is None:
                break
            elif await self._due(self._state.next):
                await self._send(self._state.next)
        self._keep(next=None)
        await workflow.wait_condition(lambda: self._released)
        await self._forget()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state

    # -- the steps

    async def _make_plan(self) -> None:
        self._stale, self._plans = False, self._plans + 1
        self._plan = await workflow.execute_activity_method(
            MessagingActivities.plan_follow_ups,
            self._ask(EffectRequest, "plan_follow_ups", generation=self._plans),
            start_to_close_timeout=SHORT,
            retry_policy=TO_THE_END,
            summary="plan the follow-ups",
        )
        self._move_on()

    async def _due(self, touch: Touch) -> bool:
        """Waits for its instant; False when somebody spoke first."""
        wait = touch.at - workflow.now()
        try:
            await workflow.wait_condition(
                lambda: bool(self._state.stopped) or self._stale,
                timeout=max(wait, timedelta(0)),
                timeout_summary=f"until the {_words(touch.kind)}",
            )
        except TimeoutError:
            return True
        return False

    async def _send(self, touch: Touch) -> None:
        try:
            await workflow.execute_activity_method(
                MessagingActivities.send_message,
                self._ask(MessageRequest, "send_message", subject=touch.kind.value, kind=touch.kind),
                start_to_close_timeout=SHORT,
                retry_policy=OUTSIDE,
                summary=f"mail: {_words(touch.kind)}",
            )
            self._keep(sent=(*self._state.sent, touch.kind.value))
        except ActivityError:
            workflow.logger.warning("the %s could not be sent; the cadence goes on", _words(touch.kind))
            self._keep(failed=(*self._state.failed, touch.kind.value))
        self._move_on()

    async def _forget(self) -> None:
        """The contact, then the key that only they needed. Source: DESIGN, Security."""
        await self._to_the_end(MessagingActivities.end_follow_ups, "forget the last contact")
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._to_the_end(KeyActivities.release_key, "release the key")

    async def _to_the_end(self, method: Callable[..., Any], summary: str) -> None:
        await workflow.execute_activity_method(
            method,
            self._ask(EffectRequest, method.__name__),
            start_to_close_timeout=SHORT,
            retry_policy=TO_THE_END,
            summary=summary,
        )

    # -- what people say

    @workflow.update(name="stop")
    async def stop(self, request: Undo) -> Answer:
        """The customer has answered or wants no more. Asking again is harmless."""
        if not self._state.stopped:
            self._keep(stopped=request.actor.id)
            await self._record("stop_follow_ups", request.actor, note=request.reason)
        return self._answer(f"no more messages: stopped by {self._state.stopped}")

    @stop.validator
    def _may_stop(self, request: Undo) -> None:
        _allowed(request)

    @workflow.update(name="set_contact_preference")
    async def set_contact_preference(self, request: ContactPreference) -> Answer:
        """Another channel or language, or whether to write again after months; no channel ends the cadence."""
        self._choices += 1
        chosen = request.model_dump(mode="json", include={"channel", "language", "come_back"}, exclude_none=True)
        details = {name: str(value).lower() for name, value in chosen.items()}
        await self._record("set_contact_preference", request.actor, generation=self._choices, details=details)
        if request.channel is Channel.NONE:
            self._keep(stopped=request.actor.id)
        self._stale = True
        return self._answer("noted")

    @set_contact_preference.validator
    def _may_choose(self, request: ContactPreference) -> None:
        _allowed(request)
        if self._state.stopped:
            raise ApplicationError("the follow-ups were stopped", "write to the customer by hand", type="ended")

    @workflow.signal(name="end")
    def end(self, why: str) -> None:
        """The case says that nothing more is to be sent, and why in a word: `reinstated`, say."""
        self._released = True
        if not self._state.stopped:
            self._keep(stopped=why)

    @workflow.signal(name="release")
    def release(self) -> None:
        """The certificate has gone out: once the cadence is over, too, nobody needs the contact any more."""
        self._released = True

    @workflow.query(name="follow_up")
    def follow_up(self) -> FollowUpState:
        """What was sent, what comes next."""
        return self._state

    # -- the state

    async def _record(self, action: str, actor: Actor, **fields: Any) -> None:
        await workflow.execute_activity_method(
            CaseActivities.record_decision,
            self._ask(Decision, action, action=action, actor=actor.id, **fields),
            start_to_close_timeout=SHORT,
            retry_policy=TO_THE_END,
            summary=f"record: {_words(action)}",
        )

    def _ask(self, form: type[R], step: str, **fields: Any) -> R:
        about = {"case": self._state.case, "account": self._state.account, "stage": STAGE, "step": step}
        return form(**{**about, **fields})

    def _move_on(self) -> None:
        gone = {*self._state.sent, *self._state.failed}
        left = [touch for touch in self._plan.touches if touch.kind.value not in gone]
        self._keep(next=left[0] if left else None)

    def _keep(self, **changes: Any) -> None:
        self._state = self._state.model_copy(update=changes)
        workflow.set_current_details(in_words(self._state))

    def _answer(self, text: str) -> Answer:
        return Answer(case=self._state.case, stage=STAGE, text=text)


def in_words(state: FollowUpState) -> str:
    """Where the follow-ups stand, for the server's page."""
    done = ", ".join(_words(kind) for kind in state.sent) or "nothing yet"
    if state.stopped:
        return f"Stopped ({state.stopped}). Sent: {done}."
    if state.next is None:
        return f"No follow-up is to come. Sent: {done}. The contact is kept until the certificate is out."
    return f"Next: the {_words(state.next.kind)}, {state.next.at:%Y-%m-%d %H:%M %Z}. Sent: {done}."


def _words(name: MailKind | str) -> str:
    return str(name).replace("_", " ")


def _allowed(request: Command) -> None:
    if not (request.actor.is_customer or Role.ACCOUNT_MANAGER in request.actor.roles):
        why = f"{request.actor.id} may not decide on the follow-ups"
        raise ApplicationError(why, "it needs the role account_manager", type="role")
