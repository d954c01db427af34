"""A pause: all is kept, nothing is charged, nobody signs in, until a date that may move. Source: DOMAIN modes.1."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from activities.billing import BillingActivities
    from models.case import Agreed, WaitingFor
    from models.payload import EffectRequest
    from models.vocabulary import MailKind, Stage, WaitKind
    from workflows.steps import Undone
    from workflows.walking import CaseWalking


class CasePausing(CaseWalking):
    """What a pause does, and how long it lasts. It ends as an exit that is undone does: in reverse order."""

    async def _await_pause(self) -> None:
        await self._stand(Stage.NOTICE, "notice_end", "the pause has not begun: it can still be withdrawn")

    async def _suspend(self) -> None:
        """Read-only, no charge, no way in; the keys of machines and all data stay."""
        await self._close_account()
        await self._at(BillingActivities.suspend_charges, "effective_date")
        await self._do_undoable(AccessActivities.suspend_sign_in, self._ask(EffectRequest, "suspend_sign_in"))

    async def _stay_paused(self) -> None:
        """Until the resume date, then back by itself; or until another way out is agreed. Source: DOMAIN modes.4."""
        self._keep(paused_on=self._dates()["effective_date"].date())
        while self._dates()["resume"] > workflow.now():
            agreed = self._agreed()
            await self._continue_if_long()
            why = "paused: it resumes by itself, or as soon as somebody says so"
            until = agreed.dates["resume"]
            await self._enter(Stage.PAUSED, WaitingFor(kind=WaitKind.DATE, who="the calendar", until=until, why=why))
            self._mail(MailKind.PAUSED, agreed.generation)
            await self._until_resumed(agreed)
            if self._plan_approved():
                return self._agree()
        self._keep(undo="resume")
        raise Undone

    async def _until_resumed(self, agreed: Agreed) -> None:
        """Waits for its date, or until it is moved; a reminder goes out before."""
        resume, moved_on = agreed.dates["resume"], self._moved_on(agreed)
        reminder = self._opening_of(MailKind.RESUME_REMINDER) or agreed.reminder_at
        if reminder > workflow.now():
            await self._wait(moved_on, reminder)
            if reminder <= workflow.now() < resume and not self._plan_moved(agreed):
                self._mail(MailKind.RESUME_REMINDER, agreed.generation)
        if not moved_on():
            await self._wait(moved_on, resume)
