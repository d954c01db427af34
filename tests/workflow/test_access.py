"""All access ends, provably, and comes back as it was. Source: DOMAIN identity.3, identity.4, identity.5."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.store.sessions import writing
from devstack.running import Running
from models.access import SharedAsset
from models.case import CaseState
from models.tables.identities import CredentialRow
from models.vocabulary import Cause, CredentialClass, Mode, Role, Stage, TaskKind, TaskOutcome
from tests.workflow.exits import Exit, begun, still_to_do
from tests.workflow.records import actions_of, given_back, money_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
WAYS = (CredentialClass.API_KEY.value,)
UNOWNED = [SharedAsset(id="dashboard-7", kind="dashboard", owner="user-1")]
CLOSING = ("disconnect_feed", "deactivate_users", "gate_credentials", "probe_access")


def once(instead: Any) -> Callable[[Any], Any]:
    """The first answer is another one."""
    left = [instead]
    return lambda found: left.pop() if left else found


async def in_notice(here: Running, play: Exit) -> None:
    """The plan is agreed, and the probe is planted."""
    await play.plan_agreed()
    await play.until(lambda s: "plant_probe" in actions_of(here, s.case))


def times(here: Running, case: str) -> set[int]:
    """How often each step of the closing was done."""
    done = actions_of(here, case)
    return {done.count(step) for step in CLOSING}


async def test_identity_3_a_probe_that_gets_in_reopens_the_step(here: Running, account: str) -> None:
    before = rows_of(here, account), money_of(here, account)
    play = await begun(here, account)
    await in_notice(here, play)
    here.connections.access.answer("admits", account, once(WAYS))
    await play.to_date("effective_date")
    state = await play.reach(Stage.SETTLE)
    here.connections.access.mend()
    assert (times(here, play.case), still_to_do(state)) == ({2}, [])
    assert generations(state, "gate_credentials") == [1, 2], "an undo opens what either closed"
    await play.back("reinstate", Stage.REINSTATED)
    assert rows_of(here, account) == before[0], "the same identities, groups and keys, and no probe left"
    assert given_back(before[1], money_of(here, account))


async def test_identity_3_a_probe_that_still_gets_in_waits_for_an_engineer(here: Running, account: str) -> None:
    before = rows_of(here, account)
    play = await begun(here, account, Mode.STOP)
    await in_notice(here, play)
    here.connections.access.answer("admits", account, lambda _: WAYS)
    await play.to_date("effective_date")
    task = await play.parked(TaskKind.FINDING)
    assert (task.owner, task.gate, "api_key" in task.cause) == (Role.ENGINEER, True, True)
    assert times(here, play.case) == {2}
    assert (await play.resolve_refused(task, "eva", TaskOutcome.SKIP)).type == "gate"
    here.connections.access.mend()
    await play.resolve(task, outcome=TaskOutcome.DONE)
    await play.reach(Stage.SETTLE)
    assert times(here, play.case) == {3}
    await play.back("reinstate", Stage.REINSTATED)
    assert rows_of(here, account) == before


@pytest.mark.parametrize("outcome", [TaskOutcome.DONE, TaskOutcome.SKIP])
async def test_identity_4_what_nobody_owns_becomes_a_task(here: Running, account: str, outcome: TaskOutcome) -> None:
    before = rows_of(here, account)
    play = await begun(here, account)
    await in_notice(here, play)
    here.connections.access.answer("assets", account, lambda _: UNOWNED)
    await play.to_date("effective_date")
    task = await play.parked(TaskKind.UNOWNED_ASSET)
    assert (task.owner, task.gate, "dashboard-7" in task.cause) == (Role.ACCOUNT_MANAGER, False, True)
    assert here.connections.identity.count(account, active=True) > 0, "nobody is cut off before the hand-over"
    here.connections.access.mend()
    await play.resolve(task, "ana", outcome)
    state = await play.reach(Stage.SETTLE)
    assert generations(state, "hand_over_assets") == ([1, 2] if outcome is TaskOutcome.DONE else [1])
    await play.back("reinstate", Stage.REINSTATED)
    assert rows_of(here, account) == before


@pytest.mark.parametrize("method", ["assets", "admits"])
async def test_identity_5_who_wants_back_while_a_person_is_waited_for_gets_all_back(
    here: Running, account: str, method: str
) -> None:
    """An asset without an owner, or a probe that still gets in."""
    before = rows_of(here, account), money_of(here, account)
    play = await begun(here, account)
    await in_notice(here, play)
    found = {"assets": UNOWNED, "admits": WAYS}[method]
    here.connections.access.answer(method, account, lambda _: found)
    await play.to_date("effective_date")
    await play.parked({"assets": TaskKind.UNOWNED_ASSET, "admits": TaskKind.FINDING}[method])
    here.connections.access.mend()
    state = await play.back("reinstate", Stage.REINSTATED)
    assert still_to_do(state) == []
    assert rows_of(here, account) == before[0]
    assert given_back(before[1], money_of(here, account))


async def test_identity_3_the_scan_in_the_window_closes_what_lives_again(here: Running, account: str) -> None:
    play = await begun(here, account)
    await in_notice(here, play)
    await play.to_date("effective_date")
    state = await play.reach(Stage.SETTLE)
    before = rows_of(here, account)
    raise_a_zombie(here, account)
    first, last = state.agreed.scans_at
    await play.move(first)
    state = await play.until(lambda s: s.scans == 1 and s.scanned_at is not None)
    await play.until(lambda s: actions_of(here, s.case).count("scan_for_zombies") == 1)
    assert (here.connections.access.open(account), still_to_do(state)) == ({}, [])
    here.connections.access.answer("open", account, lambda _: {"webhook": 1})
    await play.move(last)
    state = await play.until(lambda s: bool(still_to_do(s)))
    here.connections.access.mend()
    [task] = still_to_do(state)
    assert (task.kind, task.owner, task.blocking) == (TaskKind.FINDING, Role.ENGINEER, False)
    assert "webhook" in task.cause
    await play.back("reinstate", Stage.REINSTATED)
    assert here.connections.access.open(account)["schedule"] > 0, "what a scan closed is opened again, too"
    assert before != rows_of(here, account)


def generations(state: CaseState, step: str) -> list[int]:
    """Those of a step that an undo takes back."""
    keys = [key.split(":") for key in state.done]
    return [int(generation) for _, name, _, generation in keys if name == step]


def raise_a_zombie(here: Running, account: str) -> None:
    """A schedule that somebody has made since."""
    with writing(here.connections.engine) as session:
        session.add(
            CredentialRow(id=f"{account}-zombie", account=account, kind=CredentialClass.SCHEDULE, label="nightly")
        )


async def test_identity_3_an_eject_is_probed_too(here: Running, account: str) -> None:
    play = await begun(here, account, Mode.EJECT, Cause.CUSTOMER_DEMAND)
    await play.approved()
    state = await play.reach(Stage.SETTLE)
    assert state.done.index(f"{play.case}:plant_probe:-:1") < state.done.index(f"{play.case}:gate_credentials:-:1")
    assert times(here, play.case) == {1}
    await play.back("reinstate", Stage.REINSTATED)
