"""How a case writes to the customer: beside the walk, at their hours, once. Source: DOMAIN messages; ADR 0027."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.messaging import MessagingActivities
    from models.case import CaseState, Task
    from models.effects import CallRequest, MessageRequest, MessageResult
    from models.vocabulary import ENDS, MailKind, Role, TaskKind, TaskOutcome
    from rules.offer_answers import MOVED
    from workflows.retries import RECORD, STEP, Manner
    from workflows.steps import CaseSteps
    from workflows.words import cause_of

_SEND, _CALL = "send_", "call_"
OPENING_OF: dict[MailKind, str] = {
    MailKind.EXPORT_READY: "effective_date",
    MailKind.GOODBYE: "effective_date",
    MailKind.STATEMENT: "late_usage_end",
    MailKind.RETRIEVAL_REMINDER: MailKind.RETRIEVAL_REMINDER,
    MailKind.RESUME_REMINDER: MailKind.RESUME_REMINDER,
}
"""By the name of which opening of the plan a message knows that it must wait, so that nobody needs to ask."""


class CaseMailing(CaseSteps):
    """Messages never hold up the walk; what becomes of each is in the state, which the next run reads."""

    def __init__(self, state: CaseState) -> None:
        """Messages under way, and the timers that they share, live as long as the run."""
        super().__init__(state)
        self._mails: set[asyncio.Task[None]] = set()
        self._clocks: dict[datetime, asyncio.Task[None]] = {}
        self._called_off: frozenset[str] = frozenset()

    def _mail(self, kind: MailKind, generation: int = 1) -> None:
        """Sends beside the walk: a message that fails becomes a task and never changes the state."""
        name = f"{kind}.{generation}"
        if name in self.state.sent:
            return
        self._keep(sent=(*self.state.sent, name))
        if (opens := self._opening_of(kind)) is not None and opens > workflow.now():
            self._delay(name, opens)
        self._mails.add(asyncio.create_task(self._send(name)))

    def _watch_parked_mails(self) -> None:
        """An earlier run left messages that wait for a person, or for an hour."""
        for task in self._parked_mails():
            name = task.step.removeprefix(_SEND).removeprefix(_CALL)
            self._mails.add(asyncio.create_task(self._send(name, task)))
        for name in self.state.delayed:
            self._mails.add(asyncio.create_task(self._send(name)))

    def _drop_delayed_mails(self) -> None:
        """Who goes back isn't told in the morning what was true at night, nor what is being tried just now."""
        self._called_off = frozenset(self.state.sent)
        self._keep(delayed={})
        for clock in self._clocks.values():
            clock.cancel()
        self._clocks.clear()

    async def _send(self, name: str, task: Task | None = None) -> None:
        """Until it is out, or nobody wants it any more."""
        while await self._may_go(name, task):
            task = await self._tried(name)
            if task is None and name not in self.state.delayed:
                return

    async def _may_go(self, name: str, task: Task | None) -> bool:
        """Whether it is to be tried (again), once whatever it waits for has come: an hour, or a person."""
        if task is not None:
            return await (self._called(name, task) if task.kind is TaskKind.PHONE_CALL else self._again(task))
        if (opens := self.state.delayed.get(name)) is None:
            return True
        clock = self._clock(opens)
        await workflow.wait_condition(lambda: name not in self.state.delayed or clock.done())
        if name not in self.state.delayed:
            return False
        self._keep(delayed={other: at for other, at in self.state.delayed.items() if other != name})
        return True

    async def _tried(self, name: str) -> Task | None:
        """The task that it became, because it failed or must be said on the phone; None: it's out, or delayed."""
        kind = _kind_of(name)
        try:
            request = self._about(name, MessageRequest, "send_message", answers=self._answers_somebody(kind))
            result: MessageResult = await self._effect(MessagingActivities.send_message, request, f"mail: {kind}")
        except ActivityError as error:
            cause, fix = cause_of(error)
            return self._open_task(TaskKind.STEP_FAILED, _SEND + name, Role.ENGINEER, cause, fix, blocking=False)
        if result.not_before is not None and name not in self._called_off:
            self._delay(name, result.not_before)
        if result.state != "to_call":
            return None
        cause = f"the customer wants to be called: {kind.replace('_', ' ')}"
        fix = f"read farewell message script ACCOUNT {kind}, call, then resolve it: done, or skip"
        return self._open_task(TaskKind.PHONE_CALL, _CALL + name, Role.ACCOUNT_MANAGER, cause, fix, blocking=False)

    async def _again(self, parked: Task) -> bool:
        """Whether a person wants it tried again; the case doesn't wait for the answer."""
        await self._answered(parked)
        return self._outcomes.get(parked.id) is TaskOutcome.RETRY

    async def _called(self, name: str, task: Task) -> bool:
        """Notes what came of the call: nothing is left to try."""
        await self._answered(task)
        reached = self._outcomes.get(task.id) is TaskOutcome.DONE
        request = self._about(name, CallRequest, "note_call", reached=reached)
        await self._effect(MessagingActivities.note_call, request, f"call: {_kind_of(name)}", RECORD)
        return False

    async def _answered(self, task: Task) -> None:
        await workflow.wait_condition(lambda: task.id in self._outcomes or self.state.stage in ENDS)
        self._close_task(task.id)

    async def _effect(
        self, method: Callable[..., Any], request: MessageRequest, summary: str, manner: Manner = STEP
    ) -> Any:
        about: dict[str, Any] = {"start_to_close_timeout": manner.attempt, "retry_policy": manner.retries}
        return await workflow.execute_activity_method(method, request, summary=summary.replace("_", " "), **about)

    def _about(self, name: str, form: type[MessageRequest], step: str, **fields: Any) -> Any:
        kind, generation = name.split(".")
        about = {"subject": kind, "generation": int(generation), "kind": kind, **self._what_mails_say()}
        return self._ask(form, step, **about, **fields)

    def _what_mails_say(self) -> dict[str, Any]:
        """The plan in force, and its window as it really is: late delivery, more time or a hold moves it."""
        agreed = self.state.agreed
        if agreed is None:
            return {}
        planned = agreed.dates.get("retrieval_end")
        by = self.state.retrieval_end - planned if planned and self.state.retrieval_end else timedelta(0)
        dates = {name: at + by for name, at in agreed.dates.items() if name in MOVED}
        return {"plan_hash": agreed.hash, "dates": dates}

    def _answers_somebody(self, kind: str) -> bool:
        """A welcome does, unless a pause has ended by the calendar."""
        resumes = self._dates().get("resume") if self.state.undo == "resume" else None
        return kind == MailKind.WELCOME_BACK and (resumes is None or workflow.now() < resumes)

    @workflow.signal(name="message_bounced")
    def message_bounced(self, kind: str) -> None:
        """What they must know didn't arrive: a person tells them in another way. Known already, it is nothing."""
        step, name = f"bounced_{kind}", kind.replace("_", " ")
        if self.state.stage in ENDS or any(task.step == step for task in self.state.tasks):
            return
        cause = f"the mail with the {name} came back: its address takes none any more"
        fix = f"reach them in another way; farewell message preview {kind} --account {self.state.account} shows it"
        self._open_task(TaskKind.FINDING, step, Role.ACCOUNT_MANAGER, cause, fix, blocking=False)

    # -- hours

    def _opening_of(self, kind: MailKind) -> datetime | None:
        """When the plan in force says that it may arrive; None: whoever sends it will know."""
        return self.state.agreed.openings.get(OPENING_OF.get(kind, "")) if self.state.agreed else None

    def _delay(self, name: str, until: datetime) -> None:
        self._keep(delayed={**self.state.delayed, name: until})

    def _clock(self, at: datetime) -> asyncio.Task[None]:
        """One timer for all that wait for the same instant: each is paid for."""
        if at not in self._clocks:
            self._clocks[at] = asyncio.create_task(workflow.sleep(max(at - workflow.now(), timedelta(0))))
        return self._clocks[at]

    # -- what is under way

    async def _mails_out(self) -> None:
        """Waits for the messages under way and for their hours, but not for those that wait for a person."""
        await workflow.wait_condition(self._all_mails_out)

    async def _mails_handed_on(self) -> None:
        """As `_mails_out`, but a message that waits for its hour is the next run's."""
        await workflow.wait_condition(self._no_mail_under_way)

    def _all_mails_out(self) -> bool:
        return self._under_way() <= len(self._parked_mails())

    def _no_mail_under_way(self) -> bool:
        return self._under_way() <= len(self._parked_mails()) + len(self.state.delayed)

    def _under_way(self) -> int:
        return sum(not mail.done() for mail in self._mails)

    def _parked_mails(self) -> list[Task]:
        return [task for task in self.state.tasks if not task.blocking and task.step.startswith((_SEND, _CALL))]


def _kind_of(name: str) -> str:
    return name.partition(".")[0]
