"""A pause has a resume date, and limits. Source: DOMAIN modes.1."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.vocabulary import Mode
from rules.plan import PlanRefused, Wish, commit
from tests.unit.sample_facts import INVENTORY, POLICY, contract, facts
from tests.unit.test_dates_calendar import ZONES

ASKED = date(2026, 11, 22)
(CLAUSE,) = POLICY.pause


def pause(customer=None, policy=POLICY, **wish):
    asked = Wish(**{"mode": Mode.PAUSE, "requested_on": ASKED, **wish})
    return commit(customer or facts(), asked, policy, INVENTORY)


def day_of(name, **wish):
    return pause(**wish).dates[name].at.date()


def refusal(**wish):
    with pytest.raises(PlanRefused) as no:
        pause(**wish)
    return no.value


def test_modes_1_a_pause_begins_at_the_next_midnight_and_ends_nothing():
    made = pause()
    assert list(made.dates) == ["requested", "notice_end", "transition_end", "effective_date", "resume"]
    begins = {made.dates[name].at for name in ("notice_end", "transition_end", "effective_date")}
    assert [at.isoformat() for at in begins] == ["2026-11-23T00:00:00+01:00"]
    assert (made.contracts, made.data_sets) == ((), ())
    assert made.dates["resume"].at.date() == date(2026, 11, 23) + timedelta(days=CLAUSE.usual_days)
    assert (made.dates["resume"].rule, made.dates["resume"].citation) == (CLAUSE.rule, CLAUSE.citation)


def test_modes_1_days_may_be_asked_for():
    asked = {"effective_on": date(2026, 12, 24), "resume_on": date(2027, 1, 7)}
    assert [day_of(name, **asked) for name in ("effective_date", "resume")] == list(asked.values())
    assert {pause(**asked).dates[name].citation for name in ("effective_date", "resume")} == {"the day asked for"}


@settings(deadline=None)
@given(ZONES, st.integers(1, CLAUSE.most_days), st.integers(1, 300))
def test_modes_1_a_pause_lasts_the_days_that_were_asked_for(zone, days, later):
    start = ASKED + timedelta(days=later)
    made = pause(facts(zone), effective_on=start, resume_on=start + timedelta(days=days))
    lasts = made.dates["resume"].at.date() - made.dates["effective_date"].at.date()
    assert lasts == timedelta(days=days)


@pytest.mark.parametrize(
    ("wish", "why", "fix"),
    [
        ({"resume_on": date(2027, 5, 23)}, "it lasts 180 days at most", "from 2026-11-24 to 2027-05-22"),
        ({"resume_on": date(2026, 11, 23)}, "can't end on 2026-11-23: that is too early", "from 2026-11-24"),
        ({"resume_on": date.max}, "can't end on 9999-12-31", "to 2027-05-22"),
        ({"effective_on": ASKED}, "can't begin on 2026-11-22", "the earliest is 2026-11-23"),
        ({"effective_on": date.max, "resume_on": date.max}, "can't begin on 9999-12-31", "2026-11-23"),
        ({"pauses_before": 2}, "2 pauses began in the last twelve months", "--mode stop"),
    ],
)
def test_modes_1_a_pause_beyond_the_limits_is_refused_with_what_to_do(wish, why, fix):
    no = refusal(**wish)
    assert why in no.what
    assert fix in no.fix


def test_modes_1_a_policy_may_allow_no_pause():
    policy = POLICY.model_copy(update={"pause": (CLAUSE.model_copy(update={"allowed": False}),)})
    assert "no pause is allowed here" in refusal(policy=policy).what


def test_modes_1_of_several_contracts_the_strictest_clause_counts():
    strict = CLAUSE.model_copy(update={"contract": "b", "most_days": 10, "usual_days": 5})
    policy = POLICY.model_copy(update={"pause": (CLAUSE, strict)})
    customer = facts(contracts=(contract("a"), contract("b")))
    assert pause(customer, policy).dates["resume"].at.date() == date(2026, 11, 28)
    assert "10 days at most" in refusal(customer=customer, policy=policy, resume_on=date(2026, 12, 10)).what


def test_modes_1_the_resume_date_moves_within_the_limits_of_the_pause_that_runs():
    running = {"paused_on": date(2026, 10, 1), "pauses_before": 2}
    moved = pause(**running, resume_on=date(2026, 12, 1))
    assert moved.dates["effective_date"].at.date() == date(2026, 10, 1)
    assert moved.dates["resume"].at.date() == date(2026, 12, 1)
    no = refusal(**running, resume_on=date(2027, 4, 1))
    assert no.fix == "choose a day from 2026-11-23 to 2027-03-30"
