"""Pause becomes stop becomes eject, never backwards. Source: DOMAIN modes.4."""

from datetime import timedelta

import pytest

from devstack.running import Running
from models.updates import Approve, ChangeMode, Undo
from models.vocabulary import Cause, Gate, Mode, Stage
from rules.gates import gate_digest
from tests.workflow.exits import DAY, WORD, Exit, begun
from tests.workflow.records import amounts_of, contracts_of, mails_of, rows_of, stages_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
AT_ONCE = {"mode": Mode.EJECT, "cause": Cause.NON_PAYMENT, "reason": WORD}
STOP = {"mode": Mode.STOP, "reason": WORD}
PAUSED = ["approval", "notice", "freeze", "paused"]


async def proposed(play: Exit, who: str = "ana", **wish: object) -> None:
    """Another way out is planned; the old one stands."""
    was = await play.state()
    await play.say(who, "change_mode", ChangeMode, **wish)
    state = await play.state()
    assert (state.mode, state.agreed) == (was.mode, was.agreed)
    assert state.proposed.mode is wish["mode"]


async def test_modes_4_a_pause_becomes_a_stop_and_an_undo_gives_everything_back(here: Running, account: str) -> None:
    before = rows_of(here, account), amounts_of(here, account)
    play = await begun(here, account, Mode.PAUSE)
    resume = (await play.paused()).agreed.dates["resume"]
    paused = rows_of(here, account)
    await proposed(play, "customer", **STOP)
    await play.approved()
    state = await play.reach(Stage.NOTICE)
    assert (state.mode, (await play.attributes())["FarewellMode"]) == (Mode.STOP, "stop")
    await play.until(lambda s: "notice.2" in s.sent)
    now = rows_of(here, account)
    assert all(row in now[name] for name in paused for row in paused[name]), "it stays paused while the notice runs"
    await play.to_date("effective_date")
    state = await play.reach(Stage.SETTLE)
    await play.move(resume)
    assert (await play.state()).stage is Stage.RETRIEVAL, "the date of the pause means nothing any more"
    walked = ["notice", "freeze", "export", "deprovision", "terminate", "settle"]
    assert stages_of(here, play.case) == [*PAUSED, *walked, "retrieval"]
    steps = [key.split(":")[1] for key in state.done]
    assert steps[:3] == ["freeze_account", "suspend_charges", "suspend_sign_in"]
    assert steps.count("freeze_account") == 1
    await play.back("reinstate", Stage.REINSTATED)
    assert (rows_of(here, account), amounts_of(here, account)) == before


async def test_modes_4_a_pause_that_resumes_drops_the_stop_that_nobody_approved(here: Running, account: str) -> None:
    before = rows_of(here, account), contracts_of(here, account), amounts_of(here, account)
    play = await begun(here, account, Mode.PAUSE)
    resume = (await play.paused()).agreed.dates["resume"]
    await proposed(play, **STOP)
    await play.move(resume)
    state = await play.reach(Stage.RESUMED)
    assert (state.proposed, state.mode) == (None, Mode.PAUSE)
    assert (rows_of(here, account), contracts_of(here, account), amounts_of(here, account)) == before


async def test_modes_4_a_pause_becomes_an_eject(here: Running, account: str) -> None:
    before = rows_of(here, account), amounts_of(here, account)
    play = await begun(here, account, Mode.PAUSE)
    await play.paused()
    await proposed(play, **AT_ONCE)
    await play.approved()
    state = await play.reach(Stage.SETTLE)
    assert (state.mode, state.agreed.cause, state.proposed) == (Mode.EJECT, Cause.NON_PAYMENT, None)
    walked = ["freeze", "deprovision", "export", "terminate", "settle"]
    assert stages_of(here, play.case) == [*PAUSED, *walked]
    await play.say("ana", "reinstate", Undo, reason=WORD)
    await play.reach(Stage.REINSTATED)
    assert (rows_of(here, account), amounts_of(here, account)) == before


async def test_modes_4_a_pause_that_has_not_begun_becomes_a_stop(here: Running, account: str) -> None:
    before = rows_of(here, account), contracts_of(here, account), amounts_of(here, account)
    play = await begun(here, account, Mode.PAUSE)
    await play.plan_agreed()
    await proposed(play, **STOP)
    state = await play.approved()
    assert "resume" not in state.agreed.dates
    await play.until(lambda s: "notice.2" in s.sent)
    await play.move(state.opened_at + 5 * DAY)
    assert (await play.state()).stage is Stage.NOTICE
    await play.back("withdraw", Stage.WITHDRAWN)
    assert (rows_of(here, account), contracts_of(here, account), amounts_of(here, account)) == before


async def test_modes_4_a_stop_becomes_an_eject_before_it_is_approved(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.reach(Stage.APPROVAL)
    await proposed(play, "customer", mode=Mode.EJECT, cause=Cause.CUSTOMER_DEMAND, reason=WORD)
    here.connections.identity.fail("deactivate", account)
    await play.approved()
    await play.parked()
    state = await play.state()
    assert (state.stage, state.mode) == (Stage.DEPROVISION, Mode.EJECT)
    here.connections.identity.mend()
    await play.back("reinstate", Stage.REINSTATED)


async def test_modes_4_a_stop_in_notice_becomes_an_eject_once_two_others_agree(here: Running, account: str) -> None:
    before = rows_of(here, account), amounts_of(here, account)
    play = await begun(here, account)
    old = (await play.plan_agreed()).agreed
    await play.move((await play.state()).opened_at + 3 * DAY)
    await proposed(play, **AT_ONCE)
    digest = gate_digest(Gate.PLAN, await play.state())
    await play.say("bruno", "approve", Approve, gate=Gate.PLAN, hash=digest)
    state = await play.state()
    assert (state.stage, state.mode, state.agreed) == (Stage.NOTICE, Mode.STOP, old)
    await play.say("carla", "approve", Approve, gate=Gate.PLAN, hash=digest)
    state = await play.reach(Stage.SETTLE)
    assert state.agreed.dates["billing_end"] - state.opened_at < timedelta(days=5)
    assert stages_of(here, play.case)[1:5] == ["notice", "freeze", "deprovision", "export"]
    assert mails_of(here, play.case).count("plan") == 2
    await play.say("ana", "reinstate", Undo, reason=WORD)
    await play.reach(Stage.REINSTATED)
    assert (rows_of(here, account), amounts_of(here, account)) == before


async def test_modes_4_no_way_leads_backwards(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.reach(Stage.APPROVAL)
    no = await play.refused("ana", "change_mode", ChangeMode, mode=Mode.PAUSE, reason=WORD)
    assert (no.type, no.message) == ("backwards", "a stop never becomes a pause")
    no = await play.refused("ana", "change_mode", ChangeMode, mode=Mode.EJECT, reason=WORD)
    assert no.type == "cause"
    await play.back("withdraw", Stage.WITHDRAWN)
    play = await begun(here, account, Mode.EJECT, Cause.LEGAL)
    await play.reach(Stage.APPROVAL)
    no = await play.refused("ana", "change_mode", ChangeMode, **STOP)
    assert (no.type, no.message) == ("backwards", "an eject never becomes a stop")
    assert (await play.refused("customer", "change_mode", ChangeMode, **STOP)).type == "put_out"
    await play.say("ana", "withdraw", Undo, reason=WORD)
    await play.reach(Stage.WITHDRAWN)
    assert mails_of(here, play.case) == [], "nobody was told anything"
