"""A pause: everything kept, nothing charged, nobody signs in, until a date that may move. Source: DOMAIN modes.1."""

from datetime import datetime

import pytest

from commands.refused import Refused
from devstack.running import Running
from models.updates import Reschedule, Undo
from models.vocabulary import CredentialClass, Mode, Stage, WaitKind
from tests.workflow.exits import DAY, WORD, Exit, begun
from tests.workflow.records import amounts_of, contracts_of, credentials_of, mails_of, rows_of, stages_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
CLOSED = {CredentialClass.SIGN_IN, CredentialClass.SESSION}
WALK = ["approval", "notice", "freeze", "paused", "resumed"]


def standing(here: Running, account: str) -> tuple[object, ...]:
    """All that a pause must give back as it was."""
    return rows_of(here, account), contracts_of(here, account), amounts_of(here, account)


async def has_resumed(here: Running, play: Exit, before: tuple[object, ...]) -> None:
    await play.reach(Stage.RESUMED)
    await play.ended()
    assert standing(here, play.account) == before
    assert here.connections.contracts.state(play.account) == "active"
    assert here.connections.cases.case(play.account)["ended_at"] is not None


async def test_modes_1_a_pause_keeps_everything_and_resumes_by_itself(here: Running, account: str) -> None:
    before = standing(here, account)
    play = await begun(here, account, Mode.PAUSE)
    state = await play.paused()
    dates, waits = state.agreed.dates, state.waiting_for
    assert (waits.kind, waits.who, waits.until) == (WaitKind.DATE, "the calendar", dates["resume"])
    assert here.connections.contracts.state(account) == "read_only"
    assert {kind for kind, closed in credentials_of(here, account) if closed} <= CLOSED
    assert all(closed for kind, closed in credentials_of(here, account) if kind == CredentialClass.SESSION)
    assert contracts_of(here, account) == before[1]
    await play.move(state.agreed.openings["resume_reminder"])
    await play.until(lambda s: "resume_reminder.1" in s.sent)
    assert (await play.state()).stage is Stage.PAUSED
    await play.move(dates["resume"])
    await has_resumed(here, play, before)
    assert stages_of(here, play.case) == WALK
    assert mails_of(here, play.case) == ["acknowledgement", "paused", "resume_reminder", "welcome_back"]


async def test_modes_1_a_clock_that_jumps_past_the_end_resumes_once(here: Running, account: str) -> None:
    before = standing(here, account)
    play = await begun(here, account, Mode.PAUSE)
    state = await play.paused()
    await play.move(state.agreed.dates["resume"] + 30 * DAY)
    await has_resumed(here, play, before)
    assert mails_of(here, play.case).count("welcome_back") == 1
    assert stages_of(here, play.case) == WALK


async def test_modes_1_the_customer_comes_back_early_and_pauses_again_within_limits(
    here: Running, account: str
) -> None:
    before = standing(here, account)
    for _ in range(2):
        play = await begun(here, account, Mode.PAUSE)
        await play.paused()
        assert (await play.refused("customer", "withdraw", Undo, reason=WORD)).type == "stage"
        await play.back("resume", Stage.RESUMED)
        await has_resumed(here, play, before)
        assert mails_of(here, play.case) == ["acknowledgement", "paused", "welcome_back"]
    with pytest.raises(Refused, match="2 pauses"):
        await begun(here, account, Mode.PAUSE)


async def test_modes_1_the_customer_moves_the_end_within_the_limits(here: Running, account: str) -> None:
    before = standing(here, account)
    play = await begun(here, account, Mode.PAUSE)
    first = (await play.paused()).agreed
    later, too_late = (first.dates["effective_date"] + days * DAY for days in (170, 181))
    no = await play.refused("customer", "reschedule", Reschedule, to=too_late.date())
    assert (no.type, "180 days at most" in no.message) == ("plan_refused", True)
    await play.say("customer", "reschedule", Reschedule, to=later.date())
    state = await play.until(lambda s: s.waiting_for is not None and s.waiting_for.until > first.dates["resume"])
    assert (state.stage, state.proposed, state.agreed.dates["resume"].date()) == (Stage.PAUSED, None, later.date())
    await play.move(first.dates["resume"] + DAY)
    assert (await play.state()).stage is Stage.PAUSED
    told = here.connections.cases.case(account)["state"]["waiting_for"]["until"]
    assert datetime.fromisoformat(told) == state.agreed.dates["resume"]
    await play.move(state.agreed.dates["resume"])
    await has_resumed(here, play, before)
    assert mails_of(here, play.case) == ["acknowledgement", "paused", "paused", "resume_reminder", "welcome_back"]


async def test_modes_1_before_it_begins_a_pause_is_moved_with_approval_or_withdrawn(
    here: Running, account: str
) -> None:
    before = standing(here, account)
    play = await begun(here, account, Mode.PAUSE)
    old = (await play.plan_agreed()).agreed
    to = (old.dates["effective_date"] + 9 * DAY).date()
    await play.say("customer", "reschedule", Reschedule, to=to)
    state = await play.state()
    assert (state.agreed, state.proposed.dates["resume"]) == (old, old.dates["resume"])
    await play.approved()
    await play.move(old.dates["effective_date"] + DAY)
    assert (await play.state()).stage is Stage.NOTICE
    await play.back("withdraw", Stage.WITHDRAWN)
    assert standing(here, account) == before
