"""Who may say yes, to what, until when; and another date. Source: DOMAIN audit.3, CONTRACTS, Gates."""

from datetime import timedelta

import pytest

from devstack.running import Running
from models.updates import Approve, Refuse, Reschedule
from models.vocabulary import Gate, Stage
from rules.gates import gate_digest
from tests.workflow.exits import DAY, WORD, begun
from tests.workflow.records import actions_of, contracts_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
KUWAIT = "acc_u7w1ob"


async def test_the_plan_is_approved_by_an_approver_who_did_not_ask_for_it(here: Running, account: str) -> None:
    play = await begun(here, account)
    state = await play.reach(Stage.APPROVAL)
    digest = gate_digest(Gate.PLAN, state)
    said = {
        "ana": (digest, "own_request", "role"),
        "bruno": ("sha256:" + 64 * "0", "stale_hash"),
        "dora": (digest, "not_an_approver"),
        "eva": (digest, "role"),
    }
    for who, (offered, *why) in said.items():
        assert (await play.refused(who, "approve", Approve, gate=Gate.PLAN, hash=offered)).type in why
    assert (await play.state()).approvals == ()
    assert actions_of(here, play.case, "refused") == ["approve"] * 4
    await play.back("withdraw", Stage.WITHDRAWN)


async def test_erasure_needs_two_persons_one_of_them_of_compliance(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.to_gates_but("approved")
    await play.approve(Gate.ERASURE, "bruno", "carla")
    digest = gate_digest(Gate.ERASURE, await play.state())
    assert (await play.refused("carla", "approve", Approve, gate=Gate.ERASURE, hash=digest)).type == "twice"
    await play.window_over()
    state = await play.reach(Stage.RETRIEVAL)
    assert state.waiting_for.kind == "approval"
    await play.say("dora", "refuse", Refuse, gate=Gate.ERASURE, reason=WORD)
    assert all(yes.gate is Gate.PLAN for yes in (await play.state()).approvals)
    await play.back("reinstate", Stage.REINSTATED)


async def test_an_approval_that_nobody_gives_expires_to_refused(here: Running, account: str) -> None:
    before = rows_of(here, account), contracts_of(here, account)
    play = await begun(here, account)
    state = await play.reach(Stage.APPROVAL)
    assert state.proposed.approval_until - state.opened_at > 14 * DAY
    await play.move(state.proposed.approval_until)
    await play.reach(Stage.REFUSED)
    assert (rows_of(here, account), contracts_of(here, account)) == before
    assert here.connections.cases.case(account)["ended_at"] is not None


async def test_a_refused_plan_ends_the_case(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.reach(Stage.APPROVAL)
    await play.say("carla", "refuse", Refuse, gate=Gate.PLAN, reason=WORD)
    await play.reach(Stage.REFUSED)
    again = await begun(here, account)
    assert again.case != play.case
    await again.reach(Stage.APPROVAL)
    await again.back("withdraw", Stage.WITHDRAWN)


async def test_a_blocked_plan_is_not_approved(here: Running) -> None:
    play = await begun(here, "acc_r5y2qe")
    state = await play.reach(Stage.APPROVAL)
    digest = gate_digest(Gate.PLAN, state)
    no = await play.refused("bruno", "approve", Approve, gate=Gate.PLAN, hash=digest)
    assert (no.type, "custom_domain" in no.message) == ("blocked", True)
    await play.back("withdraw", Stage.WITHDRAWN)


async def test_old_dates_stand_until_the_new_plan_is_approved_then_the_timer_moves(here: Running, account: str) -> None:
    before = rows_of(here, account), contracts_of(here, account)
    play = await begun(here, account)
    old = (await play.plan_agreed()).agreed
    later = old.dates["effective_date"] + 30 * DAY
    await play.say("customer", "reschedule", Reschedule, to=later.date())
    state = await play.state()
    assert (state.agreed, state.proposed.dates["effective_date"].date()) == (old, later.date())
    assert (await play.refused("bruno", "approve", Approve, gate=Gate.PLAN, hash=old.hash)).type == "stale_hash"
    await play.approve(Gate.PLAN, "bruno")
    await play.until(lambda s: s.agreed.hash != old.hash and s.waiting_for.until > old.dates["effective_date"])
    assert (await play.attributes())["FarewellEffectiveDate"].date() == later.date()
    await play.move(old.dates["effective_date"] + 5 * DAY)
    assert (await play.state()).stage is Stage.NOTICE
    assert contracts_of(here, account)[0]["ends_at"].date() in {later.date(), later.date() - DAY}
    await play.back("withdraw", Stage.WITHDRAWN)
    assert (rows_of(here, account), contracts_of(here, account)) == before


async def test_a_new_plan_that_nobody_approved_falls_at_the_old_date(here: Running, account: str) -> None:
    play = await begun(here, account)
    old = (await play.plan_agreed()).agreed
    to = (old.dates["effective_date"] + 30 * DAY).date()
    await play.say("ana", "reschedule", Reschedule, to=to)
    early = await play.refused("ana", "reschedule", Reschedule, to=(old.dates["requested"] + 3 * DAY).date())
    assert (early.type, "before the notice is over" in early.message) == ("plan_refused", True)
    here.connections.contracts.fail("freeze", account)
    await play.to_date("effective_date")
    await play.parked()
    state = await play.state()
    assert (state.stage, state.agreed, state.proposed) == (Stage.FREEZE, old, None)
    here.connections.contracts.mend()
    await play.back("reinstate", Stage.REINSTATED)


async def test_rescheduled_in_transition_notice_and_transition_begin_anew(here: Running) -> None:
    play = await begun(here, KUWAIT)
    old = (await play.plan_agreed()).agreed
    await play.to_date("notice_end")
    await play.reach(Stage.TRANSITION)
    await play.say("customer", "reschedule", Reschedule, to=(old.dates["effective_date"] + 90 * DAY).date())
    await play.approve(Gate.PLAN, "carla")
    state = await play.reach(Stage.NOTICE)
    await play.move(state.agreed.dates["notice_end"])
    await play.reach(Stage.TRANSITION)
    await play.move(state.agreed.dates["transition_end"] - timedelta(hours=1))
    assert (await play.state()).stage is Stage.TRANSITION
    here.connections.contracts.fail("freeze", KUWAIT)
    await play.to_date("transition_end")
    await play.parked()
    here.connections.contracts.mend()
    await play.back("reinstate", Stage.REINSTATED)
