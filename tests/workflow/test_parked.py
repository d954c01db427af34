"""What fails waits for a person: gates never open by themselves, messages never hold anything up."""

import pytest

from connectors.errors import Rejected
from devstack.running import Running
from models.updates import Undo
from models.vocabulary import Role, Stage, TaskKind, TaskOutcome, WaitKind
from tests.workflow.exits import DAY, WORD, begun, still_to_do
from tests.workflow.records import mails_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_stages_2_an_export_that_fails_never_goes_on(here: Running, account: str) -> None:
    here.connections.product.fail("read", account, Rejected("product database", "the table is corrupt", "repair it"))
    play = await begun(here, account)
    await play.plan_agreed()
    await play.to_date("effective_date")
    task = await play.parked()
    assert (task.kind, task.owner, task.gate) == (TaskKind.STEP_FAILED, Role.ENGINEER, True)
    assert ("the table is corrupt" in task.cause, task.fix) == (True, "repair it")
    assert (await play.state()).waiting_for.kind is WaitKind.TASK
    assert (await play.attributes())["FarewellWaitingFor"] == WaitKind.TASK
    await play.move(task.opened_at + 400 * DAY)
    state = await play.state()
    assert (state.stage, state.package, still_to_do(state)) == (Stage.EXPORT, None, [task])
    assert here.connections.identity.count(account, active=True) > 0
    for outcome, why in ((TaskOutcome.SKIP, "gate"), (TaskOutcome.DONE, "outcome")):
        assert (await play.resolve_refused(task, "eva", outcome)).type == why
    here.connections.product.mend()
    await play.resolve(task)
    state = await play.reach(Stage.SETTLE, Stage.RETRIEVAL)
    assert state.retrieval_end > task.opened_at + 430 * DAY, "the window begins with the delivery"
    await play.back("reinstate", Stage.REINSTATED)


async def test_a_step_beside_the_gates_may_be_skipped_with_a_reason(here: Running, account: str) -> None:
    before = rows_of(here, account)
    here.connections.contracts.fail("serve_notice", account)
    play = await begun(here, account)
    await play.plan_agreed()
    task = await play.parked()
    await play.resolve(task, outcome=TaskOutcome.SKIP)
    state = await play.until(lambda s: s.waiting_for is not None and s.waiting_for.kind is WaitKind.DATE)
    assert (state.stage, still_to_do(state)) == (Stage.NOTICE, [])
    here.connections.contracts.mend()
    await play.back("withdraw", Stage.WITHDRAWN)
    assert rows_of(here, account) == before


async def test_mails_that_fail_hold_nothing_up_and_outlive_the_run(here: Running, account: str) -> None:
    here.connections.messenger.fail("deliver", account, Rejected("SMTP", "refused (550)", "correct the address"))
    play = await begun(here, account)
    await play.plan_agreed()
    await play.to_date("effective_date")
    state = await play.reach(Stage.SETTLE)
    await play.move(state.agreed.openings["effective_date"])
    state = await play.until(lambda s: any(task.step == "send_goodbye.1" for task in s.tasks))
    mails = still_to_do(state)
    assert {task.step for task in mails} >= {"send_acknowledgement.1", "send_plan.1", "send_goodbye.1"}
    assert {(task.blocking, task.fix) for task in mails} == {(False, "correct the address")}
    await play.resolve(mails[0])
    state = await play.until(lambda s: s.tasks_opened > state.tasks_opened)
    assert state.tasks[-1].step == "send_acknowledgement.1", "still refused, so a task again"
    here.connections.messenger.mend()
    for task in still_to_do(state):
        await play.resolve(task)
    await play.back("reinstate", Stage.REINSTATED)
    assert set(mails_of(here, play.case)) >= {"acknowledgement", "plan", "notice", "export_ready", "goodbye"}


async def test_a_word_whose_record_cannot_be_kept_holds_and_stops_nothing(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    here.connections.cases.fail("decide", account, Rejected("database", "it can't hold this text", "write it anew"))
    no = await play.refused("customer", "withdraw", Undo, reason=WORD)
    here.connections.cases.mend()
    assert (no.type, "it can't hold this text" in no.message) == ("not_recorded", True)
    state = await play.reach(Stage.WITHDRAWN)
    assert state.tasks == ()
    failed = [entry.actor for entry in here.connections.ledger.entries(play.case) if entry.outcome == "failed"]
    assert failed == ["customer"]
