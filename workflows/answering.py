"""The customer's answer to the one offer, and what it sets going. Source: DOMAIN messages.4."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.case import Task
    from models.updates import Answer, AnswerOffer
    from models.vocabulary import STAYING, OfferKind, Role, TaskKind
    from rules.offer_answers import BY_PEOPLE, PROMISE, answer_refused, with_more_time
    from workflows.replanning import CaseReplanning


class CaseAnswering(CaseReplanning):
    """One offer, answered once: a no changes nothing, a yes is kept by the case or by a person."""

    @workflow.update(name="answer_offer")
    async def answer_offer(self, word: AnswerOffer) -> Answer:
        """Yes or no to the one offer; it's never asked again. Source: DOMAIN messages.4."""
        said = "accepted" if word.accepted else "declined"
        self._keep(offer=word.offer, offer_accepted=word.accepted)
        if word.accepted:
            self._promise(word)
        text = f"{word.kind.replace('_', ' ')} {said}"
        about = {"offer": word.offer, "kind": word.kind.value, "answer": said}
        return await self._decided("answer_offer", word, text, None, **about)

    @answer_offer.validator
    def _may_answer(self, word: AnswerOffer) -> None:
        self._check("answer_offer", word, answer_refused(word, self.state, workflow.now()))

    def _promise(self, word: AnswerOffer) -> None:
        """Who stays is taken back first, and their promise kept before the case ends; else the exit goes on."""
        if word.kind in STAYING:
            self._keep(promised=word.kind, undo="withdraw")
        elif word.kind is OfferKind.EXTENDED_RETRIEVAL:
            self._lengthen(word.days)
        else:
            self._keep(promised=word.kind)
            self._open_promise(word.kind, blocking=False)

    def _lengthen(self, days: int) -> None:
        """The window as it stands; where it hasn't begun, the plan in force, and each that follows it."""
        self._keep(more_days=days)
        if self.state.agreed is not None:
            longer = with_more_time(self.state.agreed, days)
            moved = longer.dates["retrieval_end"] - self.state.agreed.dates["retrieval_end"]
            end = self.state.retrieval_end
            self._keep(agreed=longer, retrieval_end=end + moved if end else None)
        self._close_silence()

    def _open_promise(self, kind: OfferKind, *, blocking: bool) -> Task:
        """The task of whoever must keep it."""
        cause = f"the customer accepted our offer: {kind.replace('_', ' ')}"
        fix = "farewell offer show ACCOUNT says what we promised; once it's done: farewell offer kept ACCOUNT"
        about = {"blocking": blocking}
        return self._open_task(TaskKind.STAKEHOLDER, PROMISE, Role.ACCOUNT_MANAGER, cause, fix, **about)

    def _of_promise(self, task_id: str) -> dict[str, str]:
        """What the record of a task's end must name, so that the offer counts as kept."""
        ours = any(task.id == task_id and task.step == PROMISE for task in self.state.tasks)
        return {"offer": self.state.offer} if ours and self.state.offer else {}

    def _is_for_people(self) -> bool:
        """Whether a person must still do what the customer stays for."""
        return self.state.promised in STAYING & BY_PEOPLE
