"""What people send to a running case: each update, its validator, its ledger entry. Source: CONTRACTS, Updates."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.case import Approval
    from models.refusal import Refusal
    from models.updates import Answer, Approve, ContactPreference, Refuse, ResolveTask, RetrievalWord, Undo
    from models.vocabulary import Gate, TaskKind
    from rules.gates import approval_refused, gate_digest, task_refused
    from workflows.answering import CaseAnswering


class CaseDecisions(CaseAnswering):
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
        why = f"nothing waits at gate {word.gate}"
        nothing = Refusal(code="nothing_to_refuse", why=why, fix="see: farewell status ACCOUNT")
        self._check("refuse", word, None if gate_digest(word.gate, self.state) else nothing)

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
        """Ends a pause before its date. Source: DOMAIN modes.1."""
        self._keep(undo="resume")
        return await self._decided("resume", word, "resuming: everything is being given back", word.reason)

    @resume.validator
    def _may_resume(self, word: Undo) -> None:
        self._check("resume", word)

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

    # -- tasks, preferences

    @workflow.update(name="resolve_task")
    async def resolve_task(self, word: ResolveTask) -> Answer:
        """Ends a task: whoever waits for it goes on."""
        self._outcomes[word.task] = word.outcome
        if any(task.id == word.task and task.kind is TaskKind.STATEMENT_DIFFERS for task in self.state.tasks):
            self._keep(statement_closed=True)  # somebody has explained the difference. Source: DOMAIN money.5
        about = {"task": word.task, "outcome": word.outcome, **self._of_promise(word.task)}
        self._close_task(word.task)
        return await self._decided("resolve_task", word, f"task {word.task}: {word.outcome}", word.reason, **about)

    @resolve_task.validator
    def _may_resolve(self, word: ResolveTask) -> None:
        self._check("resolve_task", word, task_refused(word.task, word.outcome, word.actor, self.state))

    @workflow.update(name="set_contact_preference")
    async def set_contact_preference(self, word: ContactPreference) -> Answer:
        """How and whether the customer wants to hear from us. Source: DOMAIN messages.2."""
        chosen = word.model_dump(mode="json", exclude={"actor", "key"}, exclude_none=True)
        details = {name: str(value).lower() for name, value in chosen.items()}
        return await self._decided("set_contact_preference", word, "noted", None, **details)

    @set_contact_preference.validator
    def _may_prefer(self, word: ContactPreference) -> None:
        self._check("set_contact_preference", word)
