"""What people send to a running case: every update, its validator, its ledger entry. Source: CONTRACTS, Updates."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.planning import PlanningActivities
    from models.case import (
        Agreed,
        Answer,
        AnswerOffer,
        Approval,
        Approve,
        ChangeMode,
        Command,
        ContactPreference,
        Extend,
        PlanRequest,
        Refuse,
        Reschedule,
        ResolveTask,
        RetrievalWord,
        Undo,
    )
    from models.refusal import Refusal
    from models.vocabulary import Gate, Stage, TaskKind
    from rules.gates import approval_refused, task_refused
    from rules.permissions import refused
    from workflows.holds import CaseHolds
    from workflows.retries import HEARTBEAT, LONG
    from workflows.words import cause_of

_NO_OFFER = Refusal(code="no_offer", why="no offer is open", fix="see: farewell status ACCOUNT")
_NOT_BUILT = Refusal(code="mode_not_built", why="only mode stop is built yet", fix="withdraw, or go on with stop")


class CaseDecisions(CaseHolds):
    """The handlers: each checks in its validator, then keeps what was said, then records it."""

    # -- approving

    @workflow.update(name="approve")
    async def approve(self, word: Approve) -> Answer:
        """A yes at a gate, bound to a digest. Source: DOMAIN audit.3."""
        yes = Approval(
            gate=word.gate, person=word.actor.id, roles=word.actor.roles, digest=word.hash, at=workflow.now()
        )
        self._keep(approvals=(*self.state.approvals, yes))
        return await self._decided("approve", word, f"approved at gate {word.gate}", gate=word.gate, digest=word.hash)

    @approve.validator
    def _may_approve(self, word: Approve) -> None:
        self._check("approve", word, approval_refused(word.gate, word.hash, word.actor, self.state, workflow.now()))

    @workflow.update(name="refuse")
    async def refuse(self, word: Refuse) -> Answer:
        """A no. At the plan: it is dropped, and a first one ends the case. At erasure: the yeses are void."""
        if word.gate is Gate.PLAN:
            self._keep(proposed=None)
        self._keep(approvals=tuple(a for a in self.state.approvals if a.gate is not word.gate))
        return await self._decided("refuse", word, f"refused at gate {word.gate}", word.reason, gate=word.gate)

    @refuse.validator
    def _may_refuse(self, word: Refuse) -> None:
        nothing = Refusal(
            code="nothing_to_refuse", why="no plan waits for approval", fix="see: farewell status ACCOUNT"
        )
        self._check("refuse", word, nothing if word.gate is Gate.PLAN and self.state.proposed is None else None)

    # -- changing one's mind

    @workflow.update(name="withdraw")
    async def withdraw(self, word: Undo) -> Answer:
        """Back, before the freeze."""
        self._keep(undo="withdraw")
        return await self._decided("withdraw", word, "withdrawn: everything is being taken back", word.reason)

    @withdraw.validator
    def _may_withdraw(self, word: Undo) -> None:
        self._check("withdraw", word)

    @workflow.update(name="reinstate")
    async def reinstate(self, word: Undo) -> Answer:
        """Back, after the freeze and before the pivot."""
        self._keep(undo="reinstate")
        return await self._decided("reinstate", word, "reinstating: everything is being taken back", word.reason)

    @reinstate.validator
    def _may_reinstate(self, word: Undo) -> None:
        self._check("reinstate", word)

    @workflow.update(name="resume")
    async def resume(self, word: Undo) -> Answer:
        """Ends a pause; the validator lets none pass until pauses exist."""
        return await self._decided("resume", word, "resumed", word.reason)

    @resume.validator
    def _may_resume(self, word: Undo) -> None:
        self._check("resume", word)

    # -- dates

    @workflow.update(name="reschedule")
    async def reschedule(self, word: Reschedule) -> Answer:
        """Another effective date: a new plan. The old dates stand until it is approved."""
        await self._propose(word)
        text = f"planned for {word.to}: the new plan waits for approval"
        return await self._decided("reschedule", word, text, to=word.to.isoformat())

    @reschedule.validator
    def _may_reschedule(self, word: Reschedule) -> None:
        self._check("reschedule", word)

    async def _propose(self, word: Reschedule) -> None:
        generation = self.state.generation + 1
        self._keep(generation=generation)
        request = self._ask(
            PlanRequest,
            "make_plan",
            actor=word.actor.id,
            mode=self.state.mode,
            effective_on=word.to,
            generation=generation,
        )
        try:
            made = await workflow.execute_activity_method(
                PlanningActivities.make_plan,
                request,
                start_to_close_timeout=LONG,
                heartbeat_timeout=HEARTBEAT,
                summary=f"plan for {word.to}",
            )
        except ActivityError as error:
            why, fix = cause_of(error)
            raise ApplicationError(why, fix, type="plan_refused") from None
        self._still("reschedule", word)
        self._keep(proposed=made.agreed)

    def _still(self, update: str, word: Command) -> None:
        """The case went on while the plan was made."""
        if no := refused(update, word.actor, self.state):
            raise ApplicationError(no.why, no.fix, type=no.code)

    @workflow.update(name="change_mode")
    async def change_mode(self, word: ChangeMode) -> Answer:
        """Another way out; the validator lets none pass until other modes exist."""
        return await self._decided("change_mode", word, f"mode {word.mode}", word.reason, mode=word.mode)

    @change_mode.validator
    def _may_change_mode(self, word: ChangeMode) -> None:
        self._check("change_mode", word, _NOT_BUILT)

    @workflow.update(name="extend")
    async def extend(self, word: Extend) -> Answer:
        """A later end of transition or of the retrieval window; it changes no digest."""
        if self.state.stage is Stage.TRANSITION and self.state.agreed:
            self._keep(agreed=moved(self.state.agreed, word), transition_extended=True)
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
        if word.until <= max(workflow.now(), now_until or workflow.now()):
            return Refusal(
                code="not_later", why="the new end isn't later than the old one", fix=f"now it is {now_until}"
            )
        return None

    # -- retrieval

    @workflow.update(name="accept_export")
    async def accept_export(self, word: RetrievalWord) -> Answer:
        """The customer has their data."""
        return await self._retrieved("accept_export", word)

    @accept_export.validator
    def _may_accept(self, word: RetrievalWord) -> None:
        self._check("accept_export", word)

    @workflow.update(name="waive_export")
    async def waive_export(self, word: RetrievalWord) -> Answer:
        """The customer does without, in writing."""
        return await self._retrieved("waive_export", word)

    @waive_export.validator
    def _may_waive(self, word: RetrievalWord) -> None:
        self._check("waive_export", word)

    async def _retrieved(self, action: str, word: RetrievalWord) -> Answer:
        self._keep(accepted=True)
        self._close_silence()
        said = "accepted" if action == "accept_export" else "waived"
        return await self._decided(action, word, f"package {said}", word.evidence)

    def _close_silence(self) -> None:
        for task in [task for task in self.state.tasks if task.kind is TaskKind.SILENCE]:
            self._close_task(task.id)

    # -- tasks, offers, preferences

    @workflow.update(name="resolve_task")
    async def resolve_task(self, word: ResolveTask) -> Answer:
        """Ends a task: whoever waits for it goes on."""
        self._outcomes[word.task] = word.outcome
        self._close_task(word.task)
        text = f"task {word.task}: {word.outcome}"
        return await self._decided("resolve_task", word, text, word.reason, task=word.task, outcome=word.outcome)

    @resolve_task.validator
    def _may_resolve(self, word: ResolveTask) -> None:
        self._check("resolve_task", word, task_refused(word.task, word.outcome, word.actor, self.state))

    @workflow.update(name="answer_offer")
    async def answer_offer(self, word: AnswerOffer) -> Answer:
        """Yes or no to the one offer; the validator lets none pass until offers exist."""
        return await self._decided("answer_offer", word, "answered", offer=word.offer)

    @answer_offer.validator
    def _may_answer(self, word: AnswerOffer) -> None:
        self._check("answer_offer", word, _NO_OFFER)

    @workflow.update(name="set_contact_preference")
    async def set_contact_preference(self, word: ContactPreference) -> Answer:
        """How and whether the customer wants to hear from us. Source: DOMAIN messages.2."""
        chosen = word.model_dump(mode="json", include={"channel", "language", "come_back"}, exclude_none=True)
        details = {name: str(value).lower() for name, value in chosen.items()}
        return await self._decided("set_contact_preference", word, "noted", None, **details)

    @set_contact_preference.validator
    def _may_prefer(self, word: ContactPreference) -> None:
        self._check("set_contact_preference", word)


def moved(agreed: Agreed, word: Extend) -> Agreed:
    """The same plan with every date from the end of transition on moved by as much. Source: DOMAIN dates.3."""
    by = word.until - agreed.dates["transition_end"]
    fixed = {"requested", "notice_end"}
    dates = {name: at if name in fixed else at + by for name, at in agreed.dates.items()}
    return agreed.model_copy(
        update={"dates": dates, "reminder_at": agreed.reminder_at + by, "silence_at": agreed.silence_at + by}
    )
