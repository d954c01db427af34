"""No data is purged before all six gates are open, and past them nothing that a hold freezes. TRUST 2."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import product
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowHandle

from devstack.stack import EmbeddedStack
from models.account import Actor
from models.case import CaseState
from models.payload import Personal
from models.updates import ResolveTask, RetrievalWord, Undo
from models.vocabulary import Role, Stage, TaskKind, TaskOutcome
from rules.gates import PIVOT_GATES
from tests.workflow.stubs import SETS, Opened, StubbedWorker, stubbed

pytestmark = pytest.mark.asyncio(loop_scope="session")
COMBINATIONS = list(product((False, True), repeat=len(PIVOT_GATES)))
ALL_OPEN = COMBINATIONS[-1]
PATIENCE_SECONDS = 60.0
Handle = WorkflowHandle[Any, CaseState]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(stack: EmbeddedStack) -> AsyncIterator[StubbedWorker]:
    async with stubbed(stack, "all-gates") as stage:
        yield stage


async def test_trust_2_of_all_64_combinations_of_the_gates_exactly_one_lets_the_purge_begin(
    stage: StubbedWorker,
) -> None:
    cases = {opened: await stage.begin(case_of(opened), opened) for opened in COMBINATIONS}
    stood = await asyncio.gather(*(at_rest(handle, opened) for opened, handle in cases.items()))
    began = [opened for opened in COMBINATIONS if stage.stubs.purged(case_of(opened))]
    assert began == [ALL_OPEN]
    assert stage.stubs.purged(case_of(ALL_OPEN)) == list(SETS)
    stages = dict(zip(COMBINATIONS, (state.stage for state in stood), strict=True))
    assert [opened for opened, stands in stages.items() if stands is not Stage.RETRIEVAL] == began
    for opened, handle in cases.items():
        if opened not in began:
            await handle.terminate()


async def test_erasure_3_what_a_hold_freezes_waits_and_the_rest_goes_on(stage: StubbedWorker) -> None:
    case, stage.stubs.held = "heldpurge-1", set(SETS[:2])
    handle = await stage.begin(case, ALL_OPEN)
    state = await until(handle, lambda s: bool(s.tasks))
    (task,) = state.tasks
    assert (state.stage, task.kind, task.owner) == (Stage.ERASE, TaskKind.HOLD_REVIEW, Role.COMPLIANCE)
    assert SETS[0] in task.cause
    assert stage.stubs.purged(case) == [SETS[2]]
    stage.stubs.held = {SETS[1]}
    await retry(handle, task.id)
    state = await until(handle, lambda s: bool(s.tasks) and s.tasks[0].id != task.id)
    assert SETS[1] in state.tasks[0].cause
    assert stage.stubs.purged(case) == [SETS[2], SETS[0]]
    stage.stubs.held = set()
    await retry(handle, state.tasks[0].id)
    assert (await ended(handle)).stage is Stage.CERTIFY
    assert stage.stubs.purged(case) == [SETS[2], SETS[0], SETS[1]]


async def test_a_case_that_finds_its_closing_begun_ends_all_the_same(stage: StubbedWorker) -> None:
    """As after a reset to an earlier event; the closing isn't done twice."""
    closing = await stage.close("twice-1")
    handle = await stage.begin("twice-1", ALL_OPEN)
    assert (await ended(handle)).stage is Stage.CERTIFY
    assert (await stage.run_of("twice-1")) == closing


async def test_erasure_2_whether_data_is_returned_or_deleted_may_change_until_the_pivot(stage: StubbedWorker) -> None:
    """Waived instead of fetched: it goes. Fetched, accepted, approved, and taken back before the last gate: it stays."""
    opened = dict(zip(PIVOT_GATES, ALL_OPEN, strict=True))
    waived = await stage.begin("waived-1", tuple((opened | {"accepted_or_waived": False}).values()))
    dora = Actor(id="dora", roles=(Role.COMPLIANCE,))
    word = Personal(text="their letter")
    await waived.execute_update("waive_export", RetrievalWord(actor=dora, evidence=word))
    assert (await ended(waived)).stage is Stage.CERTIFY
    back = await stage.begin("back-1", tuple((opened | {"window_over": False}).values()))
    await back.execute_update("reinstate", Undo(actor=Actor(id="customer"), reason=word))
    assert (await ended(back)).stage is Stage.REINSTATED
    assert (stage.stubs.purged("waived-1"), stage.stubs.purged("back-1")) == (list(SETS), [])


async def retry(handle: Handle, task: str) -> None:
    dora = Actor(id="dora", roles=(Role.COMPLIANCE,))
    word = ResolveTask(actor=dora, task=task, outcome=TaskOutcome.RETRY, reason=Personal(text="released"))
    await handle.execute_update("resolve_task", word)


async def at_rest(handle: Handle, opened: Opened) -> CaseState:
    """Past the pivot, or waiting for exactly the gates that are closed, and saying so."""
    if all(opened):
        return await ended(handle)
    why = "; ".join(PIVOT_GATES[name] for name in closed_ones(opened))
    return await until(handle, lambda s: s.waiting_for is not None and s.waiting_for.why == why)


async def ended(handle: Handle) -> CaseState:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await handle.result()


async def until(handle: Handle, happened: Callable[[CaseState], bool]) -> CaseState:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            state: CaseState = await handle.query("case", result_type=CaseState)
            if happened(state):
                return state
            await asyncio.sleep(0.02)


def closed_ones(opened: Opened) -> list[str]:
    """Without a package there is nothing that an approval could bind to: that gate is closed then, too."""
    given = dict(zip(PIVOT_GATES, opened, strict=True))
    given["erasure_approved"] = given["erasure_approved"] and given["export_verified"]
    return [name for name, is_open in given.items() if not is_open]


def case_of(opened: Opened) -> str:
    return f"gates{''.join('1' if each else '0' for each in opened)}-1"
