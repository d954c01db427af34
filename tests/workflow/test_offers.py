"""The one offer on a running exit: answered once, kept before the case ends, measured. Source: DOMAIN messages.4."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date

from activities.offers import make_offer
from activities.wording import locale_of
from devstack.running import Running
from models.offers import Offer
from models.updates import AnswerOffer, ContactPreference, Reschedule
from models.vocabulary import Mode, OfferKind, Reason, Stage, TaskKind, TaskOutcome
from rules.offer_answers import PROMISE, answer_of
from tests.workflow.exits import DAY, Exit, begun
from tests.workflow.held_up import HeldUp
from tests.workflow.records import mails_of, rows_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def offered(here: Running, play: Exit, reason: Reason | None = None) -> Offer:
    """The offer, as the page makes it once the customer has said why they leave."""
    if reason is not None:
        await play.say("customer", "set_contact_preference", ContactPreference, reason=reason)
    state = await play.state()
    offer = await asyncio.to_thread(make_offer, here.connections, play.row, state, datetime.now(UTC))
    assert offer is not None
    return offer


async def answered(play: Exit, offer: Offer, *, accepted: bool, **other: object) -> None:
    await play.say("customer", "answer_offer", AnswerOffer, **{**answer_of(offer, accepted=accepted), **other})


def acts(here: Running, case: str, action: str) -> int:
    return sum(entry.action == action for entry in here.connections.ledger.entries(case))


async def test_messages_4_who_accepts_stays_and_the_case_ends_once_the_promise_is_kept(
    here: Running, account: str
) -> None:
    before, offers = rows_of(here, account), here.connections.offers
    play = await begun(here, account)
    await play.plan_agreed()
    offer = await offered(here, play)
    assert (offer.kind, offer.reason) == (OfferKind.DISCOUNT, Reason.PRICE)
    assert await offered(here, play) == offer
    await answered(play, offer, accepted=True)
    task = await play.parked(TaskKind.STAKEHOLDER)
    state = await play.state()
    assert (task.step, state.stage, state.promised) == (PROMISE, Stage.NOTICE, OfferKind.DISCOUNT)
    assert here.connections.cases.case(account)["ended_at"] is None
    assert here.connections.contracts.state(account) == "active"
    assert (offers.of(play.case).answer, offers.of(play.case).kept_at) == ("accepted", None)
    await play.resolve(task, "ana", TaskOutcome.DONE)
    state = await play.reach(Stage.WITHDRAWN)
    assert state.tasks == ()
    assert offers.of(play.case).kept_by == "ana"
    assert rows_of(here, account) == before
    await play.written("welcome_back")
    assert [acts(here, play.case, each) for each in ("offer_made", "answer_offer")] == [1, 1]


async def test_messages_4_a_promise_that_is_kept_at_once_ends_the_case(here: Running, account: str) -> None:
    """Somebody does it while the read model is still being told of it."""
    play = await begun(here, account)
    await play.plan_agreed()
    offer = await offered(here, play)
    async with HeldUp(here.connections.cases, "record", account) as telling:
        await answered(play, offer, accepted=True)
        await telling.began()
        await play.resolve(await play.parked(TaskKind.STAKEHOLDER), "ana", TaskOutcome.DONE)
    await play.reach(Stage.WITHDRAWN)
    await play.ended()


async def test_messages_4_a_no_changes_nothing_and_is_never_asked_again(here: Running, account: str) -> None:
    play = await begun(here, account)
    agreed = (await play.plan_agreed()).agreed
    offer = await offered(here, play)
    await answered(play, offer, accepted=False)
    state = await play.state()
    assert (state.agreed, state.undo, state.promised) == (agreed, None, None)
    assert [task for task in state.tasks if task.step == PROMISE] == []
    for accepted in (True, False):
        no = await play.refused("customer", "answer_offer", AnswerOffer, **answer_of(offer, accepted=accepted))
        assert no.type == "answered"
    await play.say("customer", "set_contact_preference", ContactPreference, reason=Reason.COMPETITOR)
    assert (await offered(here, play)).answer == "declined"
    await play.back("withdraw", Stage.WITHDRAWN)


async def test_messages_4_an_offer_that_is_over_or_comes_after_the_freeze_is_not_accepted(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    offer = await offered(here, play)
    over = {**answer_of(offer, accepted=True), "until": datetime.now(UTC) - timedelta(seconds=1)}
    assert (await play.refused("customer", "answer_offer", AnswerOffer, **over)).type == "offer_over"
    await play.to_date("effective_date")
    await play.reach(Stage.SETTLE)
    late = {**answer_of(offer, accepted=True), "until": None}
    assert (await play.refused("customer", "answer_offer", AnswerOffer, **late)).type == "too_late"
    await answered(play, offer, accepted=False)
    await play.back("reinstate", Stage.REINSTATED)


async def test_messages_4_an_accepted_pause_begins_by_itself_with_an_approval_of_its_own(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    offer = await offered(here, play, Reason.TOO_LITTLE_USE)
    assert (offer.kind, offer.reason) == (OfferKind.PAUSE, Reason.TOO_LITTLE_USE)
    await answered(play, offer, accepted=True)
    await play.until(lambda s: s.stage is Stage.WITHDRAWN)
    await play._handle.result()
    pause = Exit(here, account)
    assert (pause.case, pause.row["mode"], pause.row["stage"]) != (play.case, play.row["mode"], Stage.WITHDRAWN)
    state = await pause.paused()
    assert (state.mode, state.requested_by) == (Mode.PAUSE, "customer")
    days = state.agreed.dates["resume"].date() - state.agreed.dates["effective_date"].date()
    assert days == timedelta(days=offer.terms.days)
    assert here.connections.offers.of(play.case).kept_by == "farewell"
    assert "welcome_back" not in mails_of(here, play.case)
    assert (await pause.attributes())["FarewellAccount"] == account
    await pause.back("resume", Stage.RESUMED)


async def told_in(here: Running, play: Exit, at: datetime) -> bool:
    """Whether the newest plan's mail says that day."""
    reader = here.connections.outbox.reader(play.case, play.account)
    await play.until(lambda _: mails_of(here, play.case).count("plan") == 2)
    newest = [mail for mail in here.connections.outbox.messages(play.case) if mail.kind == "plan"][-1]
    day = format_date(
        at.astimezone(ZoneInfo(reader.timezone)), "long", locale=locale_of(newest.language, reader.country)
    )
    return day in " ".join((newest.text or "").split())


async def test_messages_4_more_time_moves_the_window_and_holds_for_each_later_plan(here: Running, account: str) -> None:
    play = await begun(here, account)
    agreed = (await play.plan_agreed()).agreed
    offer = await offered(here, play, Reason.COMPANY_CLOSED)
    await answered(play, offer, accepted=True)
    longer = (await play.state()).agreed
    by = offer.terms.days * DAY
    assert longer.dates["retrieval_end"] == agreed.dates["retrieval_end"] + by
    assert longer.dates["effective_date"] == agreed.dates["effective_date"]
    await play.say("customer", "reschedule", Reschedule, to=agreed.dates["effective_date"].date() + 9 * DAY)
    proposed = (await play.state()).proposed
    moved = (await play.approved()).agreed
    assert moved.dates["retrieval_end"] == proposed.dates["retrieval_end"] + by
    assert await told_in(here, play, moved.dates["erasure"])
    await play.back("withdraw", Stage.WITHDRAWN)


async def test_messages_4_money_back_is_a_task_beside_the_exit_which_goes_on(here: Running, account: str) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    offer = await offered(here, play, Reason.SERVICE_QUALITY)
    await answered(play, offer, accepted=True)
    state = await play.state()
    (task,) = (each for each in state.tasks if each.step == PROMISE)
    assert (state.stage, task.blocking, state.undo) == (Stage.NOTICE, False, None)
    await play.resolve(task, "ana", TaskOutcome.DONE)
    assert here.connections.offers.of(play.case).kept_by == "ana"
    await play.back("withdraw", Stage.WITHDRAWN)
