"""The money until the pivot: what went back, what comes late, what differs. Source: DOMAIN money.5, money.7, money.9."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session

from devstack.running import Running
from models.case import CaseState, Task
from models.money import Document, RefundState
from models.tables.billing import InvoiceRow, PaymentRow
from models.updates import RetrievalWord
from models.vocabulary import Role, Stage, TaskKind, TaskOutcome
from tests.workflow.exits import DAY, WORD, Exit, begun, still_to_do
from tests.workflow.records import actions_of, package_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
KUWAIT = "acc_u7w1ob"
A_BURST = timedelta(minutes=10)


def provider_says(here: Running, account: str, *statuses: str) -> None:
    """Of one refund, each time it is asked; the last word stays."""
    words = list(statuses)

    def told(_: object) -> list[RefundState]:
        status = words.pop(0) if len(words) > 1 else words[0]
        return [RefundState(refund_id="re_1", currency="EUR", amount=Decimal("12.50"), status=status)]

    here.connections.billing.answer("refunds", account, told)


def of_kind(state: CaseState, kind: TaskKind) -> list[Task]:
    return [task for task in state.tasks if task.kind is kind]


async def woken(play: Exit) -> None:
    """The billing system tells of something, three times at once."""
    for _ in range(3):
        await play._handle.signal("billing_changed")
    state = await play.until(lambda s: s.billing_told_at is not None)
    await play.move(state.billing_told_at + A_BURST)
    await play.until(lambda s: s.billing_told_at is None and s.looks > state.looks)


async def test_money_7_a_refund_went_back_when_the_provider_says_so(here: Running, account: str) -> None:
    provider_says(here, account, "pending", "pending", "pending", "succeeded")
    play = await begun(here, account)
    await play.to_retrieval()
    state = await play.until(lambda s: s.refund_checks == 1)
    assert of_kind(state, TaskKind.FINDING) == []
    await play.move(state.refunds_at)
    await play.until(lambda s: s.refund_checks == 2)
    await woken(play)
    state = await play.state()
    assert (state.refund_checks, state.refunds_at, of_kind(state, TaskKind.FINDING)) == (3, None, [])
    await play.move(state.agreed.openings["late_usage_end"])
    await play.written("statement")
    acts = [(entry.action, entry.subject) for entry in here.connections.ledger.entries(play.case)]
    assert acts.index(("check_refunds", "-")) < acts.index(("send_message", "statement"))
    here.connections.billing.mend()
    await play.back("reinstate", Stage.REINSTATED)


async def test_money_3_a_refund_that_fails_is_paid_otherwise_by_two(here: Running, account: str) -> None:
    provider_says(here, account, "pending", "pending", "failed")
    play = await begun(here, account)
    await play.to_retrieval()
    await play.move((await play.until(lambda s: s.refund_checks == 1)).refunds_at)
    [task] = of_kind(await play.until(lambda s: s.refund_checks == 2), TaskKind.FINDING)
    assert (task.kind, task.owner, task.blocking) == (TaskKind.FINDING, Role.ACCOUNT_MANAGER, False)
    assert ("12.50 EUR" in task.cause, "two of you" in task.fix) == (True, True)
    await woken(play)
    assert of_kind(await play.state(), TaskKind.FINDING) == [task], "the same failure is told once"
    here.connections.billing.mend()
    await play.back("reinstate", Stage.REINSTATED)


async def test_money_7_a_refund_that_stays_pending_is_asked_for_by_a_person(here: Running, account: str) -> None:
    provider_says(here, account, "pending")
    play = await begun(here, account)
    await play.to_retrieval()
    state = await play.until(lambda s: s.refund_checks == 1)
    await play.move(state.refunds_at + 15 * DAY)
    [task] = of_kind(await play.until(lambda s: s.refund_checks == 5), TaskKind.FINDING)
    assert (task.kind, task.step, task.owner) == (TaskKind.FINDING, "check_refunds", Role.ACCOUNT_MANAGER)
    await play.move(state.refunds_at + 25 * DAY)
    assert actions_of(here, play.case).count("check_refunds") == 5
    here.connections.billing.mend()
    await play.back("reinstate", Stage.REINSTATED)


async def test_money_9_a_late_charge_is_found_refunded_and_reported(here: Running, account: str) -> None:
    play = await begun(here, account)
    state = await play.to_retrieval()
    charged(here, account, state.agreed.dates["billing_end"] + DAY, paid=True)
    since = state.agreed.dates["billing_end"]
    assert len(here.connections.billing.late_charges(account, since)) == 1
    await play.move(state.agreed.looks_at[0])
    state = await play.until(lambda s: s.looks == 1)
    assert here.connections.billing.late_charges(account, since) == []
    assert (state.late, of_kind(state, TaskKind.LATE_CHARGE)) == ({}, [])
    [found] = here.connections.cases.documents(play.case, "late_charges")
    assert [charge["amount"] for charge in found["charges"]] == ["19.00"]
    await woken(play)
    await play.back("reinstate", Stage.REINSTATED)


async def test_money_9_where_the_policy_refunds_nothing_a_person_looks_at_a_late_charge(here: Running) -> None:
    play = await begun(here, KUWAIT)
    await play.plan_agreed()
    await play.to_date("notice_end")
    await play.reach(Stage.TRANSITION)
    await play.to_date("transition_end")
    await play.reach(Stage.SETTLE)
    await play.to_date("late_usage_end")
    state = await play.reach(Stage.RETRIEVAL)
    charged(here, KUWAIT, state.agreed.dates["billing_end"] + DAY, paid=False)
    await play.move(state.agreed.looks_at[0])
    state = await play.until(lambda s: bool(s.late))
    [task] = of_kind(state, TaskKind.LATE_CHARGE)
    assert (task.owner, task.blocking, "19.00" in task.cause) == (Role.ACCOUNT_MANAGER, False, True)
    await play.resolve(task, "ana", TaskOutcome.DONE)
    await woken(play)
    assert of_kind(await play.state(), TaskKind.LATE_CHARGE) == []
    await play.back("reinstate", Stage.REINSTATED)


async def test_money_8_an_account_that_owes_gets_its_export_and_waits_for_nothing(here: Running, account: str) -> None:
    charged(here, account, datetime.now(UTC) - DAY, paid=False, total="99999.00")
    play = await begun(here, account)
    state = await play.to_retrieval()
    sent = await play.written("export_ready", "goodbye")
    assert sent.index("export_ready") < sent.index("goodbye")
    assert package_of(here, account)
    assert state.statement_closed
    [task] = of_kind(state, TaskKind.RECEIVABLE)
    assert (task.owner, task.blocking) == (Role.ACCOUNT_MANAGER, False)
    assert still_to_do(state) == []
    await play.say("customer", "accept_export", RetrievalWord, evidence=WORD)
    await play.back("reinstate", Stage.REINSTATED)


def charged(here: Running, account: str, at: datetime, *, paid: bool, total: str = "19.00") -> None:
    """The billing system invoices once more, and may take the money; with `at`, after the account has ended."""
    id_ = f"more-{account}-{at:%Y%m%d}"
    about = {"account": account, "currency": here.connections.directory.facts(account).account.currency}
    invoice = {
        "number": id_,
        "kind": "one_off",
        "description": "Seats",
        "total": Decimal(total),
        "issued_at": at,
        "due_at": at,
    }
    with Session(here.connections.engine) as session:
        session.add(InvoiceRow(id=id_, **about, **invoice))
        session.flush()
        if paid:
            session.add(PaymentRow(id=f"{id_}-paid", invoice=id_, amount=Decimal(total), paid_at=at, **about))
        session.commit()


async def test_money_5_a_statement_that_differs_names_the_line(here: Running, account: str) -> None:
    ghost = Document(kind="charge", currency="EUR", amount=Decimal("9.99"), description="Ghost seats")
    here.connections.billing.answer("held", account, lambda held: [*held, ghost])
    play = await begun(here, account)
    await play.to_retrieval()
    task = await play.parked(TaskKind.STATEMENT_DIFFERS)
    assert (task.owner, task.gate, "Ghost seats: 9.99 EUR instead of 0 EUR" in task.cause) == (
        Role.APPROVER,
        True,
        True,
    )
    assert (await play.resolve_refused(task, "bruno", TaskOutcome.SKIP)).type == "gate"
    await play.resolve(task, "bruno", TaskOutcome.DONE)
    assert (await play.state()).statement_closed
    here.connections.billing.mend()
    await play.back("reinstate", Stage.REINSTATED)
