"""Days, months and working days, as a calendar on the wall has them. Source: TRUST 19."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.policy import Span
from models.vocabulary import PeriodEnd
from rules.calendar import (
    add,
    after_event,
    days_left_out,
    end_of_unit,
    from_midnight,
    is_working_day,
    midnight,
    months_after,
    to_working_day,
)
from rules.dates import after

ZONES = st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"}))
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
COUNTRIES = st.sampled_from(["ES", "DE", "JP", "KW", "US", "IL", "XX"])
SPANS = st.builds(Span, months=st.integers(0, 30), days=st.integers(0, 100), working_days=st.integers(0, 10))


@given(DAYS, ZONES)
@example(date(2011, 12, 30), "Pacific/Apia")
@example(date(2018, 11, 4), "America/Sao_Paulo")
@example(date(2027, 3, 28), "Europe/Madrid")
def test_dates_1_a_local_midnight_exists_and_begins_that_day(day, zone):
    instant = midnight(day, zone)
    local = instant.astimezone(UTC).astimezone(ZoneInfo(zone))
    before = (instant.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    skipped = local.date() > day  # a whole day that a zone left out, such as Apia's 30 December 2011
    assert skipped or (local.date() == day and before.date() < day)


def test_dates_1_the_same_instant_is_another_day_at_the_ends_of_the_world():
    now = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
    days = {zone: now.astimezone(ZoneInfo(zone)).date() for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")}
    assert days == {"Pacific/Kiritimati": date(2026, 2, 1), "Pacific/Pago_Pago": date(2026, 1, 30)}


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"),  # the clock jumps over midnight
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-31T00:00:00+14:00"),  # there was no such day
        (date(2026, 1, 1), "Pacific/Kiritimati", "2026-01-01T00:00:00+14:00"),
        (date(2026, 1, 1), "Pacific/Pago_Pago", "2026-01-01T00:00:00-11:00"),
    ],
)
def test_dates_1_a_day_begins_with_the_first_instant_that_there_is(day, zone, expected):
    assert midnight(day, zone).isoformat() == expected


@given(DAYS, st.integers(0, 400))
def test_dates_1_the_day_of_the_event_does_not_count(day, days):
    assert after(day, days) - day == timedelta(days=days + 1)
    assert after_event(day, Span(days=days), "ES") == after(day, days)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 1), -12, date(2025, 12, 1)),
    ],
)
def test_dates_1_months_end_with_the_last_day_that_there_is(day, months, expected):
    assert months_after(day, months) == expected


@given(DAYS, st.integers(0, 240))
def test_dates_1_months_later_is_the_same_day_or_the_months_last(day, months):
    reached = months_after(day, months)
    assert (reached.year - day.year) * 12 + reached.month - day.month == months
    assert reached.day == day.day or (reached.day < day.day and (reached + timedelta(days=1)).day == 1)


@settings(deadline=None)
@given(DAYS, SPANS, COUNTRIES)
def test_dates_1_a_period_never_ends_before_another_that_began_earlier(day, span, country):
    assert add(day, span, country) >= day
    assert add(day + timedelta(days=1), span, country) >= add(day, span, country)
    assert from_midnight(day, span, country) >= day
    assert from_midnight(day, span, country) <= after_event(day, span, country)


@pytest.mark.parametrize(
    ("end", "unit", "expected"),
    [
        (date(2027, 2, 22), PeriodEnd.ANY_DAY, date(2027, 2, 22)),
        (date(2027, 2, 22), PeriodEnd.TERM, date(2027, 2, 22)),
        (date(2027, 2, 22), PeriodEnd.MONTH, date(2027, 3, 1)),
        (date(2027, 2, 22), PeriodEnd.QUARTER, date(2027, 4, 1)),
        (date(2027, 4, 1), PeriodEnd.QUARTER, date(2027, 4, 1)),  # its last day is the quarter's
        (date(2027, 4, 2), PeriodEnd.QUARTER, date(2027, 7, 1)),
        (date(2027, 2, 22), PeriodEnd.HALF_YEAR, date(2027, 7, 1)),
        (date(2027, 7, 2), PeriodEnd.HALF_YEAR, date(2028, 1, 1)),
        (date(2027, 12, 31), PeriodEnd.YEAR, date(2028, 1, 1)),
        (date(2028, 1, 1), PeriodEnd.YEAR, date(2028, 1, 1)),
        (date(2028, 2, 29), PeriodEnd.MONTH, date(2028, 3, 1)),
    ],
)
def test_dates_1_a_period_lasts_on_to_the_end_of_its_unit(end, unit, expected):
    assert end_of_unit(end, unit) == expected


@pytest.mark.parametrize(
    ("country", "day", "works"),
    [
        ("ES", date(2026, 12, 8), False),  # Inmaculada
        ("DE", date(2026, 12, 8), True),
        ("DE", date(2026, 12, 26), False),
        ("KW", date(2026, 11, 27), False),  # a Friday
        ("KW", date(2026, 11, 29), True),  # a Sunday
        ("XX", date(2026, 11, 29), False),
        ("XX", date(2026, 12, 25), True),
    ],
)
def test_dates_1_working_days_are_those_of_the_country(country, day, works):
    assert is_working_day(day, country) is works


def test_dates_1_a_period_that_would_end_on_a_holiday_ends_on_the_next_working_day():
    christmas = date(2026, 12, 26)  # its last day is Friday 25 December; then come a holiday and a Sunday
    assert to_working_day(christmas, "DE") == date(2026, 12, 29)
    assert to_working_day(date(2026, 12, 25), "DE") == date(2026, 12, 25)


def test_dates_1_working_days_are_counted_after_months_and_days():
    span = Span(months=1, days=1, working_days=2)  # 24 December, then 28 and 29
    assert add(date(2026, 11, 23), span, "DE") == date(2026, 12, 29)
    assert after_event(date(2026, 12, 24), Span(working_days=1), "DE") == date(2026, 12, 29)
    assert from_midnight(date(2026, 12, 24), Span(working_days=1), "DE") == date(2026, 12, 25)


def test_dates_1_a_day_that_a_zone_left_out_is_counted():
    assert days_left_out(date(2011, 12, 20), date(2012, 1, 20), "Pacific/Apia") == 1
    assert days_left_out(date(2011, 12, 20), date(2012, 1, 20), "Pacific/Pago_Pago") == 0
    assert days_left_out(date(2027, 3, 1), date(2027, 4, 1), "Europe/Madrid") == 0
