"""Silence never erases. Source: DOMAIN stages.1."""

import pytest

from devstack.running import Running
from models.updates import Extend, RetrievalWord
from models.vocabulary import Gate, Stage, TaskKind
from tests.workflow.exits import DAY, WORD, begun, still_to_do
from tests.workflow.records import mails_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_year_of_silence_erases_nothing_until_compliance_records_a_waiver(here: Running, account: str) -> None:
    play = await begun(here, account)
    state = await play.to_retrieval()
    await play.move(state.agreed.openings["retrieval_reminder"])
    await play.until(lambda s: s.reminded)
    await play.window_over()
    state = await play.until(lambda s: bool(still_to_do(s)))
    assert [(task.kind, task.blocking) for task in still_to_do(state)] == [(TaskKind.SILENCE, False)]
    await play.approve(Gate.ERASURE, "carla", "dora")
    kept = rows_of(here, account)
    await play.move(state.retrieval_end + 365 * DAY)
    state = await play.state()
    assert (state.stage, len(still_to_do(state)), rows_of(here, account)) == (Stage.RETRIEVAL, 1, kept)
    assert mails_of(here, play.case).count("retrieval_reminder") == 1
    assert (await play.refused("ana", "waive_export", RetrievalWord, evidence=WORD)).type == "role"
    await play.say("dora", "waive_export", RetrievalWord, evidence=WORD)
    await play.certified()


async def test_an_extension_moves_the_window_its_reminder_and_the_task(here: Running, account: str) -> None:
    play = await begun(here, account)
    state = await play.to_retrieval()
    until = state.retrieval_end + 20 * DAY
    assert (await play.refused("ana", "extend", Extend, until=state.retrieval_end)).type == "not_later"
    await play.say("customer", "extend", Extend, until=until)
    await play.move(state.retrieval_end + DAY)
    state = await play.state()
    assert (state.retrieval_end, state.reminded, still_to_do(state)) == (until, False, [])
    await play.move(until)
    state = await play.until(lambda s: bool(still_to_do(s)))
    assert (await play.written("retrieval_reminder")).count("retrieval_reminder") == 1
    await play.back("reinstate", Stage.REINSTATED)
