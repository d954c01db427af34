"""When a message may arrive. DOMAIN messages.2, messages.5; ADR 0027."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.policy import Cadence, read_policy
from models.vocabulary import Channel, MailKind
from rules.calendar import is_working_day
from rules.hours import AT_ONCE, goes_at_once, hours, opening

CADENCE = read_policy(Path(__file__).parents[2] / "policy.toml").cadence[0]
YEAR = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds it
ZONES = ["Europe/Madrid", "America/Mexico_City", "Asia/Tokyo", "Asia/Kuwait", "Pacific/Apia", "Australia/Lord_Howe"]
HOUR = st.none() | st.integers(0, 24)


class Who(NamedTuple):
    timezone: str = "Europe/Madrid"
    country: str = "ES"
    hours_from: int | None = None
    hours_to: int | None = None


def at(day: int, hour: int, minute: int = 0, month: int = 11, zone: str = "Europe/Madrid") -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (at(24, 10, 17), at(24, 10, 17)),  # a Tuesday morning: now
        (at(24, 0), at(24, 9)),  # midnight: that morning
        (at(24, 18), at(25, 9)),  # the last hour is over: the next
        (at(20, 20), at(23, 9)),  # Friday evening: Monday
        (at(22, 12), at(23, 9)),  # Sunday noon
        (at(7, 23, month=12), at(9, 9, month=12)),  # the 8th of December is a holiday in Spain
        (at(24, 20, month=12), at(28, 9, month=12)),  # Christmas, then a weekend
    ],
)
def test_messages_5_nights_weekends_and_holidays_of_the_contact_are_skipped(moment, opens):
    assert opening(moment, Who(), CADENCE) == opens


def test_messages_5_it_is_the_contact_s_clock_that_counts():
    here = at(24, 8, zone="UTC")  # nine in Madrid, two at night in Mexico
    assert opening(here, Who(), CADENCE) == here
    assert opening(here, Who("America/Mexico_City", "MX"), CADENCE) == at(24, 9, zone="America/Mexico_City")


def test_messages_2_the_contact_s_own_hours_count_too():
    assert hours(Who(hours_from=16), CADENCE) == (16, 18)
    assert opening(at(24, 9), Who(hours_from=16, hours_to=24), CADENCE) == at(24, 16)
    assert opening(at(24, 12), Who(hours_to=11), CADENCE) == at(25, 9)


def test_messages_2_where_our_hours_and_theirs_do_not_meet_theirs_count():
    assert opening(at(24, 9), Who(hours_from=20, hours_to=22), CADENCE) == at(24, 20)
    assert opening(at(24, 23), Who(hours_from=20, hours_to=24), CADENCE) == at(24, 23)


@pytest.mark.parametrize(("first", "last"), [(18, 9), (0, 0), (12, 12)])
def test_hours_that_are_none_leave_ours(first, last):
    assert hours(Who(hours_from=first, hours_to=last), CADENCE) == (9, 18)


@given(moment=YEAR, zone=st.sampled_from(ZONES), country=st.sampled_from(["ES", "KW", "XX"]), first=HOUR, last=HOUR)
def test_messages_5_an_opening_is_the_first_instant_that_is_allowed(moment, zone, country, first, last):
    who = Who(zone, country, first, last)
    opens = opening(moment, who, CADENCE)
    begins, ends = hours(who, CADENCE)
    assert opens >= moment
    assert opening(opens, who, CADENCE) == opens
    assert is_working_day(opens.date(), country)
    assert begins <= opens.hour < ends or opens == moment
    if opens > moment:
        just_before = (opens.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
        allowed = is_working_day(just_before.date(), country) and begins <= just_before.hour < ends
        assert not allowed or just_before < moment


def test_an_hour_that_the_clock_jumps_over_is_one_that_exists():
    early = Cadence.model_validate({**CADENCE.model_dump(), "earliest_hour": 2, "latest_hour": 4})
    night = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/Madrid"))  # a Sunday: the clock goes from 2 to 3
    weekday = Who(country="KW")  # where one works on Sundays
    assert opening(night, weekday, early) == datetime(2026, 3, 29, 3, tzinfo=ZoneInfo("Europe/Madrid"))


@pytest.mark.parametrize("kind", MailKind)
def test_messages_1_what_answers_an_act_goes_at_once_but_a_phone_rings_at_night_for_the_acknowledgement_alone(kind):
    assert goes_at_once(kind, Channel.EMAIL) == (kind in AT_ONCE)
    for channel in (Channel.SMS, Channel.WHATSAPP, Channel.PHONE):
        assert goes_at_once(kind, channel) == (kind is MailKind.ACKNOWLEDGEMENT)
        assert goes_at_once(kind, channel, answers=True)
