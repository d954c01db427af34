"""Back, from every stage that can be undone: DOMAIN stages.7, modes.4."""

from typing import Any

import pytest

from devstack.running import Running
from models.case import Agreed, CaseState
from models.updates import Extend, Undo
from models.vocabulary import Stage
from tests.workflow.breakable import TRANSITION_DAYS
from tests.workflow.exits import DAY, WORD, Exit, begun
from tests.workflow.records import (
    actions_of,
    contracts_of,
    given_back,
    mails_of,
    money_of,
    package_of,
    rows_of,
    runs_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
KUWAIT, IN_CREDIT = "acc_u7w1ob", "acc_5cu1ih"


async def may_leave_again(here: Running, account: str, before: str) -> None:
    """The account is free for a new case."""
    again = await begun(here, account)
    assert again.case != before
    await again.reach(Stage.APPROVAL)
    await again.back("withdraw", Stage.WITHDRAWN)


async def test_withdrawn_in_approval_leaves_everything_as_it_was(here: Running, account: str) -> None:
    before = rows_of(here, account), contracts_of(here, account), money_of(here, account)
    play = await begun(here, account)
    await play.reach(Stage.APPROVAL)
    await play.back("withdraw", Stage.WITHDRAWN)
    assert (rows_of(here, account), contracts_of(here, account), money_of(here, account)) == before
    await may_leave_again(here, account, play.case)


async def test_withdrawn_in_notice_the_contract_renews_as_before(here: Running, account: str) -> None:
    before = rows_of(here, account), contracts_of(here, account), money_of(here, account)
    play = await begun(here, account)
    await play.plan_agreed()
    await play.move((await play.state()).opened_at + 10 * DAY)
    assert contracts_of(here, account) != before[1]
    no = await play.refused("customer", "reinstate", Undo, reason=WORD)
    assert no.type == "stage"
    await play.back("withdraw", Stage.WITHDRAWN)
    assert (rows_of(here, account), contracts_of(here, account), money_of(here, account)) == before
    assert mails_of(here, play.case)[-1] == "welcome_back"


async def test_dates_3_the_customer_extends_the_transition_once_and_may_still_withdraw(here: Running) -> None:
    before = rows_of(here, KUWAIT), contracts_of(here, KUWAIT), money_of(here, KUWAIT)
    play = await begun(here, KUWAIT)
    await play.plan_agreed()
    await play.to_date("notice_end")
    state = await play.reach(Stage.TRANSITION)
    dates = state.agreed.dates
    assert dates["transition_end"] - dates["notice_end"] == TRANSITION_DAYS * DAY
    await play.say("customer", "extend", Extend, until=dates["transition_end"] + 7 * DAY)
    no = await play.refused("customer", "extend", Extend, until=dates["transition_end"] + 9 * DAY)
    assert no.type == "once"
    await play.move(dates["transition_end"] + 6 * DAY)
    assert (await play.state()).stage is Stage.TRANSITION
    await play.back("withdraw", Stage.WITHDRAWN)
    assert (rows_of(here, KUWAIT), contracts_of(here, KUWAIT), money_of(here, KUWAIT)) == before


@pytest.mark.parametrize(
    ("stage", "system", "method"),
    [
        (Stage.FREEZE, "contracts", "freeze"),
        (Stage.EXPORT, "product", "read"),
        (Stage.DEPROVISION, "identity", "deactivate"),
        (Stage.TERMINATE, "contracts", "terminate"),
    ],
)
async def test_reinstated_where_a_step_is_parked(
    here: Running, account: str, stage: Stage, system: str, method: str
) -> None:
    before = rows_of(here, account), money_of(here, account)
    terms = contracts_of(here, account)
    port = getattr(here.connections, system)
    port.fail(method, account)
    play = await begun(here, account)
    await play.plan_agreed()
    await play.to_date("effective_date")
    await play.parked()
    port.mend()
    assert (await play.state()).stage is stage
    assert (await play.refused("customer", "withdraw", Undo, reason=WORD)).type == "stage"
    await play.back("reinstate", Stage.REINSTATED)
    assert rows_of(here, account) == before[0]
    assert given_back(before[1], money_of(here, account))
    assert contracts_of(here, account) == terms
    is_as_before(here, play)


def is_as_before(here: Running, play: Exit) -> None:
    """What every reinstated account has in common."""
    assert here.connections.contracts.state(play.account) == "active"
    assert package_of(here, play.account) == []
    assert mails_of(here, play.case)[-1] == "welcome_back"


async def test_reinstated_in_settle_gets_a_new_agreement(here: Running, account: str) -> None:
    before, terms = (rows_of(here, account), money_of(here, account)), contracts_of(here, account)
    play = await begun(here, account)
    agreed = (await play.plan_agreed()).agreed
    await play.to_date("effective_date")
    state = await play.reach(Stage.SETTLE)
    await a_new_run_carries_on(here, play, state, agreed)
    await play.back("reinstate", Stage.REINSTATED)
    assert rows_of(here, account) == before[0]
    assert given_back(before[1], money_of(here, account))
    is_renewed(terms, contracts_of(here, account))
    is_as_before(here, play)


async def a_new_run_carries_on(here: Running, play: Exit, state: CaseState, agreed: Agreed) -> None:
    """The long wait begins on a short history, with all that was said and done before."""
    assert len(await runs_of(here, play.case)) == 2
    assert (state.agreed, state.approvals[0].person, len(state.handled)) == (agreed, "bruno", 1)
    assert (state.package is not None, len(state.done), "goodbye.1" in state.sent) == (True, 11, True)
    assert actions_of(here, play.case).count("terminate_contract") == 1


@pytest.mark.parametrize("account", [IN_CREDIT])
async def test_reinstated_in_retrieval_every_document_is_countered(here: Running, account: str) -> None:
    before, terms = (rows_of(here, account), money_of(here, account)), contracts_of(here, account)
    play = await begun(here, account)
    await play.to_gates_but("approved")
    assert money_of(here, account) != before[1]
    await play.back("reinstate", Stage.REINSTATED)
    assert rows_of(here, account) == before[0]
    assert given_back(before[1], money_of(here, account))
    is_renewed(terms, contracts_of(here, account))
    is_as_before(here, play)
    await may_leave_again(here, account, play.case)
    assert (await here.client.get_workflow_handle(f"follow-up-{play.case}").result())["stopped"] == "reinstated"


def is_renewed(before: list, now: list) -> None:
    """The old agreement has ended, a new one on the same terms stands. Source: DOMAIN stages.7."""
    old = [contract for contract in before if contract["state"] == "active"]
    known = {contract["id"] for contract in before}
    new = [contract for contract in now if contract["id"] not in known]
    assert {contract["state"] for contract in now if contract["id"] in known} == {"ended"}
    assert {contract["state"] for contract in new} == {"active"}
    assert [terms_of(contract) for contract in new] == [terms_of(contract) for contract in old]


def terms_of(contract: dict[str, Any]) -> list[object]:
    """What was agreed, but for a term that may be over."""
    return [contract[name] for name in ("title", "notice_days", "renews", "ends_at", "erase_clause", "signatories")]
