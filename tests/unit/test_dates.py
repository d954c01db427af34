"""Every date of an exit, in the customer's calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dates import DateRefused, after, earliest_effective, exit_dates, midnight
from tests.unit.sample_facts import POLICY, facts

PERIODS = POLICY.jurisdiction("EU")
ZONES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"}))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(DAYS, ZONES)
def test_dates_1_a_local_midnight_exists_and_begins_that_day(day, zone):
    instant = midnight(day, zone)
    local = instant.astimezone(UTC).astimezone(ZoneInfo(zone))
    before = (instant.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    skipped = local.date() > day  # a whole day that a zone left out, such as Apia's 30 December 2011
    assert skipped or (local.date() == day and before.date() < day)


@given(DAYS, st.integers(0, 400))
def test_dates_1_the_day_of_the_event_does_not_count(day, days):
    assert after(day, days) - day == timedelta(days=days + 1)


@given(DAYS, ZONES, st.integers(0, 120))
def test_dates_1_no_window_of_the_customers_is_ever_shortened(day, zone, notice):
    dates = exit_dates(day, None, facts(zone, notice), PERIODS)
    at = {name: planned.at for name, planned in dates.items()}
    an_hour_of_the_clock_change = timedelta(hours=3)
    last_moment_of_the_request = midnight(day + timedelta(days=1), zone)
    assert at["effective_date"] - last_moment_of_the_request >= timedelta(days=notice) - an_hour_of_the_clock_change
    a_package_at_the_last_minute = at["effective_date"] + timedelta(days=1)
    left = at["retrieval_end"] - a_package_at_the_last_minute
    assert left >= timedelta(days=PERIODS.retrieval.days) - an_hour_of_the_clock_change


@given(DAYS, ZONES)
def test_dates_3_the_order_of_the_dates_is_that_of_the_stages(day, zone):
    dates = exit_dates(day, None, facts(zone), PERIODS)
    order = (
        "requested",
        "notice_end",
        "transition_end",
        "effective_date",
        "late_usage_end",
        "retrieval_end",
        "erasure",
    )
    instants = [dates[name].at for name in order]
    assert instants == sorted(instants)
    assert dates["backups_expire"].at > dates["erasure"].at


def test_dates_2_every_date_names_its_rule_and_its_text():
    dates = exit_dates(date(2026, 11, 22), None, facts(), PERIODS)
    assert all(planned.rule and planned.citation for planned in dates.values())
    assert "25(2)(g)" in dates["retrieval_end"].citation


def test_dates_2_of_several_contracts_the_longest_notice_counts():
    short, long = facts(notice=10).contracts[0], facts(notice=90).contracts[0]
    both = facts(contracts=(short, long))
    assert earliest_effective(date(2026, 1, 1), both, PERIODS) == date(2026, 4, 2)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (date(2026, 12, 23), "2026-12-23T00:00:00+01:00"),
        (date(2027, 3, 28), "2027-03-28T00:00:00+01:00"),
        (date(2027, 3, 29), "2027-03-29T00:00:00+02:00"),
        (date(2028, 2, 29), "2028-02-29T00:00:00+01:00"),
    ],
)
def test_dates_4_an_effective_date_is_resolved_to_an_instant_there(asked, expected):
    dates = exit_dates(date(2026, 11, 22), asked, facts(), PERIODS)
    assert dates["effective_date"].at.isoformat() == expected


@pytest.mark.parametrize(
    ("asked", "why"), [(date(2026, 11, 21), "in the past"), (date(2026, 12, 22), "before the notice")]
)
def test_dates_2_a_date_that_cannot_be_names_the_earliest(asked, why):
    with pytest.raises(DateRefused) as no:
        exit_dates(date(2026, 11, 22), asked, facts(), PERIODS)
    assert why in no.value.why
    assert "2026-12-23" in no.value.fix


def test_dates_1_the_same_instant_is_another_day_at_the_ends_of_the_world():
    now = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
    days = {zone: now.astimezone(ZoneInfo(zone)).date() for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")}
    assert days == {"Pacific/Kiritimati": date(2026, 2, 1), "Pacific/Pago_Pago": date(2026, 1, 30)}
