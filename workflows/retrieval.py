"""The statement beside the retrieval window, and the six gates of the pivot. Source: CONTRACTS, Gates."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NoReturn

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.billing import BillingActivities
    from models.case import CaseRequest, CaseState, WaitingFor
    from models.effects import StatementRequest, StatementResult
    from models.vocabulary import Gate, MailKind, Role, Stage, TaskKind, TaskOutcome, WaitKind
    from rules.gates import PIVOT_GATES, PivotFacts, approved, closed_gates, gate_digest
    from workflows.decisions import CaseDecisions
    from workflows.retries import GATE

_STATEMENT = "close_statement"


class CaseRetrieval(CaseDecisions):
    """What happens between the contract's end and the pivot: beside each other, and watched by the gates."""

    def __init__(self, request: CaseRequest, state: CaseState) -> None:
        """`request` is kept for a run that carries on."""
        self._request = request
        super().__init__(state)

    async def _settle_and_hand_over(self) -> None:
        both = await asyncio.gather(self._settle(), self._hand_over(), return_exceptions=True)
        for ended in both:
            if isinstance(ended, BaseException):
                raise ended

    async def _settle(self) -> None:
        """Waits for late usage, then closes the account to zero. Source: DOMAIN money.4, money.5."""
        if self.state.statement_digest is not None:
            return
        await self._wait(lambda: False, self._dates()["late_usage_end"])
        request = self._ask(StatementRequest, _STATEMENT, billing_end=self._dates()["billing_end"])
        result = await self._do_undoable(BillingActivities.close_statement, request, GATE)
        self._keep(statement_digest=result.digest, statement_closed=result.closed)
        self._mail(MailKind.STATEMENT)
        self._tell_finance(result)
        if not result.closed:
            await self._difference(", ".join(f"{amount} {currency}" for currency, amount in result.differs.items()))

    def _tell_finance(self, result: StatementResult) -> None:
        """The exit goes on; somebody collects, or pays out. Source: DOMAIN money.3, money.5."""
        for currency, amount in result.handed_over.items():
            cause, fix = f"{amount} {currency} above the threshold is owed", "finance collects it; the exit goes on"
            self._open_task(TaskKind.RECEIVABLE, _STATEMENT, Role.ACCOUNT_MANAGER, cause, fix, blocking=False)
        for currency, amount in result.to_pay_out.items():
            cause = f"we owe {amount} {currency}, and there is no payment that it could go back to"
            fix = "ask for bank details and pay it out, two of you together; the exit goes on"
            self._open_task(TaskKind.FINDING, _STATEMENT, Role.ACCOUNT_MANAGER, cause, fix, blocking=False)

    async def _difference(self, what: str) -> None:
        """Waits until somebody accepts the difference. Source: DOMAIN money.5."""
        cause = f"the statement and the billing system differ by {what}"
        fix = "explain the difference, then: farewell resolve TASK --outcome done"
        task = self._open_task(TaskKind.STATEMENT_DIFFERS, _STATEMENT, Role.APPROVER, cause, fix, gate=True)
        await self._wait(lambda: self._outcomes.get(task.id) is TaskOutcome.DONE)
        self._keep(statement_closed=True)

    async def _hand_over(self) -> None:
        """The customer fetches and accepts; the six gates open one by one. Source: CONTRACTS, Gates."""
        await self._enter(Stage.SETTLE, self._missing())
        await self._wait(lambda: self.state.statement_digest is not None)
        while self._closed_gates():
            await self._continue_if_long()
            await self._enter(Stage.RETRIEVAL, self._missing())
            await self._wait(self._retrieval_moved(), self._next_by_itself())
            self._remind()
        await self._mails_out()

    def _retrieval_moved(self) -> Callable[[], bool]:
        """All gates are open, the window's end was moved, or another gate is the one that is waited for."""
        was, missing = self.state.retrieval_end, self._missing()
        return lambda: not self._closed_gates() or self.state.retrieval_end != was or self._missing() != missing

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
        """The next instant at which something happens without anybody: a reminder, the window's end, the task."""
        agreed, now = self._agreed(), workflow.now()
        instants = (agreed.reminder_at, agreed.dates["retrieval_end"], agreed.silence_at)
        return min((at + self._window_moved for at in instants if at + self._window_moved > now), default=None)

    def _remind(self) -> None:
        """Silence never erases: a reminder, and after the window a task for compliance. Source: DOMAIN stages.1.

        While a hold stands, the clock does, and nobody is urged.
        """
        now, moved = workflow.now(), self._window_moved
        if self.state.accepted or self.state.holds:
            return
        if now >= self._agreed().reminder_at + moved and not self.state.reminded:
            self._keep(reminded=True)
            self._mail(MailKind.RETRIEVAL_REMINDER)
        asked = any(task.kind is TaskKind.SILENCE for task in self.state.tasks)
        if now >= self._agreed().silence_at + moved and not asked:
            cause = "the window is over and the customer has said nothing"
            fix = "extend it, record the customer's waiver, or apply the contract's erasure clause: farewell waive"
            self._open_task(TaskKind.SILENCE, "retrieval", Role.COMPLIANCE, cause, fix, blocking=False)

    async def _continue_if_long(self) -> None:
        """A history that grew long is carried on by a new run, from the same state."""
        if workflow.info().is_continue_as_new_suggested():
            await self._continue()

    async def _continue(self) -> NoReturn:
        await self._mails_out()
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(self._request.model_copy(update={"carried": self.state}))
