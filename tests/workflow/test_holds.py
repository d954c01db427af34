"""Legal holds: nothing that one covers is erased, whoever knows of it. Source: DOMAIN erasure.3, erasure.4."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from devstack.company.opening import open_product
from devstack.company.schema import webhook
from devstack.running import Running
from models.updates import HoldWord, Undo
from models.vocabulary import Role, Stage, TaskKind, TaskOutcome, WaitKind
from rules.permissions import refused
from tests.workflow.exits import DAY, WORD, Exit, begun, still_to_do
from tests.workflow.held_up import HeldUp
from tests.workflow.records import actions_of, mails_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
NEAR = timedelta(minutes=1)


async def test_while_a_hold_stands_the_clock_does_and_two_persons_release_it(here: Running, account: str) -> None:
    play = await begun(here, account)
    end = (await play.to_gates_but()).retrieval_end
    await play.move(end - 10 * DAY)
    held = rows_of(here, account)
    hold = await play.hold()
    await play.move(end + 50 * DAY)
    state = await play.until(lambda s: s.waiting_for.kind is WaitKind.HOLD)
    assert (state.stage, state.holds, still_to_do(state)) == (Stage.RETRIEVAL, (hold,), [])
    assert await play.release("dora", hold) is False
    assert (await play.state()).holds == (hold,)
    assert await play.release("felipe", hold) is True
    state = await play.state()
    assert (state.holds, rows_of(here, account)) == ((), held)
    assert abs(state.retrieval_end - (end + 60 * DAY)) < NEAR
    await play.move(state.retrieval_end - DAY)
    assert (await play.state()).stage is Stage.RETRIEVAL
    await play.window_over()
    await play.certified()
    assert "retrieval_reminder" not in mails_of(here, play.case)


async def test_trust_2_a_hold_of_which_nobody_could_tell_the_case_keeps_its_gate_shut(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.to_gates_but()
    hold = await play.hold("own/notes", tell=False)
    await play.window_over()
    state = await play.until(lambda s: s.waiting_for is not None and s.waiting_for.kind is WaitKind.HOLD)
    assert (state.stage, state.holds) == (Stage.RETRIEVAL, (hold,))
    for who in ("dora", "felipe"):
        await play.release(who, hold)
    await play.certified()


async def test_past_the_pivot_a_hold_in_sql_alone_stops_the_purge(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.to_gates_but()
    async with HeldUp(here.connections.access, "delete", account) as hanging:
        await play.window_over()
        await hanging.began()
        hold = await play.hold("own/notes", tell=False)
    task = await play.parked(TaskKind.HOLD_REVIEW)
    assert (task.owner, hold in task.cause) == (Role.COMPLIANCE, True)
    assert (await play.state()).stage is Stage.ERASE
    await nothing_is_undone(play)
    for outcome, who, why in ((TaskOutcome.SKIP, "dora", "gate"), (TaskOutcome.RETRY, "eva", "role")):
        assert (await play.resolve_refused(task, who, outcome)).type == why
    await play.resolve(task, "dora")
    await play.until(lambda s: task not in s.tasks and any(t.kind is TaskKind.HOLD_REVIEW for t in s.tasks))
    again = await play.parked(TaskKind.HOLD_REVIEW)
    for who in ("dora", "felipe"):
        await play.release(who, hold, tell=False)
    write_again(here, account)
    await play.resolve(again, "dora")
    await what_was_written_again_is_found(here, play)


async def nothing_is_undone(play: Exit) -> None:
    """And one hears why. Source: DOMAIN stages row 9."""
    for update in ("withdraw", "reinstate"):
        no = await play.refused("ana", update, Undo, reason=WORD)
        assert (no.type, no.message) == ("past_the_pivot", "erasure has started: from here nothing can be undone")


def write_again(here: Running, account: str) -> None:
    """Somebody's job still writes to a table that has been purged."""
    engine = open_product(here.connections.settings.product_database_url)
    with engine.begin() as connection:
        row = dict(connection.execute(select(webhook).limit(1)).one()._mapping)
        connection.execute(insert(webhook).values(**{**row, "id": f"{account}-late", "account_id": account}))
    engine.dispose()


async def what_was_written_again_is_found(here: Running, play: Exit) -> None:
    """No certificate before a count finds nothing. Source: DOMAIN erasure.4."""
    task = await play.parked(TaskKind.FINDING)
    assert "webhook" in task.cause
    no = refused("reinstate", play._actor("ana"), await play.state())
    assert no is not None
    assert no.code == "past_the_pivot"
    assert here.connections.cases.documents(play.case, "recount") == []
    await play.resolve(task, outcome=TaskOutcome.DONE)
    await play.certified()
    assert actions_of(here, play.case).count("recount") == 2


async def test_erasure_3_a_hold_that_no_second_person_confirms_in_time_is_reviewed(here: Running, account: str) -> None:
    play = await begun(here, account)
    state = await play.plan_agreed()
    until = state.opened_at + 5 * DAY
    late, early = [await play.hold(name, confirm_by=until) for name in ("own/notes", "own/users")]
    await play.confirm_hold(early)
    assert (await play.state()).unconfirmed == {late: until}
    await play.move(until)
    [task] = still_to_do(await play.until(lambda s: bool(still_to_do(s))))
    assert (task.kind, task.owner, task.blocking) == (TaskKind.HOLD_REVIEW, Role.COMPLIANCE, False)
    assert (late in task.cause, (await play.state()).holds) == (True, (late, early)), "it stands all the same"
    await play.confirm_hold(late)
    assert still_to_do(await play.state()) == []
    await play.back("withdraw", Stage.WITHDRAWN)


async def test_a_hold_still_waits_for_its_second_person_in_a_later_run(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    until = (await play.state()).agreed.dates["effective_date"] + 10 * DAY
    hold = await play.hold(confirm_by=until)
    await play.to_date("effective_date")
    await play.reach(Stage.SETTLE)
    await play.move(until)
    await play.until(lambda s: any(t.kind is TaskKind.HOLD_REVIEW for t in s.tasks))
    for who in ("dora", "felipe"):
        await play.release(who, hold)
    assert still_to_do(await play.state()) == [], "nobody needs to confirm what is released"
    await play.back("reinstate", Stage.REINSTATED)


async def test_erasure_3_the_customer_is_told_once_of_a_hold_that_counsel_lets_them_know_of(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    quiet = await play.hold("own/notes")
    for who in ("dora", "felipe"):
        await play.release(who, quiet)
    for covered in ("own/notes", "own/users"):
        hold = await play.hold(covered, tell=False)
        await play.say("dora", "place_hold", HoldWord, hold=hold, tell=True)
    await play.back("withdraw", Stage.WITHDRAWN)
    assert mails_of(here, play.case).count("hold") == 1
