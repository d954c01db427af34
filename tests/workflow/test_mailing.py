"""Messages wait for their hour beside the walk, and for whoever calls. DOMAIN messages.2, messages.5; ADR 0027."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from connectors.store.sessions import writing
from devstack.running import Running
from models.tables.accounts import ContactRow
from models.updates import ContactPreference, Undo
from models.vocabulary import Channel, Role, Stage, TaskKind, TaskOutcome
from tests.workflow.exits import WORD, Exit, begun
from tests.workflow.held_up import HeldUp
from tests.workflow.records import mails_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
AT_NIGHT = ("export_ready.1", "goodbye.1")


async def at_the_end(here: Running, account: str) -> Exit:
    """Just after the midnight of the effective date, with all access closed."""
    play = await begun(here, account)
    await play.plan_agreed()
    await play.to_date("effective_date")
    await play.reach(Stage.SETTLE)
    return play


async def test_messages_5_the_goodbye_waits_for_its_hour_and_the_walk_does_not(here: Running, account: str) -> None:
    play = await at_the_end(here, account)
    state = await play.state()
    opens = state.agreed.openings["effective_date"]
    assert state.delayed == dict.fromkeys(AT_NIGHT, opens)
    assert opens > state.agreed.dates["effective_date"]
    await play.move(opens)
    await play.written("goodbye")
    sent = {m.kind: m.sent_at for m in here.connections.outbox.messages(play.case)}
    assert sent["goodbye"] >= opens
    await play.back("reinstate", Stage.REINSTATED)


async def test_messages_5_who_goes_back_by_night_is_not_told_goodbye_in_the_morning(
    here: Running, account: str
) -> None:
    play = await at_the_end(here, account)
    state = await play.back("reinstate", Stage.REINSTATED)
    assert state.delayed == {}
    sent = mails_of(here, play.case)
    assert {"goodbye", "export_ready"} & set(sent) == set()
    assert "welcome_back" in sent


async def test_messages_5_who_goes_back_while_the_goodbye_is_being_tried_is_not_told_it_later_either(
    here: Running, account: str
) -> None:
    """Its hours were chosen since the plan, so the attempt answers: not now."""
    play = await at_the_end(here, account)
    opens = (await play.state()).agreed.openings["effective_date"]
    latest = {"hours_from": 22, "hours_to": 24}
    await play.say("customer", "set_contact_preference", ContactPreference, **latest)
    async with HeldUp(here.connections.cases, "plan", play.case) as hanging:
        moving = asyncio.create_task(play.move(opens))
        await hanging.began()
        await play.say("customer", "reinstate", Undo, reason=WORD)
        await play.until(lambda s: s.undo is not None and not s.delayed)
    await moving
    await play.ended()
    assert {"goodbye", "export_ready"} & set(mails_of(here, play.case)) == set()
    reached_at(here, account, hours_from=None, hours_to=None)


async def test_messages_1_who_stays_is_welcomed_by_their_channel_at_any_hour_and_the_case_ends(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    await play.written("notice")
    zone = ZoneInfo(here.connections.outbox.reader(play.case, account).timezone)
    first = (datetime.now(zone).hour + 2) % 24  # neither this hour nor the next
    closed = {"hours_from": first, "hours_to": first + 1}
    reached_at(here, account, channel=Channel.WHATSAPP, phone="+34 600 11 22 33", **closed)
    await play.back("withdraw", Stage.WITHDRAWN)
    (welcome,) = (m for m in here.connections.outbox.messages(play.case) if m.kind == "welcome_back")
    assert (welcome.state, welcome.channel) == ("sent", Channel.WHATSAPP)
    reached_at(here, account, channel=Channel.EMAIL, hours_from=None, hours_to=None)


@pytest.mark.parametrize(("outcome", "stands"), [(TaskOutcome.DONE, "sent"), (TaskOutcome.SKIP, "skipped")])
async def test_messages_2_a_call_is_a_task_of_the_account_manager(
    here: Running, account: str, outcome: TaskOutcome, stands: str
) -> None:
    reached_at(here, account, phone="+34 600 11 22 33")
    play = await begun(here, account, channel=Channel.PHONE)
    state = await play.until(lambda s: any(task.kind is TaskKind.PHONE_CALL for task in s.tasks))
    task = next(task for task in state.tasks if task.kind is TaskKind.PHONE_CALL)
    assert (task.owner, task.blocking, task.step) == (Role.ACCOUNT_MANAGER, False, "call_acknowledgement.1")
    assert "farewell message script ACCOUNT acknowledgement" in task.fix
    assert (await play.resolve_refused(task, "ana", TaskOutcome.RETRY)).type == "outcome"
    await play.resolve(task, "ana", outcome)
    await play.until(lambda s: not any(each.id == task.id for each in s.tasks))
    await play.approved()
    await play.back("withdraw", Stage.WITHDRAWN)
    (said,) = (m for m in here.connections.outbox.messages(play.case) if m.kind == "acknowledgement")
    assert (said.state, said.channel) == (stands, Channel.PHONE)
    assert {m.channel for m in here.connections.outbox.messages(play.case) if m.kind == "notice"} <= {Channel.EMAIL}
    entries = [
        e.subject for e in here.connections.ledger.entries(play.case) if e.action in ("send_message", "note_call")
    ]
    assert "acknowledgement:to_call" in entries
    assert ("acknowledgement" if stands == "sent" else "acknowledgement:skipped:not_reached") in entries
    reached_at(here, account, channel=Channel.EMAIL)


def reached_at(here: Running, account: str, **chosen: object) -> None:
    with writing(here.connections.engine) as session:
        main = (col(ContactRow.account) == account, col(ContactRow.kind) == "main")
        for row in session.exec(select(ContactRow).where(*main)):
            row.sqlmodel_update(chosen)
