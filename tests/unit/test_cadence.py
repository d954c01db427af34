"""DOMAIN messages.5: follow-ups arrive in working hours, in order, and end."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.policy import Cadence
from models.vocabulary import MailKind
from rules.cadence import follow_ups, taken_days
from rules.hours import Whose

PLACES = [
    ("ES", "Europe/Madrid"),
    ("DE", "Europe/Berlin"),
    ("US", "America/Los_Angeles"),
    ("KW", "Asia/Kuwait"),
    ("JP", "Asia/Tokyo"),
    ("MX", "America/Mexico_City"),
    ("XX", "Pacific/Kiritimati"),
]
CLAUSE = partial(Cadence, rule="messages.5", citation="house policy", valid_from=date(2025, 1, 1))
CADENCE = CLAUSE(
    thanks_days=4, survey_reminder_days=11, come_back_days=150, earliest_hour=9, latest_hour=18, max_touches=4
)
MADRID = Whose("Europe/Madrid", "ES")
instants = st.datetimes(datetime(2026, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
days = st.integers(1, 400)
cadences = st.builds(
    CLAUSE,
    thanks_days=days,
    survey_reminder_days=days,
    come_back_days=days,
    earliest_hour=st.integers(6, 11),
    latest_hour=st.integers(12, 22),
    max_touches=st.integers(1, 4),
)


def weekend(country: str) -> set[int]:
    return {4, 5} if country == "KW" else {5, 6}


@given(instants, cadences, st.sampled_from(PLACES), st.booleans())
def test_messages_5_never_at_night_on_a_weekend_or_a_holiday(goodbye, cadence, place, come_back):
    country, zone = place
    closed = {} if country == "XX" else holidays.country_holidays(country)
    for touch in follow_ups(goodbye, cadence, Whose(zone, country), come_back=come_back):
        local = touch.at.astimezone(ZoneInfo(zone))
        assert cadence.earliest_hour <= local.hour < cadence.latest_hour
        assert local.weekday() not in weekend(country)
        assert local.date() not in closed


@given(instants, cadences, st.sampled_from(PLACES), st.booleans())
def test_messages_5_after_the_goodbye_in_order_one_a_day_and_capped(goodbye, cadence, place, come_back):
    country, zone = place
    touches = follow_ups(goodbye, cadence, Whose(zone, country), come_back=come_back)
    days = [touch.at.astimezone(ZoneInfo(zone)).date() for touch in touches]
    assert all(touch.at > goodbye for touch in touches)
    assert days == sorted(set(days))
    assert len(touches) == min(cadence.max_touches, 3 if come_back else 2)


@given(instants, cadences, st.sampled_from(PLACES))
def test_messages_5_come_back_is_planned_for_those_only_who_said_yes(goodbye, cadence, place):
    touches = follow_ups(goodbye, cadence, Whose(place[1], place[0]), come_back=False)
    assert MailKind.COME_BACK not in {touch.kind for touch in touches}


def test_messages_5_moves_over_christmas_and_the_weekend_behind_it():
    goodbye = datetime(2026, 12, 21, 11, 15, tzinfo=ZoneInfo("Europe/Madrid"))
    thanks = follow_ups(goodbye, CADENCE, MADRID, come_back=True)[0]
    assert thanks.at == datetime(2026, 12, 28, 11, 15, tzinfo=ZoneInfo("Europe/Madrid"))


@pytest.mark.parametrize("hour", [0, 3, 18, 23])
def test_messages_5_a_goodbye_at_night_is_followed_up_in_the_morning(hour):
    goodbye = datetime(2026, 11, 2, hour, 30, tzinfo=ZoneInfo("Europe/Madrid"))
    thanks = follow_ups(goodbye, CADENCE, MADRID, come_back=True)[0]
    assert thanks.at == datetime(2026, 11, 6, 9, 0, tzinfo=ZoneInfo("Europe/Madrid"))


def test_messages_5_keeps_the_local_hour_over_a_change_of_the_clock():
    goodbye = datetime(2026, 10, 15, 10, 0, tzinfo=ZoneInfo("Europe/Madrid"))
    thanks, note = follow_ups(goodbye, CADENCE, MADRID, come_back=False)
    assert (thanks.at.utcoffset(), note.at.utcoffset()) == (timedelta(hours=2), timedelta(hours=1))
    assert {thanks.at.hour, note.at.hour} == {10}


@given(instants, cadences, st.sampled_from(PLACES), st.integers(0, 23), st.integers(1, 24))
def test_messages_2_within_the_hours_that_the_contact_chose(goodbye, cadence, place, begins, length):
    within = begins, min(24, begins + length)
    country, zone = place
    for touch in follow_ups(goodbye, cadence, Whose(zone, country, *within), come_back=True):
        assert within[0] <= touch.at.astimezone(ZoneInfo(zone)).hour < within[1]


def test_messages_5_nobody_gets_two_messages_on_one_morning():
    zone = ZoneInfo("Europe/Madrid")
    dates = {"late_usage_end": datetime(2026, 12, 26, tzinfo=zone), "erasure": datetime(2027, 1, 23, tzinfo=zone)}
    taken = taken_days(dates, MADRID, CADENCE)
    assert taken == {date(2026, 12, 28), date(2027, 1, 25)}
    thanks, note = follow_ups(datetime(2026, 12, 23, 9, tzinfo=zone), CADENCE, MADRID, come_back=False, taken=taken)
    assert (thanks.at.date(), note.at.date()) == (date(2026, 12, 29), date(2027, 1, 4))
