"""Our own people beside an exit: briefed, asked, reminded, left alone once they have answered. Source: SEEDS 001, 002."""

from datetime import UTC, timedelta

import pytest

from devstack.running import Running
from models.case import CaseState, Task
from models.messages import Kept
from models.updates import Reschedule
from models.vocabulary import TO_OURS, Stage, TaskKind, TaskOutcome, Team
from rules.owners import OWNERS
from tests.workflow.exits import Exit, begun, still_to_do
from tests.workflow.records import actions_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
PEOPLE = {Team.FINANCE: "bruno", Team.SECURITY: "eva", Team.LEGAL: "dora", Team.CUSTOMER_SUCCESS: "ana"}


def asked(state: CaseState) -> dict[Team, Task]:
    return {task.team: task for task in state.tasks if task.kind is TaskKind.STAKEHOLDER and task.team}


def ours(here: Running, case: str) -> list[Kept]:
    """What our own people got, in order."""
    return [mail for mail in here.connections.outbox.messages(case) if mail.kind in TO_OURS]


def to(mails: list[Kept]) -> list[str]:
    return sorted((mail.recipient or "").partition("@")[0] for mail in mails)


async def until_asked(play: Exit) -> dict[Team, Task]:
    return asked(await play.until(lambda s: len(asked(s)) == len(Team)))


async def test_the_teams_are_asked_reminded_and_escalated_and_who_has_answered_is_left_alone(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    tasks = await until_asked(play)
    first = ours(here, play.case)
    assert first[0].message_id.startswith(f"{play.case}.briefing.1@"), "the manager is told first"
    assert to(first[1:]) == ["administracion", "clientes", "juridico", "seguridad"]
    assert {team: task.owner for team, task in tasks.items()} == OWNERS
    assert all(not task.blocking and task.cause and task.due and task.remind_at for task in tasks.values())
    for team in (Team.FINANCE, Team.LEGAL):
        await play.resolve(tasks[team], PEOPLE[team], TaskOutcome.DONE)
    await play.move(min(task.remind_at for task in asked(await play.state()).values()))
    await play.until(lambda s: all(task.told == 1 for task in asked(s).values()))
    assert to(ours(here, play.case)[5:]) == ["clientes", "seguridad"]
    await play.resolve(tasks[Team.SECURITY], PEOPLE[Team.SECURITY], TaskOutcome.SKIP)
    await play.move(tasks[Team.CUSTOMER_SUCCESS].due)
    await play.until(lambda s: all(task.told for task in asked(s).values()))
    await play.until(lambda s: [task.told for task in asked(s).values()] == [2])
    manager = here.connections.directory.facts(account).account.manager
    address = here.connections.directory.person(manager).email
    assert [mail.recipient for mail in ours(here, play.case)[7:]] == [address]
    assert (await play.state()).stage is Stage.NOTICE, "the exit waits for none of them"
    await play.to_date("effective_date")
    await play.reach(Stage.SETTLE)
    assert len(ours(here, play.case)) == 8
    assert [actions_of(here, play.case).count(name) for name in ("brief", "remind_teams")] == [1, 2]
    state = await play.back("reinstate", Stage.REINSTATED)
    assert asked(state) == {}
    assert to(ours(here, play.case)[8:]) == sorted(
        ["administracion", "clientes", "juridico", "seguridad", address.partition("@")[0]]
    )


async def test_another_date_is_told_to_whoever_still_has_something_to_do(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    tasks = await until_asked(play)
    await play.resolve(tasks[Team.FINANCE], PEOPLE[Team.FINANCE], TaskOutcome.DONE)
    later = tasks[Team.LEGAL].due.astimezone(UTC).date() + timedelta(days=40)
    await play.say("ana", "reschedule", Reschedule, to=later)
    await play.approved()
    state = await play.until(lambda s: s.briefed == 2 and all(t.due != tasks[t.team].due for t in asked(s).values()))
    assert sorted(asked(state)) == [Team.CUSTOMER_SUCCESS, Team.LEGAL, Team.SECURITY]
    assert {task.id for task in asked(state).values()} < {task.id for task in tasks.values()}, "the same tasks"
    second = [mail for mail in ours(here, play.case) if ".2@" in mail.message_id]
    assert len(second) == 4
    assert still_to_do(state) == []
    await play.back("withdraw", Stage.WITHDRAWN)
