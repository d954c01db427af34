"""The retrieval window, beside which the statement closes, and the six gates of the pivot. Source: CONTRACTS, Gates."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.case import CaseRequest, CaseState, Task, WaitingFor
    from models.vocabulary import Gate, MailKind, Role, Stage, TaskKind, WaitKind
    from rules.gates import PIVOT_GATES, PivotFacts, approved, closed_gates, gate_digest
    from workflows.scanning import CaseScanning

AN_HOUR = timedelta(hours=1)


class CaseRetrieval(CaseScanning):
    """What happens between the contract's end and the pivot: beside each other, and watched by the gates."""

    def __init__(self, request: CaseRequest, state: CaseState) -> None:
        """`request` is kept for a run that carries on."""
        self._request = request
        self._told: tuple[WaitingFor | None, tuple[Task, ...]] | None = None
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at: datetime | None = None
        super().__init__(state)

    async def _settle_and_hand_over(self) -> None:
        both = await asyncio.gather(self._settle(), self._hand_over(), return_exceptions=True)
        for ended in both:
            if isinstance(ended, BaseException):
                raise ended
        await self._learn_of_holds()
        await self._gates_open()  # who has spoken meanwhile is heard: the pivot is next

    async def _hand_over(self) -> None:
        """The customer fetches and accepts; the six gates open one by one. Source: CONTRACTS, Gates."""
        if self.state.statement_digest is None:
            await self._enter(Stage.SETTLE, self._missing())
            await self._await_statement()
        else:
            self._keep(stage=Stage.RETRIEVAL)  # an earlier run stood there
        await self._gates_open()
        await self._scan_if_due()
        if self.state.looked_at is None or self.state.looked_at < workflow.now() - AN_HOUR:
            await self._look_for_charges()  # once more, while the contact is still known

    async def _await_statement(self) -> None:
        """A scan that is due with the statement waits for it: each timer is paid for."""
        while self.state.statement_digest is None:
            await self._scan_if_due()
            early = [at for at in self._scans_left() if at < self._dates()["late_usage_end"]]
            await self._wait(lambda: self.state.statement_digest is not None, min(early, default=None))

    async def _gates_open(self) -> None:
        """Waits for all of them and for the messages under way; all are open, and nobody wants back, as it returns."""
        open_now = False
        while not open_now:
            while self._closed_gates():
                if self._settled():
                    await self._continue_if_long()
                self._remind()
                await self._attend_to_billing()
                await self._scan_if_due()
                await self._tell_what_is_missing()
                await self._wait_by_alarm(self._retrieval_moved(), self._next_by_itself())
            await self._wait(self._all_mails_out)
            open_now = not self._closed_gates()
        self._set_alarm(None)

    async def _wait_by_alarm(self, happened: Callable[[], bool], until: datetime | None) -> None:
        """As `_wait`, but a timer that stands for that instant goes on: each new one is paid for."""
        self._set_alarm(until)
        alarm = self._alarm
        await self._wait(lambda: happened() or (alarm is not None and alarm.done()))

    def _set_alarm(self, at: datetime | None) -> None:
        if at == self._alarm_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = None if at is None else asyncio.create_task(workflow.sleep(at - workflow.now()))

    async def _tell_what_is_missing(self) -> None:
        """Only if it isn't known yet."""
        now = (self._missing(), self.state.tasks)
        if self._closed_gates() and now != self._told:
            self._told = now
            await self._enter(Stage.RETRIEVAL, self._missing())

    def _retrieval_moved(self) -> Callable[[], bool]:
        """All gates are open, another one is waited for, the window's end was moved, or there is news of money."""
        was = self._moving()
        return lambda: not self._closed_gates() or self._moving() != was

    def _moving(self) -> tuple[object, ...]:
        money = self.state.billing_told_at, self.state.refunds_at
        return self.state.retrieval_end, self._missing(), *money

    def _closed_gates(self) -> tuple[str, ...]:
        agreed, now = self._agreed(), workflow.now()
        digest = gate_digest(Gate.ERASURE, self.state)
        required = agreed.approvals_required[Gate.ERASURE]
        return closed_gates(
            PivotFacts(
                window_over=self.state.retrieval_end is not None and now >= self.state.retrieval_end,
                export_verified=self.state.package is not None,
                accepted_or_waived=self.state.accepted,
                statement_closed=self.state.statement_closed,
                no_hold=not self.state.holds,
                erasure_approved=digest is not None and approved(Gate.ERASURE, digest, self.state.approvals, required),
            )
        )

    def _missing(self) -> WaitingFor | None:
        """Whom the first closed gate waits for."""
        closed = self._closed_gates()
        if not closed:
            return None
        until = self.state.retrieval_end
        who: dict[str, tuple[WaitKind, str, datetime | None]] = {
            "window_over": (WaitKind.CUSTOMER, "the customer", until),
            "accepted_or_waived": (WaitKind.CUSTOMER, "the customer", None),
            "statement_closed": (WaitKind.TASK, Role.APPROVER, None),
            "no_hold": (WaitKind.HOLD, Role.COMPLIANCE, None),
            "erasure_approved": (WaitKind.APPROVAL, "approver and compliance", None),
        }
        first = next((name for name in ("no_hold", *closed) if name in closed and name in who), closed[0])
        kind, person, end = who.get(first, (WaitKind.DATE, "the export", None))
        return WaitingFor(kind=kind, who=person, until=end, why="; ".join(PIVOT_GATES[name] for name in closed))

    @property
    def _window_moved(self) -> timedelta:
        """By how much the window ends later than the plan said: late delivery, an extension, a hold."""
        planned = self._dates()["retrieval_end"]
        return (self.state.retrieval_end or planned) - planned

    def _next_by_itself(self) -> datetime | None:
        """The next instant at which something happens without anybody: a reminder, the window's end, a look, a scan.

        Who has accepted isn't reminded.
        """
        agreed, now = self._agreed(), workflow.now()
        urging = () if self.state.accepted else (self._reminder_at(), agreed.silence_at)
        window = (agreed.dates["retrieval_end"], *urging)
        instants = (*(at + self._window_moved for at in window), *self._billing_instants(), *self._scans_left())
        return min((at for at in instants if at is not None and at > now), default=None)

    def _remind(self) -> None:
        """Silence never erases: a reminder, and after the window a task for compliance. Source: DOMAIN stages.1.

        While a hold stands, the clock does, and nobody is urged.
        """
        now, moved = workflow.now(), self._window_moved
        if self.state.accepted or self.state.holds:
            return
        if now >= self._reminder_at() + moved and not self.state.reminded:
            self._keep(reminded=True)
            self._mail(MailKind.RETRIEVAL_REMINDER)
        asked = any(task.kind is TaskKind.SILENCE for task in self.state.tasks)
        if now >= self._agreed().silence_at + moved and not asked:
            cause = "the window is over and the customer has said nothing"
            fix = "extend it, record the customer's waiver, or apply the contract's erasure clause: farewell waive"
            self._open_task(TaskKind.SILENCE, "retrieval", Role.COMPLIANCE, cause, fix, blocking=False)

    def _reminder_at(self) -> datetime:
        """At an hour at which it may arrive: so it needs no timer of its own."""
        return self._opening_of(MailKind.RETRIEVAL_REMINDER) or self._agreed().reminder_at

    async def _continue_if_long(self) -> None:
        """A history that grew long is carried on by a new run, from the same state."""
        if self._is_long():
            await self._continue()

    def _is_long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    async def _continue(self) -> NoReturn:
        await self._mails_handed_on()
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(self._request.model_copy(update={"carried": self.state}))
