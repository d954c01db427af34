"""The months after the goodbye: a few messages, and then peace."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.follow_ups import FollowUpActivities
    from activities.keys import KeyActivities
    from activities.messaging import MessagingActivities
    from models.effects import MessageRequest, MessageResult
    from models.follow_ups import FollowUpPlan, FollowUpRequest, FollowUpState, Touch
    from models.payload import EffectRequest
    from models.updates import Answer, Command, ContactPreference, ResolveTask, Stop
    from models.vocabulary import Channel, MailKind, Role, StopGround, TaskOutcome
    from workflows.follow_up_steps import OURS, FollowUpSteps, because, words
    from workflows.retries import FOR_A_WEEK, SHORT


@workflow.defn(name="FollowUpWorkflow")
class FollowUpWorkflow(FollowUpSteps):
    """Sends what the goodbye promised, one message at its instant, then forgets the contact.

    Started by the case with the goodbye and abandoned: it outlives it. It ends before its time by the update `stop`
    (a reply, an opt-out, a complaint, a bounce, somebody's word) or the signal `end` (the customer has come back).
    The contact is kept until the certificate has gone out, too, which the closing tells by the signal `release`.
    Source: DOMAIN messages.5, erasure.7.
    """

    @workflow.init
    def __init__(self, request: FollowUpRequest) -> None:
        """Nothing is planned yet."""
        super().__init__(FollowUpState(case=request.case, account=request.account))
        self._touches: tuple[Touch, ...] = ()
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
        await self._calls_ended()
        await workflow.wait_condition(lambda: self._released)
        await self._forget()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state

    # -- the steps

    async def _make_plan(self) -> None:
        self._stale, self._plans = False, self._plans + 1
        request = self._ask(EffectRequest, "plan_follow_ups", generation=self._plans)
        plan: FollowUpPlan = await self._do(FollowUpActivities.plan_follow_ups, request, "plan the follow-ups")
        self._touches = plan.touches
        if plan.stop is not None:
            await self._stop(plan.stop, OURS)
        self._move_on()

    async def _due(self, touch: Touch) -> bool:
        """Waits for its instant; False when somebody spoke first."""
        wait = touch.at - workflow.now()
        try:
            await workflow.wait_condition(
                lambda: bool(self._state.stopped) or self._stale,
                timeout=max(wait, timedelta(0)),
                timeout_summary=f"until the {words(touch.kind)}",
            )
        except TimeoutError:
            return True
        return False

    async def _send(self, touch: Touch) -> None:
        try:
            self._note(touch, await self._sent_unless_stopped(touch.kind))
        except ActivityError:
            if self._state.stopped is None:
                workflow.logger.warning("the %s could not be sent; the cadence goes on", words(touch.kind))
                self._keep(failed=(*self._state.failed, touch.kind.value))
        self._move_on()

    async def _sent_unless_stopped(self, kind: MailKind) -> MessageResult:
        """Tried for days, if need be, but not after a stop; an attempt that is under way then is waited for."""
        trying = workflow.start_activity_method(
            MessagingActivities.send_message,
            self._ask(MessageRequest, "send_message", subject=kind.value, kind=kind),
            start_to_close_timeout=SHORT,
            retry_policy=FOR_A_WEEK,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"mail: {words(kind)}",
        )
        await workflow.wait_condition(lambda: trying.done() or self._state.stopped is not None)
        trying.cancel()  # nothing, where it is done
        return await trying

    def _note(self, touch: Touch, result: MessageResult) -> None:
        """What became of it: `later` leaves it where it is, only at another instant."""
        if result.state == "later" and result.not_before is not None:
            self._put_off(touch, result.not_before)
        elif result.state == "skipped":
            self._keep(skipped=(*self._state.skipped, touch.kind.value))
        else:
            self._keep(sent=(*self._state.sent, touch.kind.value))
            if result.state == "to_call":
                self._ask_for_call(touch.kind)

    def _put_off(self, touch: Touch, at: datetime) -> None:
        moved = Touch(kind=touch.kind, at=at)
        self._touches = tuple(moved if each.kind is touch.kind else each for each in self._touches)

    async def _forget(self) -> None:
        """The contact, then the key that only they needed. Source: DESIGN, Security."""
        forget = self._ask(EffectRequest, "end_follow_ups")
        await self._do(FollowUpActivities.end_follow_ups, forget, "forget the last contact")
        await workflow.wait_condition(workflow.all_handlers_finished)
        await self._do(KeyActivities.release_key, self._ask(EffectRequest, "release_key"), "release the key")

    def _move_on(self) -> None:
        gone = {*self._state.sent, *self._state.failed, *self._state.skipped}
        left = [touch for touch in self._touches if touch.kind.value not in gone]
        self._keep(next=left[0] if left else None)

    # -- what people say

    @workflow.update(name="stop")
    async def stop(self, request: Stop) -> Answer:
        """No more messages, and on which ground. Asking again is harmless: the first ground stands."""
        await self._stop(request.ground, request.actor, request.reason)
        return self._answer(f"no more messages: {because(self._state.stopped or request.ground)}")

    @stop.validator
    def _may_stop(self, request: Stop) -> None:
        if request.actor != OURS:  # a bounce is nobody's word
            _allowed(request)

    @workflow.update(name="set_contact_preference")
    async def set_contact_preference(self, request: ContactPreference) -> Answer:
        """Another channel, language or hours, or whether to write again after months; no channel ends the cadence."""
        self._choices += 1
        chosen = request.model_dump(mode="json", exclude={"actor", "key"}, exclude_none=True)
        details = {name: str(value).lower() for name, value in chosen.items()}
        await self._record("set_contact_preference", request.actor, generation=self._choices, details=details)
        self._stale = True
        if request.channel is Channel.NONE:
            await self._stop(StopGround.ASKED, request.actor)
        return self._answer("noted")

    @set_contact_preference.validator
    def _may_choose(self, request: ContactPreference) -> None:
        _allowed(request)
        if self._state.stopped:
            raise ApplicationError("the follow-ups were stopped", "write to the customer by hand", type="ended")

    @workflow.update(name="resolve_task")
    async def resolve_task(self, request: ResolveTask) -> Answer:
        """The call was made, or the customer couldn't be reached."""
        about = {"subject": request.task, "note": request.reason, "details": {"outcome": request.outcome.value}}
        await self._record("resolve_task", request.actor, **about)
        for task in self._state.tasks:
            if task.id == request.task:
                await self._end_call(task, request.outcome, request.actor.id)
        return self._answer(f"task {request.task}: {request.outcome}")

    @resolve_task.validator
    def _may_resolve(self, request: ResolveTask) -> None:
        if Role.ACCOUNT_MANAGER not in request.actor.roles:
            raise ApplicationError(
                f"{request.actor.id} may not end a call", "it needs the role account_manager", type="role"
            )
        if request.task not in {task.id for task in self._state.tasks}:
            raise ApplicationError(f"no task {request.task} is open", "see: farewell follow-up show", type="no_task")
        if request.outcome is TaskOutcome.RETRY:
            raise ApplicationError("a call was made or wasn't", "say --outcome done or skip", type="outcome")

    @workflow.signal(name="end")
    async def end(self, why: str) -> None:
        """Nothing more is to be sent, and why: a `StopGround`, `reinstated`, say. The contact may be forgotten."""
        self._released = True
        await self._stop(StopGround(why) if why in set(StopGround) else StopGround.ASKED, OURS)

    @workflow.signal(name="release")
    def release(self) -> None:
        """The certificate has gone out: once the cadence is over, too, nobody needs the contact any more."""
        self._released = True

    @workflow.query(name="follow_up")
    def follow_up(self) -> FollowUpState:
        """What was sent, what comes next, who must be called."""
        return self._state


def _allowed(request: Command) -> None:
    if not (request.actor.is_customer or Role.ACCOUNT_MANAGER in request.actor.roles):
        why = f"{request.actor.id} may not decide on the follow-ups"
        raise ApplicationError(why, "it needs the role account_manager", type="role")
