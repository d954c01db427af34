"""Legal holds as the case learns of them; they stand in SQL. Source: DOMAIN erasure.3."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from models.case import CaseState, HoldsRequest, StandingHolds
    from models.updates import Answer, HoldWord
    from models.vocabulary import MailKind, Mode, Role, TaskKind
    from workflows.deciding import CaseDeciding
    from workflows.retries import SHORT, TO_THE_END


class CaseHolds(CaseDeciding):
    """A hold stops the erasure and the window's clock, from any moment until its release.

    It stands at once; a second of compliance confirms it within the days of the policy, or a task asks for it.
    """

    def __init__(self, state: CaseState) -> None:
        """Who waits for a confirmation lives as long as the run; until when is in the state."""
        self._confirmations: set[asyncio.Task[None]] = set()
        super().__init__(state)

    @workflow.update(name="place_hold")
    async def place_hold(self, word: HoldWord) -> Answer:
        """From now on nothing that it covers is erased, and the window's clock stands."""
        if word.tell and not self.state.holds:
            self._tell_of_hold()
        self._keep(holds=(*self.state.holds, word.hold), held_since=self.state.held_since or workflow.now())
        if word.confirm_by is not None:
            self._keep(unconfirmed={**self.state.unconfirmed, word.hold: word.confirm_by})
            self._watch(word.hold, word.confirm_by)
        return await self._decided("place_hold", word, f"hold {word.hold} stands", hold=word.hold)

    def _tell_of_hold(self) -> None:
        """Once while any stands; never whom nobody has told of the exit yet, nor in a pause, which erases nothing.

        Source: DOMAIN messages.5, modes.1.
        """
        before = [name for name in self.state.sent if name.startswith(f"{MailKind.HOLD}.")]
        if self.state.sent and self.state.mode is not Mode.PAUSE:
            self._mail(MailKind.HOLD, len(before) + 1)

    @place_hold.validator
    def _may_place(self, word: HoldWord) -> None:
        self._check("place_hold", word)

    @workflow.update(name="confirm_hold")
    async def confirm_hold(self, word: HoldWord) -> Answer:
        """A second of compliance agrees."""
        self._confirmed(word.hold)
        return await self._decided("confirm_hold", word, f"hold {word.hold} is confirmed", hold=word.hold)

    @confirm_hold.validator
    def _may_confirm(self, word: HoldWord) -> None:
        self._check("confirm_hold", word)

    @workflow.update(name="release_hold")
    async def release_hold(self, word: HoldWord) -> Answer:
        """One person asks, a second one releases; which of both this was, SQL knows. Source: DOMAIN erasure.3."""
        released = not await self._stands(word.hold)
        if released and word.hold in self.state.holds:
            self._confirmed(word.hold)
            self._lift(word.hold)
        text = "is released" if released else "stands until a second person releases it too"
        return await self._decided("release_hold", word, f"hold {word.hold} {text}", hold=word.hold)

    async def _learn_of_holds(self) -> None:
        """One that was placed while nobody could tell the case is in SQL all the same. Source: TRUST 2."""
        known, stand = self.state.holds, (await self._standing("does a hold stand?")).holds
        if new := tuple(hold for hold in stand if hold not in known):
            self._keep(holds=(*known, *new), held_since=self.state.held_since or workflow.now())

    # -- its confirmation

    def _watch_unconfirmed_holds(self) -> None:
        """An earlier run left holds that wait for their second person."""
        for hold, until in self.state.unconfirmed.items():
            self._watch(hold, until)

    def _watch(self, hold: str, until: datetime) -> None:
        self._confirmations.add(asyncio.create_task(self._await_confirmation(hold, until)))

    async def _await_confirmation(self, hold: str, until: datetime) -> None:
        """It goes on standing all the same. Source: DOMAIN erasure.3."""
        left = max(until - workflow.now(), timedelta(0))
        try:
            await workflow.wait_condition(lambda: hold not in self.state.unconfirmed, timeout=left)
        except TimeoutError:
            self._confirmed(hold)
            cause = f"hold {hold} stands, and no second person has confirmed it in time"
            fix = "a second of compliance confirms it: farewell hold ACCOUNT --confirm; or two release it"
            self._open_task(TaskKind.HOLD_REVIEW, _step(hold), Role.COMPLIANCE, cause, fix, blocking=False)

    def _confirmed(self, hold: str) -> None:
        """Nobody is asked for it any more."""
        self._keep(unconfirmed={each: until for each, until in self.state.unconfirmed.items() if each != hold})
        for task in [task for task in self.state.tasks if task.step == _step(hold)]:
            self._close_task(task.id)

    async def _stands(self, hold: str) -> bool:
        return hold in (await self._standing(f"does hold {hold} stand?")).holds

    async def _standing(self, summary: str) -> StandingHolds:
        found: StandingHolds = await workflow.execute_activity_method(
            CaseActivities.standing_holds,
            HoldsRequest(account=self.state.account),
            start_to_close_timeout=SHORT,
            retry_policy=TO_THE_END,
            summary=summary,
        )
        return found

    def _lift(self, hold: str) -> None:
        """With the last hold gone, the window's clock resumes with what was left."""
        left = tuple(other for other in self.state.holds if other != hold)
        if not left and self.state.held_since and self.state.retrieval_end and self.state.package:
            since = max(self.state.held_since, self.state.package.verified_at)
            if self.state.retrieval_end > since:  # nothing was left of a window that had ended before
                self._keep(retrieval_end=self.state.retrieval_end + (workflow.now() - since))
        self._keep(holds=left, held_since=self.state.held_since if left else None)

    @release_hold.validator
    def _may_release(self, word: HoldWord) -> None:
        self._check("release_hold", word)


def _step(hold: str) -> str:
    return f"confirm_hold {hold}"
