"""Two things at the same time: who is heard, what goes on, which plan counts. Source: TRUST 2, 3; DOMAIN stages.9."""

import asyncio

import pytest

from commands.standing import standing
from devstack.running import Running
from models.updates import ChangeMode, Refuse, Reschedule, Undo
from models.vocabulary import Cause, Gate, Mode, Stage
from tests.workflow.exits import DAY, WORD, Exit, begun
from tests.workflow.held_up import HeldUp
from tests.workflow.records import amounts_of, given_back, mails_of, money_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
PUT_OUT = {"mode": Mode.EJECT, "cause": Cause.FRAUD, "reason": WORD}


async def test_stages_9_who_wants_back_at_the_last_look_before_the_pivot_is_heard(here: Running, account: str) -> None:
    before = rows_of(here, account), money_of(here, account)
    play = await begun(here, account)
    await play.to_gates_but("approved")
    await play.window_over()
    async with HeldUp(here.connections.billing, "late_charges", account) as look:
        await play.approve(Gate.ERASURE, "carla", "dora")
        await look.began()
        await play.say("customer", "reinstate", Undo, reason=WORD)
    await play.reach(Stage.REINSTATED, Stage.CLOSED)
    assert (await play.state()).stage is Stage.REINSTATED
    assert rows_of(here, account) == before[0]
    assert given_back(before[1], money_of(here, account))


async def test_messages_5_who_wants_back_while_the_statement_is_opened_gets_no_goodbye(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    async with HeldUp(here.connections.contracts, "terminate", account) as ending:
        moving = asyncio.create_task(play.to_date("effective_date"))
        await ending.began()
        opening = HeldUp(here.connections.billing, "state", account)
    async with opening:
        await opening.began()
        await play.say("customer", "reinstate", Undo, reason=WORD)
    await play.reach(Stage.REINSTATED)
    await moving
    assert "goodbye" not in mails_of(here, play.case)


async def test_modes_4_of_two_plans_that_are_made_at_once_the_later_word_counts(here: Running, account: str) -> None:
    play = await begun(here, account)
    effective = (await play.plan_agreed()).agreed.dates["effective_date"]
    async with HeldUp(here.connections.billing, "state", account) as planning:
        first = asyncio.create_task(play.refused("ana", "change_mode", ChangeMode, **PUT_OUT))
        await planning.began()
        await play.say("customer", "reschedule", Reschedule, to=(effective + 5 * DAY).date())
    assert (await first).type == "went_on"
    assert (await play.state()).proposed.mode is Mode.STOP
    await play.back("withdraw", Stage.WITHDRAWN)


async def test_modes_1_who_resumes_while_another_way_out_is_planned_has_resumed(here: Running, account: str) -> None:
    before = rows_of(here, account), amounts_of(here, account)
    play = await begun(here, account, Mode.PAUSE)
    await play.paused()
    async with HeldUp(here.connections.billing, "state", account) as planning:
        first = asyncio.create_task(play.refused("ana", "change_mode", ChangeMode, **PUT_OUT))
        await planning.began()
        await play.say("customer", "resume", Undo, reason=WORD)
    assert (await first).type in {"undoing", "stage"}
    state = await play.reach(Stage.RESUMED)
    assert (state.proposed, state.mode) == (None, Mode.PAUSE)
    assert (rows_of(here, account), amounts_of(here, account)) == before


async def test_modes_4_an_eject_that_is_refused_lets_the_stop_go_on(here: Running, account: str) -> None:
    play = await begun(here, account)
    old = (await play.plan_agreed()).agreed
    await play.say("ana", "change_mode", ChangeMode, **PUT_OUT)
    await play.say("bruno", "refuse", Refuse, gate=Gate.PLAN, reason=WORD)
    assert (await play.refused("bruno", "refuse", Refuse, gate=Gate.ERASURE, reason=WORD)).type == "nothing_to_refuse"
    await play.to_date("effective_date")
    state = await play.reach(Stage.SETTLE)
    assert (state.mode, state.agreed, state.proposed) == (Mode.STOP, old, None)
    await play.move(old.openings["effective_date"])
    assert (await play.written("goodbye"))[1:] == ["plan", "notice", "export_ready", "goodbye"]
    told = await here.client.get_workflow_handle(f"follow-up-{play.case}").query("follow_up")
    assert told["next"] is not None, "a goodbye to one who leaves, not to one who is put out"
    await play.back("reinstate", Stage.REINSTATED)


async def test_modes_3_a_stop_that_became_an_eject_is_listed_with_its_cause(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    await play.say("ana", "change_mode", ChangeMode, **PUT_OUT)
    await play.approved()
    await play.reach(Stage.SETTLE)
    listed = standing(here.connections.cases.case(account))
    assert (listed["mode"], listed["cause"]) == (Mode.EJECT, Cause.FRAUD)
    await ejected_comes_back(play)


async def ejected_comes_back(play: Exit) -> None:
    await play.say("ana", "reinstate", Undo, reason=WORD)
    await play.reach(Stage.REINSTATED)
    listed = standing(play.here.connections.cases.case(play.account))
    assert (listed["stage"], listed["cause"]) == (Stage.REINSTATED, Cause.FRAUD)
