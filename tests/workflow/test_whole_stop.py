"""The whole of an exit, in skipped time, on real servers."""

import asyncio

import pytest

from commands.beginning import Asked, begin
from devstack.running import Running
from models.vocabulary import Mode, Reason, Stage
from tests.workflow.exits import Exit, begun
from tests.workflow.records import (
    actions_of,
    events_of,
    kind_of,
    mails_of,
    package_of,
    personal_words,
    runs_of,
    stages_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
# What Temporal bills, as far as a history shows it.
ACTIONS = {
    *("WORKFLOW_EXECUTION_STARTED", "TIMER_STARTED", "ACTIVITY_TASK_SCHEDULED", "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"),
    *("WORKFLOW_EXECUTION_UPDATE_ACCEPTED", "WORKFLOW_EXECUTION_SIGNALED", "WORKFLOW_EXECUTION_CONTINUED_AS_NEW"),
}
WALK = [
    *("approval", "notice", "freeze", "export", "deprovision", "terminate", "settle", "retrieval"),
    *("erase", "certify"),
]


async def test_modes_2_a_whole_stop(here: Running, account: str) -> None:
    play = await begun(here, account)
    words = personal_words(here, account)
    waiting = await play.to_gates_but()
    told = await play.attributes()
    assert {told[f"Farewell{name}"] for name in ("Account", "Manager", "Mode")} == {account, "ana", "stop"}
    assert (told["FarewellStage"], told["FarewellWaitingFor"]) == (Stage.RETRIEVAL, "customer")
    assert told["FarewellEffectiveDate"] == waiting.agreed.dates["effective_date"]
    await play.window_over()
    await play.certified()
    await is_closed(here, play)
    await cost_little_and_name_nobody(here, play, words)


async def is_closed(here: Running, play: Exit) -> None:
    """All stages in their order, everything gone, the case closed."""
    assert stages_of(here, play.case) == WALK
    assert [task for task in here.connections.cases.case(play.account)["state"]["tasks"] if task["blocking"]] == []
    assert (await play.attributes())["FarewellStage"] == Stage.CERTIFY
    assert here.connections.cases.case(play.account)["stage"] == Stage.CLOSED
    assert package_of(here, play.account) == []
    assert personal_words(here, play.account) == []
    sent = mails_of(here, play.case)
    assert sent[:6] == ["acknowledgement", "plan", "notice", "export_ready", "goodbye", "statement"]
    assert (sent[-1], len(sent)) == ("certificate", len(set(sent)))
    assert "failed" not in {entry.outcome for entry in here.connections.ledger.entries(play.case)}


async def cost_little_and_name_nobody(here: Running, play: Exit, words: list[str]) -> None:
    """At most 130 actions and 165 kB (of these 5 and some 10 for teams that never answer), and no personal data in any payload. Source: CONTRACTS; DESIGN, Security."""
    events = await events_of(here, play.case)
    assert sum(kind_of(event) in ACTIONS for event in events) <= 130
    assert sum(event.ByteSize() for event in events) < 165_000
    raw = b"".join(event.SerializeToString() for event in events).lower()
    assert [word for word in words if word.lower().encode() in raw] == []
    assert play.account.encode() in raw


async def test_twenty_starts_at_once_are_one_exit(here: Running, account: str) -> None:
    before = cases_of(here, account)
    asked = Asked(account, "ana", Mode.STOP, Reason.PRICE, None, None, None)
    starts = [asyncio.to_thread(begin, here.connections, asked) for _ in range(20)]
    await asyncio.gather(*starts)
    play = Exit(here, account)
    await play.reach(Stage.APPROVAL)
    assert await asyncio.to_thread(begin, here.connections, asked) is False
    assert cases_of(here, account) == [play.case, *before]
    assert len(await runs_of(here, play.case)) == 1
    assert actions_of(here, play.case).count("make_plan") == 1
    await play.back("withdraw", Stage.WITHDRAWN)


def cases_of(here: Running, account: str) -> list[str]:
    return [row["id"] for row in here.connections.cases.cases() if row["account"] == account]
