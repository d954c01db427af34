"""Put out, or leaving at once: cut off first, then handed everything all the same. Source: DOMAIN modes.3."""

import pytest

from devstack.running import Running
from models.money import BillingState
from models.updates import Undo
from models.vocabulary import Cause, Gate, Mode, Role, Stage
from tests.workflow.exits import WORD, Exit, begun
from tests.workflow.records import (
    Rows,
    actions_of,
    contact_may_sign_in,
    given_back,
    mails_of,
    money_of,
    package_of,
    rows_of,
    stages_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
WALK = [
    *("approval", "freeze", "deprovision", "export", "terminate", "settle", "retrieval"),
    *("erase", "certify"),
]


async def test_modes_3_a_whole_eject_for_cause(here: Running, account: str) -> None:
    contact = contact_may_sign_in(here, account)
    play = await begun(here, account, Mode.EJECT, Cause.FRAUD)
    state = await play.reach(Stage.APPROVAL)
    assert (state.proposed.approvals_required[Gate.PLAN], state.proposed.cause) == (2, Cause.FRAUD)
    await play.move(state.opened_at.replace(hour=0) + 2 * (state.proposed.approval_until - state.opened_at) / 3)
    assert mails_of(here, play.case) == [], "nothing is sent before the approval"
    waiting = await play.to_gates_but()
    assert contact_may_sign_in(here, account) == contact, "the export contact stays alive"
    assert waiting.retrieval_end >= waiting.package.verified_at
    await play.window_over()
    await play.certified()
    assert stages_of(here, play.case) == WALK
    assert mails_of(here, play.case)[:4] == ["plan", "export_ready", "goodbye", "statement"]
    assert mails_of(here, play.case)[-1] == "certificate"
    assert {"close_statement", "sign_certificate", "seal_pack"} <= set(actions_of(here, play.case))
    assert here.connections.cases.case(account)["stage"] == Stage.CLOSED
    assert package_of(here, account) == []


@pytest.mark.parametrize(
    ("stage", "system", "method"),
    [
        (Stage.FREEZE, "billing", "freeze"),
        (Stage.DEPROVISION, "identity", "deactivate"),
        (Stage.EXPORT, "product", "read"),
        (Stage.TERMINATE, "contracts", "terminate"),
    ],
)
async def test_modes_3_an_eject_is_undone_where_a_step_is_parked(
    here: Running, account: str, stage: Stage, system: str, method: str
) -> None:
    before = rows_of(here, account), money_of(here, account)
    port = getattr(here.connections, system)
    port.fail(method, account)
    play = await begun(here, account, Mode.EJECT, Cause.CUSTOMER_DEMAND)
    await play.approved()
    task = await play.parked()
    port.mend()
    assert ((await play.state()).stage, task.owner) == (stage, Role.ENGINEER)
    await play.back("reinstate", Stage.REINSTATED)
    await is_as_before(here, play, before)


@pytest.mark.parametrize("stage", [Stage.SETTLE, Stage.RETRIEVAL])
async def test_modes_3_an_eject_for_cause_is_undone_by_the_account_manager(
    here: Running, account: str, stage: Stage
) -> None:
    before = rows_of(here, account), money_of(here, account)
    play = await begun(here, account, Mode.EJECT, Cause.BREACH)
    if stage is Stage.RETRIEVAL:
        await play.to_retrieval()
    else:
        await play.approved()
        await play.reach(stage)
    assert (await play.refused("customer", "reinstate", Undo, reason=WORD)).type == "put_out"
    await play.say("ana", "reinstate", Undo, reason=WORD)
    await play.reach(Stage.REINSTATED)
    await is_as_before(here, play, before)


async def is_as_before(here: Running, play: Exit, before: tuple[Rows, BillingState]) -> None:
    assert rows_of(here, play.account) == before[0]
    assert given_back(before[1], money_of(here, play.account))
    assert here.connections.contracts.state(play.account) == "active"
    assert package_of(here, play.account) == []
    assert (await play.written("welcome_back"))[-1] == "welcome_back"
