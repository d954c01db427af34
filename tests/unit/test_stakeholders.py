"""What our teams must do of an exit, by when, and what they and the manager read. Source: SEEDS 001, 002."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.plan import Commitments, PlannedDate
from models.policy import StakeholderClause
from models.vocabulary import Mode, Team
from rules.calendar import is_working_day
from rules.stakeholders import asked, does, team_dues
from tests.unit.sample_mail import POLICY

MADRID = ZoneInfo("Europe/Madrid")
MONDAY = date(2026, 12, 14)


def clause(**changes) -> StakeholderClause:
    about = {"team": "finance", "address": "f@ours.example", "does": {"es": "revise", "en": "check"}, "rule": "money.4"}
    return StakeholderClause(**{**about, "citation": "house policy: x", "valid_from": "2025-01-01", **changes})


def policy(*clauses: StakeholderClause):
    return POLICY.model_copy(update={"stakeholder": clauses})


def commitments(effective: date = MONDAY, **changes) -> Commitments:
    def at(day: date) -> PlannedDate:
        return PlannedDate(at=datetime(day.year, day.month, day.day, tzinfo=MADRID), rule="dates.1", citation="x")

    dates = {"requested": at(date(2026, 11, 5)), "effective_date": at(effective)}
    about = {"account": "a", "mode": Mode.STOP, "jurisdiction": "EU", "policy": "v", "timezone": "Europe/Madrid"}
    rest = {"policy_sha256": "p", "inventory_sha256": "i", "dates": dates, "data_sets": (), "gates": {}}
    return Commitments(**{**about, **rest, **changes})


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=MADRID)


@pytest.mark.parametrize(
    ("due_days", "due"),
    [(0, MONDAY), (1, date(2026, 12, 11)), (2, date(2026, 12, 10)), (-1, date(2026, 12, 15)), (5, date(2026, 12, 4))],
)
def test_a_team_is_done_so_many_working_days_before_the_date_or_after_it(due_days: int, due: date) -> None:
    """The 8th of December is a holiday in Spain, and the weekend counts for nobody."""
    [each] = team_dues(policy(clause(due_days=due_days, remind_days=0)), commitments(), "ES")
    assert (each.team, each.due, each.remind_at) == (Team.FINANCE, midnight(due), midnight(due))


def test_who_is_asked_late_has_today_and_a_whole_working_day_and_no_reminder() -> None:
    friday = datetime(2026, 12, 11, 16, 0, tzinfo=MADRID)
    [each] = team_dues(policy(clause(due_days=2)), commitments(), "ES", friday)
    assert (each.due, each.remind_at) == (midnight(date(2026, 12, 15)), midnight(date(2026, 12, 15)))


def test_a_team_is_asked_by_its_clause_for_the_jurisdiction_and_only_in_the_modes_that_it_names() -> None:
    everywhere, eu = clause(), clause(jurisdiction="EU", address="eu@ours.example")
    pauses = clause(team="legal", modes=("pause",))
    found = asked(policy(everywhere, eu, pauses), commitments())
    assert [(each.team, each.address) for each in found] == [(Team.FINANCE, "eu@ours.example")]
    assert [each.team for each in asked(policy(eu, pauses), commitments(mode=Mode.PAUSE))] == [Team.LEGAL]
    assert asked(policy(clause(valid_to="2025-06-01")), commitments()) == ()


def test_the_first_language_that_the_policy_names_is_the_teams_own() -> None:
    assert does(clause()) == ("revise", "es")


def test_a_date_that_the_plan_has_not_is_the_effective_one() -> None:
    [each] = team_dues(policy(clause(due="late_usage_end", remind_days=0)), commitments(), "ES")
    assert each.due == midnight(MONDAY)


@given(
    effective=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    due_days=st.integers(-20, 20),
    remind_days=st.integers(0, 20),
    hours=st.integers(0, 40_000),
)
def test_who_is_reminded_is_reminded_before_it_is_due_and_never_in_the_past(
    effective: date, due_days: int, remind_days: int, hours: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    with_days = clause(due_days=due_days, remind_days=remind_days)
    [each] = team_dues(policy(with_days), commitments(effective), "ES", now)
    last = each.due.astimezone(MADRID).date() - timedelta(days=1)
    assert each.remind_at <= each.due
    assert each.remind_at > now
    assert each.due - now > timedelta(hours=23)
    assert is_working_day(last, "ES") or due_days == 0
