"""What all updates share: how one is refused, and how one is recorded."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from models.case import Decision
    from models.payload import Personal
    from models.refusal import Refusal
    from models.updates import Answer, Command
    from rules.permissions import refused
    from workflows.mailing import CaseMailing
    from workflows.retries import RECORD
    from workflows.words import cause_of


class CaseDeciding(CaseMailing):
    """A person's word: checked in the validator, kept by the handler, recorded here."""

    def _check(self, update: str, word: Command, also: Refusal | None = None) -> None:
        """Refuses with why and what to do. A refused update leaves no event: its sender writes the ledger entry."""
        no = refused(update, word.actor, self.state) or also
        if no is not None:
            raise ApplicationError(no.why, no.fix, type=no.code)

    async def _decided(
        self, action: str, word: Command, text: str, note: Personal | None = None, **details: Any
    ) -> Answer:
        """Records the decision: its effect on the case is kept already."""
        count = len(self.state.handled) + 1
        info = workflow.current_update_info()
        self._keep(handled=(*self.state.handled, info.id if info else str(count)))
        decision = self._ask(
            Decision,
            f"decide_{action}",
            actor=word.actor.id,
            subject=str(details.get("task") or details.get("hold") or details.get("gate") or "-"),
            generation=count,
            action=action,
            details={name: str(value) for name, value in details.items()},
            note=note,
        )
        await self._recorded(decision)
        return Answer(case=self.state.case, stage=self.state.stage, text=text)

    async def _recorded(self, decision: Decision) -> None:
        """To the end. What can't be kept at all is told to whoever said it: a word never waits for a task."""
        try:
            await workflow.execute_activity_method(
                CaseActivities.record_decision,
                decision,
                start_to_close_timeout=RECORD.attempt,
                retry_policy=RECORD.retries,
                summary=f"{decision.step.replace('_', ' ')} {decision.subject}".removesuffix(" -"),
            )
        except ActivityError as error:
            why, fix = cause_of(error)
            raise ApplicationError(f"it holds, but its record can't be kept: {why}", fix, type="not_recorded") from None
