"""Legal holds as the case learns of them; they stand in SQL. Source: DOMAIN erasure.3."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from models.case import HoldsRequest, StandingHolds
    from models.updates import Answer, HoldWord
    from workflows.deciding import CaseDeciding
    from workflows.retries import SHORT, TO_THE_END


class CaseHolds(CaseDeciding):
    """A hold stops the erasure and the window's clock, from any moment until its release."""

    @workflow.update(name="place_hold")
    async def place_hold(self, word: HoldWord) -> Answer:
        """From now on nothing that it covers is erased, and the window's clock stands."""
        self._keep(holds=(*self.state.holds, word.hold), held_since=self.state.held_since or workflow.now())
        return await self._decided("place_hold", word, f"hold {word.hold} stands", hold=word.hold)

    @place_hold.validator
    def _may_place(self, word: HoldWord) -> None:
        self._check("place_hold", word)

    @workflow.update(name="confirm_hold")
    async def confirm_hold(self, word: HoldWord) -> Answer:
        """A second of compliance agrees."""
        return await self._decided("confirm_hold", word, f"hold {word.hold} is confirmed", hold=word.hold)

    @confirm_hold.validator
    def _may_confirm(self, word: HoldWord) -> None:
        self._check("confirm_hold", word)

    @workflow.update(name="release_hold")
    async def release_hold(self, word: HoldWord) -> Answer:
        """One person asks, a second one releases; which of both this was, SQL knows. Source: DOMAIN erasure.3."""
        released = not await self._stands(word.hold)
        if released and word.hold in self.state.holds:
            self._lift(word.hold)
        text = "is released" if released else "stands until a second person releases it too"
        return await self._decided("release_hold", word, f"hold {word.hold} {text}", hold=word.hold)

    async def _stands(self, hold: str) -> bool:
        found: StandingHolds = await workflow.execute_activity_method(
            CaseActivities.standing_holds,
            HoldsRequest(account=self.state.account),
            start_to_close_timeout=SHORT,
            retry_policy=TO_THE_END,
            summary=f"does hold {hold} stand?",
        )
        return hold in found.holds

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
