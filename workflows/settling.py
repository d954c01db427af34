"""The money of an exit: the final statement, what became of refunds, charges that come late. Source: DOMAIN money."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.billing import BillingActivities
    from models.money import Difference
    from models.settling import (
        ChargeWatchRequest,
        ChargeWatchResult,
        RefundsRequest,
        RefundsResult,
        StatementRequest,
        StatementResult,
    )
    from models.vocabulary import MailKind, Role, Stage, TaskKind
    from workflows.decisions import CaseDecisions
    from workflows.retries import GATE

CLOSE = "close_statement"
A_BURST = timedelta(minutes=10)  # billing systems tell of one thing in several messages: one look answers them all
MOST_CHECKS = 5  # at once, then after 1, 2, 4 and 8 days: a refund that takes longer is asked for by a person
NAMED = 3


class CaseSettling(CaseDecisions):
    """Opened, announced, closed; then watched until the pivot."""

    @workflow.signal(name="billing_changed")
    def billing_changed(self) -> None:
        """The billing system has told of something: refunds and late charges are looked at, once for a burst."""
        if self.state.billing_told_at is None and self.state.stage in {Stage.SETTLE, Stage.RETRIEVAL}:
            self._keep(billing_told_at=workflow.now())

    # -- the statement

    async def _open_statement(self) -> None:
        """So that the goodbye announces the figures before anything is charged. Source: DOMAIN money.4."""
        await self._do(BillingActivities.open_statement, self._statement("open_statement"))

    def _statement(self, step: str) -> StatementRequest:
        agreed = self._agreed()
        return self._ask(StatementRequest, step, billing_end=agreed.dates["billing_end"], plan_hash=agreed.hash)

    async def _settle(self) -> None:
        """Waits for late usage, then closes the account to zero. Source: DOMAIN money.4, money.5."""
        if self._settled():
            return
        await self._wait(lambda: False, self._dates()["late_usage_end"])
        result = await self._do_undoable(BillingActivities.close_statement, self._statement(CLOSE), GATE)
        self._keep(statement_digest=result.digest, statement_closed=result.closed)
        self._tell_finance(result)
        self._tell_of_failed(result.failed)
        if result.pending:
            await self._check_refunds()
        self._mail(MailKind.STATEMENT)

    def _tell_finance(self, result: StatementResult) -> None:
        """The exit goes on; somebody collects, or pays out. Source: DOMAIN money.3, money.5."""
        if not result.closed:
            fix = "explain the difference, then: farewell resolve ACCOUNT TASK --outcome done"
            self._open_task(TaskKind.STATEMENT_DIFFERS, CLOSE, Role.APPROVER, told(result), fix, gate=True)
        for currency, amount in result.handed_over.items():
            cause, fix = f"{amount} {currency} above the threshold is owed", "finance collects it; the exit goes on"
            self._open_task(TaskKind.RECEIVABLE, CLOSE, Role.ACCOUNT_MANAGER, cause, fix, blocking=False)
        for currency, amount in result.to_pay_out.items():
            cause = f"we owe {amount} {currency}, and there is no payment that it could go back to"
            self._pay_otherwise(cause)

    def _tell_of_failed(self, failed: dict[str, Decimal]) -> None:
        """Each failure once."""
        for currency, amount in _more(failed, self.state.refunds_failed):
            self._pay_otherwise(f"a refund of {amount} {currency} failed")
        self._keep(refunds_failed=failed)

    def _pay_otherwise(self, cause: str) -> None:
        """Other bank details are a task for two people. Source: DOMAIN money.3."""
        fix = "ask for other bank details and pay it out, two of you together; the exit goes on"
        self._open_task(TaskKind.FINDING, CLOSE, Role.ACCOUNT_MANAGER, cause, fix, blocking=False)

    def _settled(self) -> bool:
        """Nothing of the settlement is under way: its last word is the mail."""
        return f"{MailKind.STATEMENT}.1" in self.state.sent

    # -- afterwards

    def _billing_instants(self) -> Iterable[datetime | None]:
        """When money is looked at next, without anybody."""
        told_at, looks = self.state.billing_told_at, self._agreed().looks_at
        return (told_at and told_at + A_BURST, self.state.refunds_at, *(at for at in looks if self._not_looked(at)))

    def _not_looked(self, at: datetime) -> bool:
        return self.state.looked_at is None or self.state.looked_at < at

    async def _attend_to_billing(self) -> None:
        """What is due: asks what became of refunds, and looks for late charges."""
        now, told_at, refunds_at = workflow.now(), self.state.billing_told_at, self.state.refunds_at
        was_told = told_at is not None and told_at + A_BURST <= now
        if was_told:
            self._keep(billing_told_at=None)
        if was_told or (refunds_at is not None and refunds_at <= now):
            await self._check_refunds()
        if was_told or any(at <= now and self._not_looked(at) for at in self._agreed().looks_at):
            await self._look_for_charges()

    async def _check_refunds(self) -> None:
        """What went back is what the provider says went back. Source: DOMAIN money.7."""
        checks = self.state.refund_checks + 1
        about = {"settled_by": self._statement(CLOSE).idempotency_key, "generation": checks}
        request = self._ask(RefundsRequest, "check_refunds", **about)
        result: RefundsResult | None = await self._do(BillingActivities.check_refunds, request)
        waits = result is not None and result.pending > 0
        again = workflow.now() + timedelta(days=2 ** (checks - 1)) if waits and checks < MOST_CHECKS else None
        self._keep(refund_checks=checks, refunds_at=again)
        if result:
            self._tell_of_failed(result.failed)
        if waits and checks == MOST_CHECKS:
            fix = "ask the payment provider what became of it; the exit goes on"
            cause = f"{result.pending if result else 0} refund(s) still wait for the payment provider"
            self._open_task(TaskKind.FINDING, "check_refunds", Role.ACCOUNT_MANAGER, cause, fix, blocking=False)

    async def _look_for_charges(self) -> None:
        """After the end no charge may appear; one that did is refunded, or told to a person. Source: DOMAIN money.9."""
        looks, agreed = self.state.looks + 1, self._agreed()
        about = {"since": agreed.dates["billing_end"], "plan_hash": agreed.hash, "generation": looks}
        request = self._ask(ChargeWatchRequest, "watch_charges", **about)
        result: ChargeWatchResult | None = await self._do(BillingActivities.watch_charges, request)
        left = result.left if result else self.state.late
        for currency, amount in _more(left, self.state.late):
            cause = f"{amount} {currency} was charged after the account had ended"
            fix = "refund it in the billing system, or say why it stays; the exit goes on"
            owner = Role.ACCOUNT_MANAGER
            self._open_task(TaskKind.LATE_CHARGE, "watch_charges", owner, cause, fix, blocking=False)
        self._keep(looks=looks, looked_at=workflow.now(), late=left)


def _more(now: Mapping[str, Decimal], before: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    """What has come on top of what was known, per currency."""
    increase = ((currency, amount - before.get(currency, Decimal(0))) for currency, amount in now.items())
    return [(currency, amount) for currency, amount in increase if amount > 0]


def told(result: StatementResult) -> str:
    """Which lines differ, by how much. Source: DOMAIN money.5."""
    named = [_line(each) for each in result.differences[:NAMED]]
    others = max(result.differing, len(result.differences)) - len(named)
    more = [f"and {others} more"] if others > 0 else []
    return f"the billing system differs from the statement: {'; '.join([*named, *more]) or 'it does not close to zero'}"


def _line(each: Difference) -> str:
    found = "nothing" if each.found is None else f"{each.found} {each.currency}"
    return f"{each.line}: {found} instead of {each.expected} {each.currency}"
