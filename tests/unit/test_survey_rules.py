"""Quarters of the survey, and what of an answer is kept."""

import base64
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.surveys import FEWEST
from rules.links import Links
from rules.survey import (
    NO_QUARTER,
    bounds,
    cohort,
    cohorts,
    crowd,
    kept_as,
    open_until,
    surely_within,
    survey_link,
    without_traces,
)

LINKS = Links("https://bajas.example", base64.b64encode(bytes(32)).decode())
DAYS = st.dates(date(2000, 1, 1), date(2190, 1, 1))


@pytest.mark.parametrize(
    ("day", "quarter", "until"),
    [
        (date(2026, 1, 1), "2026-Q1", datetime(2026, 10, 1, tzinfo=UTC)),
        (date(2026, 6, 30), "2026-Q2", datetime(2027, 1, 1, tzinfo=UTC)),
        (date(2026, 7, 1), "2026-Q3", datetime(2027, 4, 1, tzinfo=UTC)),
        (date(2026, 12, 31), "2026-Q4", datetime(2027, 7, 1, tzinfo=UTC)),
    ],
)
def test_a_survey_stays_open_for_two_quarters_after_its_own(day, quarter, until):
    assert cohort(day) == quarter
    assert open_until(quarter) == until


@given(DAYS)
def test_a_quarter_holds_its_days(day):
    first, after = bounds(cohort(day))
    assert first <= day < after
    assert cohort(after) != cohort(day) == cohort(after - timedelta(days=1))


@given(DAYS)
def test_messages_6_all_goodbyes_of_a_quarter_hold_the_same_link(day):
    first, after = bounds(cohort(day))
    link = survey_link(LINKS, day)
    assert link == survey_link(LINKS, first) == survey_link(LINKS, after - timedelta(days=1))
    assert LINKS.survey(link.rpartition("/")[2]) == (cohort(day), open_until(cohort(day)))


@pytest.mark.parametrize("odd", ["", "2026", "2026-Q5", "2026-Q0", "2026-q1", "2026-Q1 ", "٢٠٢٦-Q1"])
def test_what_is_no_quarter_is_refused(odd):
    with pytest.raises(ValueError, match="quarter"):
        open_until(odd)


def test_only_whole_quarters_are_reported():
    assert cohorts(date(2026, 1, 1), date(2027, 1, 1)) == ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
    assert cohorts(date(2026, 1, 2), date(2026, 9, 30)) == ("2026-Q2",)
    assert cohorts(date(2026, 1, 2), date(2026, 6, 30)) == ()
    assert cohorts(date(2026, 4, 1), date(2026, 4, 1)) == cohorts(date(2026, 4, 1), date(2026, 1, 1)) == ()


def test_messages_6_a_quarter_in_which_few_were_asked_is_not_kept_with_the_answer():
    assert kept_as("2026-Q4", FEWEST) == "2026-Q4"
    assert {kept_as("2026-Q4", asked) for asked in range(FEWEST)} == {NO_QUARTER}


def test_messages_6_a_goodbye_at_a_quarters_edge_counts_for_none_as_nobody_knows_by_which_calendar():
    begin, end = surely_within("2026-Q4")
    assert (begin, end) == (datetime(2026, 10, 1, 12, tzinfo=UTC), datetime(2026, 12, 31, 10, tzinfo=UTC))
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "Europe/Madrid"):
        there = [at.astimezone(ZoneInfo(zone)).date() for at in (begin, end - timedelta(seconds=1))]
        assert {cohort(day) for day in there} == {"2026-Q4"}


def test_messages_6_who_bears_no_quarter_is_hidden_among_those_of_all_small_quarters():
    small, large = [date(2026, 1, 2)] * 3 + [date(2026, 5, 2)] * 4, [date(2026, 8, 2)] * FEWEST
    assert crowd([]) == crowd(large) == 0
    assert crowd(small + large) == 7


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Too dear for what we used of it.", "Too dear for what we used of it."),
        ("Mail lucia.gil@faro.example, or ring +34 600 111 222.", "Mail […] or ring […]."),
        ("see https://faro.example/x?y=1 and www.faro.example", "see […] and […]"),
        ("  two\r\nlines\u202e and\x00 marks ", "two lines and marks"),
        ("600-111-222", "[…]"),
        ("From 2024 to 2026, 120 users, 1.500 € a year", "From 2024 to 2026, 120 users, 1.500 € a year"),
        (" \n\t ", None),
        ("", None),
    ],
)
def test_messages_6_what_leads_to_a_person_is_taken_from_a_comment(written, kept):
    assert without_traces(written) == kept
