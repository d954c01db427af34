"""Which messages a preview promises, in each way out. DOMAIN messages.5, modes.1, modes.3."""

from datetime import date, timedelta

import pytest

from activities.announcements import announced
from models.vocabulary import Cause, Mode
from rules.hours import Whose, opening
from rules.plan import commit
from rules.wish import Wish
from tests.unit.sample_facts import INVENTORY, POLICY, facts

FOR_CAUSE = ["plan", "export_ready", "goodbye", "statement", "certificate"]


def messages(mode, **wish):
    wished = Wish(mode=mode, requested_on=date(2026, 11, 5), **wish)
    return announced(facts(), commit(facts(), wished, POLICY, INVENTORY), POLICY)


def kinds(mode, **wish):
    return [message.kind for message in messages(mode, **wish)]


def test_a_stop_announces_all_from_the_acknowledgement_to_the_certificate():
    first = ["acknowledgement", "plan", "notice", "export_ready", "goodbye", "statement"]
    assert kinds(Mode.STOP) == [*first, "thanks", "survey_reminder", "certificate"]


def test_modes_1_a_pause_announces_its_start_a_reminder_and_the_way_back():
    told = messages(Mode.PAUSE, resume_on=date(2027, 1, 31))
    assert [message.kind for message in told] == ["acknowledgement", "paused", "resume_reminder", "welcome_back"]
    reminder, back = told[-2:]
    a_week_before = back.send_at - timedelta(days=POLICY.pause[0].reminder_days)
    assert reminder.send_at == opening(a_week_before, Whose("Europe/Madrid", "ES"), POLICY.cadence[0])
    assert reminder.send_at < back.send_at
    assert (back.send_at.date(), back.subject) == (date(2027, 1, 31), "Your account is back")


def test_modes_1_a_pause_shorter_than_its_reminder_has_none():
    assert "resume_reminder" not in kinds(Mode.PAUSE, resume_on=date(2026, 11, 10))


def test_modes_3_an_eject_on_demand_has_no_notice_and_is_thanked():
    told = kinds(Mode.EJECT, cause=Cause.CUSTOMER_DEMAND)
    assert told == ["acknowledgement", *FOR_CAUSE[:-1], "thanks", "survey_reminder", "certificate"]


@pytest.mark.parametrize("cause", sorted(set(Cause) - {Cause.CUSTOMER_DEMAND}))
def test_messages_5_an_eject_for_cause_announces_nothing_before_the_approval_and_nothing_friendly(cause):
    told = messages(Mode.EJECT, cause=cause)
    assert [message.kind for message in told] == FOR_CAUSE
    assert told[0].subject == "The end of your contract, date by date"


def test_nothing_is_announced_to_nobody():
    alone = facts(contacts=())
    wished = Wish(mode=Mode.STOP, requested_on=date(2026, 11, 5))
    assert announced(alone, commit(alone, wished, POLICY, INVENTORY), POLICY) == ()
