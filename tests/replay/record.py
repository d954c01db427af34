"""Records the histories that CI replays: `.venv/bin/python -m tests.replay.record`, from the project's folder.

Plays each exit on the embedded stack, with people's words and moved time as the workflow tests do, and writes every
run of every workflow to `histories/<exit>.<workflow>.<run>.json`, as Temporal's own JSON. Personal texts and the
machine's name are replaced as in an evidence pack, stack traces dropped. Record again only for what is not released:
a released history that no longer replays needs `workflow.patched` instead. Source: STYLE, Workflows.
"""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowExecution

from activities.scrub import scrubbed
from connectors.errors import Rejected
from devstack.running import Running, at_work
from devstack.stack import EmbeddedStack
from models.account import Actor
from models.follow_ups import FollowUpState
from models.money import Document
from models.payload import SYSTEM
from models.updates import ChangeMode, ContactPreference, Extend, Reschedule, RetrievalWord, Stop, Undo
from models.vocabulary import Cause, Channel, Gate, Mode, Reason, Stage, StopGround, TaskKind, TaskOutcome
from tests.workflow.breakable import BreakableConnections
from tests.workflow.exits import DAY, WORD, Exit, begun
from tests.workflow.held_up import HeldUp
from tests.workflow.records import executions_of, opened_history
from tests.workflow.test_access import UNOWNED, WAYS, in_notice, raise_a_zombie
from tests.workflow.test_closing import confirmed
from tests.workflow.test_money import charged, provider_says, woken
from tests.workflow.test_offers import answered, offered

HISTORIES = Path(__file__).with_name("histories")


async def whole_stop(play: Exit) -> None:
    """To the last follow-up and the last watch."""
    await play.to_gates_but()
    await play.window_over()
    await play.certified()
    state = await confirmed(play.here, play, await play.until_closing(lambda s: bool(s.watches)))
    while state.watches:
        await play.move(min(watch.at for watch in state.watches))
        state = await play.until_closing(lambda s, before=state: len(s.watches) < len(before.watches))
    for workflow in ("follow-up", "closing"):
        await play.here.client.get_workflow_handle(f"{workflow}-{play.case}").result()


async def chased(play: Exit) -> None:
    """A sub-processor is asked twice more, and a look fails once."""
    await play.to_gates_but()
    await play.window_over()
    await play.certified()
    state = await play.until_closing(lambda s: bool(s.watches))
    at = play.here.connections
    at.access.fail("counts", play.account, Rejected("access system", "it is shut", "open it"))
    await play.move(min(watch.at for watch in state.watches if watch.kind == "scan"))
    await play.until_closing(lambda s: any("failed" in finding for finding in s.findings))
    at.access.mend()
    for asked in (1, 2):
        chase = next(watch for watch in state.watches if watch.kind == "chase")
        await play.move(chase.at)
        state = await play.until_closing(
            lambda s, n=asked: any(w.turn == n + 1 for w in s.watches if w.kind == "chase")
        )
    await confirmed(play.here, play, state)


async def probe_reopened(play: Exit) -> None:
    """Closed twice, and once more by a person's word; an asset without an owner; then zombies in the window."""
    await in_notice(play.here, play)
    at = play.here.connections.access
    at.answer("assets", play.account, lambda _: UNOWNED)
    at.answer("admits", play.account, lambda _: WAYS)
    await play.to_date("effective_date")
    task = await play.parked(TaskKind.UNOWNED_ASSET)
    at.mend()
    at.answer("admits", play.account, lambda _: WAYS)
    await play.resolve(task, "ana", TaskOutcome.DONE)
    task = await play.parked(TaskKind.FINDING)
    at.mend()
    await play.resolve(task, outcome=TaskOutcome.DONE)
    state = await play.reach(Stage.SETTLE)
    raise_a_zombie(play.here, play.account)
    for number, instant in enumerate(state.agreed.scans_at, 1):
        await play.move(instant)
        await play.until(lambda s, n=number: s.scans == n)
    await play.back("reinstate", Stage.REINSTATED)


async def withdrawn_in_notice(play: Exit) -> None:
    await play.plan_agreed()
    await play.move((await play.state()).opened_at + 10 * DAY)
    await play.back("withdraw", Stage.WITHDRAWN)


async def reinstated_in_retrieval(play: Exit) -> None:
    await play.to_gates_but("approved")
    await play.back("reinstate", Stage.REINSTATED)


async def expired(play: Exit) -> None:
    state = await play.reach(Stage.APPROVAL)
    await play.move(state.proposed.approval_until)
    await play.reach(Stage.REFUSED)


async def rescheduled_in_transition(play: Exit) -> None:
    dates = (await play.plan_agreed()).agreed.dates
    await play.to_date("notice_end")
    await play.reach(Stage.TRANSITION)
    await play.say("customer", "extend", Extend, until=dates["transition_end"] + 7 * DAY)
    await play.say("customer", "reschedule", Reschedule, to=(dates["effective_date"] + 90 * DAY).date())
    await play.approve(Gate.PLAN, "carla")
    await play.until(lambda s: s.stage is Stage.NOTICE and s.waiting_for is not None)
    await play.to_date("transition_end")
    await play.reach(Stage.SETTLE)
    await play.back("reinstate", Stage.REINSTATED)


async def held(play: Exit) -> None:
    """Before the pivot by a word, after it in SQL alone."""
    state = await play.to_gates_but()
    hold = await play.hold()
    await play.move(state.retrieval_end + 30 * DAY)
    for who in ("dora", "felipe"):
        await play.release(who, hold)
    async with HeldUp(play.here.connections.access, "delete", play.account) as hanging:
        await play.window_over()
        await hanging.began()
        again = await play.hold("own/notes", tell=False)
    task = await play.parked(TaskKind.HOLD_REVIEW)
    for who in ("dora", "felipe"):
        await play.release(who, again, tell=False)
    await play.resolve(task, "dora")
    await play.certified()


async def parked(play: Exit) -> None:
    """The export and every mail."""
    at = play.here.connections
    at.product.fail("read", play.account, Rejected("product database", "the table is corrupt", "repair it"))
    at.messenger.fail("deliver", play.account, Rejected("SMTP", "refused (550)", "correct the address"))
    await play.plan_agreed()
    await play.to_date("effective_date")
    await play.until(lambda s: any(task.blocking for task in s.tasks))
    at.product.mend()
    await play.resolve(await play.parked())
    state = await play.reach(Stage.SETTLE)
    at.messenger.mend()
    for task in state.tasks:
        await play.resolve(task)
    await play.back("reinstate", Stage.REINSTATED)


async def silent(play: Exit) -> None:
    state = await play.to_retrieval()
    await play.approve(Gate.ERASURE, "carla", "dora")
    await play.move(state.retrieval_end + timedelta(days=90))
    await play.until(lambda s: bool(s.tasks))
    await play.say("dora", "waive_export", RetrievalWord, evidence=WORD)
    await play.certified()


async def paused(play: Exit) -> None:
    """Moved, reminded, and back by itself."""
    dates = (await play.paused()).agreed.dates
    await play.say("customer", "reschedule", Reschedule, to=(dates["effective_date"] + 170 * DAY).date())
    state = await play.until(lambda s: s.waiting_for is not None and s.waiting_for.until > dates["resume"])
    await play.move(state.agreed.dates["resume"])
    await play.reach(Stage.RESUMED)


async def paused_then_resumed(play: Exit) -> None:
    """By the customer; what was proposed meanwhile falls."""
    await play.paused()
    await play.say("ana", "change_mode", ChangeMode, mode=Mode.STOP, reason=WORD)
    await play.back("resume", Stage.RESUMED)


async def paused_then_stopped(play: Exit) -> None:
    await play.paused()
    await play.say("customer", "change_mode", ChangeMode, mode=Mode.STOP, reason=WORD)
    await play.approved()
    await play.until(lambda s: "notice.2" in s.sent)
    await play.to_date("effective_date")
    await play.reach(Stage.SETTLE)
    await play.back("reinstate", Stage.REINSTATED)


async def paused_then_ejected(play: Exit) -> None:
    await play.paused()
    await _ejected(play)
    await play.reach(Stage.SETTLE)
    await play.back("reinstate", Stage.REINSTATED)


async def stopped_then_ejected(play: Exit) -> None:
    await play.plan_agreed()
    await _ejected(play)
    await play.reach(Stage.SETTLE)
    await play.back("reinstate", Stage.REINSTATED)


async def _ejected(play: Exit) -> None:
    about = {"mode": Mode.EJECT, "cause": Cause.CUSTOMER_DEMAND, "reason": WORD}
    await play.say("customer", "change_mode", ChangeMode, **about)
    await play.approved()


async def whole_eject(play: Exit) -> None:
    await play.to_gates_but()
    await play.window_over()
    await play.certified()


async def eject_parked(play: Exit) -> None:
    """Undone where the users can't be deactivated."""
    play.here.connections.identity.fail("deactivate", play.account)
    await play.approved()
    await play.parked()
    play.here.connections.identity.mend()
    await play.say("ana", "reinstate", Undo, reason=WORD)
    await play.reach(Stage.REINSTATED)


async def money_watched(play: Exit) -> None:
    """A line differs, a refund is pending and fails, a charge comes late."""
    at, ghost = play.here.connections, Document(kind="charge", currency="EUR", amount="9.99", description="Ghost")
    at.billing.answer("held", play.account, lambda held: [*held, ghost])
    provider_says(play.here, play.account, "pending", "pending", "failed")
    state = await play.to_retrieval()
    await play.resolve(await play.parked(TaskKind.STATEMENT_DIFFERS), "bruno", TaskOutcome.DONE)
    charged(play.here, play.account, state.agreed.dates["billing_end"] + DAY, paid=True)
    await play.move(state.refunds_at)
    await woken(play)
    at.billing.mend()
    await play.back("reinstate", Stage.REINSTATED)


async def offer_accepted(play: Exit) -> None:
    """A discount: the case goes back, and ends once a person has done what was promised."""
    await play.plan_agreed()
    await answered(play, await offered(play.here, play), accepted=True)
    await play.resolve(await play.parked(TaskKind.STAKEHOLDER), "ana", TaskOutcome.DONE)
    await play.reach(Stage.WITHDRAWN)
    await play.ended()


async def pause_accepted(play: Exit) -> None:
    """The pause begins by itself; teams were told another date before."""
    dates = (await play.plan_agreed()).agreed.dates
    await play.say("customer", "reschedule", Reschedule, to=(dates["effective_date"] + 40 * DAY).date())
    await play.approved()
    await play.until(lambda s: s.briefed == 2)
    await answered(play, await offered(play.here, play, Reason.TOO_LITTLE_USE), accepted=True)
    await play.reach(Stage.REQUESTED, Stage.APPROVAL)
    await play.ended()
    await Exit(play.here, play.account).back("withdraw", Stage.WITHDRAWN)


async def called(play: Exit) -> None:
    """Who wants to be called is; and the follow-ups stop at an answer, while the account manager has one to make."""
    await play.say("customer", "set_contact_preference", ContactPreference, channel=Channel.PHONE)
    state = await play.to_gates_but()
    await play.resolve(next(each for each in state.tasks if each.kind is TaskKind.PHONE_CALL), "ana", TaskOutcome.DONE)
    follow_ups = play.here.client.get_workflow_handle(f"follow-up-{play.case}", result_type=FollowUpState)
    replied = Stop(actor=Actor(id=SYSTEM), ground=StopGround.REPLY, reason=WORD)
    await follow_ups.execute_update("stop", replied, id=replied.key or "replied")
    await play.window_over()
    await play.certified()
    await follow_ups.result()


PLAYS: dict[Callable[[Exit], Awaitable[None]], str] = {
    whole_stop: "acc_2hw8te",
    withdrawn_in_notice: "acc_8vzc5h",
    reinstated_in_retrieval: "acc_w6d2pa",
    expired: "acc_v2l8ca",
    rescheduled_in_transition: "acc_9oa4xf",
    held: "acc_d2m0xq",
    parked: "acc_z8e5lg",
    silent: "acc_6jd3hr",
    paused: "acc_p7a3wj",
    paused_then_resumed: "acc_t3j7ku",
    paused_then_stopped: "acc_e4q0zw",
    paused_then_ejected: "acc_y1g9rn",
    stopped_then_ejected: "acc_b0n6ys",
    whole_eject: "acc_h9f6tn",
    eject_parked: "acc_g0b7sd",
    money_watched: "acc_7f3k2m",
    chased: "acc_m5r1zc",
    probe_reopened: "acc_5cu1ih",
    offer_accepted: "acc_w6d2pa",
    pause_accepted: "acc_8vzc5h",
    called: "acc_v2l8ca",
}
ASKED: dict[Callable[[Exit], Awaitable[None]], tuple[Mode, Cause | None]] = {
    paused: (Mode.PAUSE, None),
    paused_then_resumed: (Mode.PAUSE, None),
    paused_then_stopped: (Mode.PAUSE, None),
    paused_then_ejected: (Mode.PAUSE, None),
    whole_eject: (Mode.EJECT, Cause.CUSTOMER_DEMAND),
    eject_parked: (Mode.EJECT, Cause.FRAUD),
}


async def record() -> None:
    """All of them, in place of those that are there. Who went back may leave again in a later play."""
    shutil.rmtree(HISTORIES, ignore_errors=True)
    HISTORIES.mkdir()
    with tempfile.TemporaryDirectory() as home:
        async with EmbeddedStack(Path(home)) as stack, at_work(stack, BreakableConnections) as here:
            for play, account in PLAYS.items():
                started = await begun(here, account, *ASKED.get(play, (Mode.STOP, None)))
                await play(started)
                await _keep(here, play.__name__, started.case)


async def _keep(here: Running, name: str, case: str) -> None:
    runs: dict[str, int] = {}
    for execution in await executions_of(here, case):
        runs[execution.id] = runs.get(execution.id, 0) + 1
        kind = execution.id.partition("-acc_")[0]
        history = await _history(here, execution)
        text = json.dumps(history, ensure_ascii=False, separators=(",", ":"))
        (HISTORIES / f"{name}.{kind}.{runs[execution.id]}.json").write_text(f"{text}\n", encoding="utf-8")


async def _history(here: Running, execution: WorkflowExecution) -> Any:
    return _untraced(scrubbed(await opened_history(here, execution), b"the corpus"))


def _untraced(part: Any) -> Any:
    """Without stack traces: they name the machine's folders, and no replay reads them."""
    if isinstance(part, list):
        return [_untraced(each) for each in part]
    if isinstance(part, dict):
        return {name: _untraced(each) for name, each in part.items() if name != "stackTrace"}
    return part


if __name__ == "__main__":
    asyncio.run(record())
