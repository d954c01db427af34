"""Each thing that an operator could get wrong, and the line that says so. Source: DOMAIN dates.2."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.policy import NoClause, in_force
from rules.policy_check import findings
from tests.unit.sample_policy import (
    NOT_SAID,
    WRITTEN,
    clause,
    lines,
    the_line,
    with_changed,
    with_clauses,
    with_more,
    with_table,
)

DAY = date(2025, 1, 1)


def test_the_shipped_policy_has_nothing_wrong():
    assert lines(with_table("house")) == []


def test_dates_2_a_gap_names_both_clauses_and_its_days():
    policy = with_clauses(
        "notice", clause(days=30, valid_to=date(2026, 12, 30)), clause(days=60, valid_from=date(2027, 1, 1))
    )
    assert the_line(policy) == (
        "notice 1 and 2 (default): from 2026-12-30 to 2026-12-31 nothing applies; "
        "write valid_to = 2027-01-01 in notice 1: valid_to is the day after the last"
    )


def test_dates_2_the_last_day_taken_for_valid_to_is_a_gap_of_that_day():
    first = clause(days=30, jurisdiction="EU", valid_to=date(2026, 12, 31))
    later = clause(days=60, jurisdiction="EU", valid_from=date(2027, 1, 1))
    policy = with_clauses("notice", clause(days=30), first, later)
    assert the_line(policy) == (
        "notice 2 and 3 (EU): on 2026-12-31 only what is for everybody else applies; "
        "write valid_to = 2027-01-01 in notice 2: valid_to is the day after the last"
    )


def test_dates_2_a_contradiction_names_both_clauses_what_they_say_and_since_when():
    policy = with_more("late_usage", clause(days=5, valid_from=date(2026, 6, 1)))
    assert the_line(policy) == (
        'late_usage 1 and 2 (default): both are in force from 2026-06-01 on: late_usage 1 says "3 days", late_usage 2 "5 days"; '
        "end late_usage 1 with valid_to = 2026-06-01, or take one out"
    )


def test_dates_2_clauses_that_overlap_for_some_days_contradict_on_those():
    first = clause(days=3, valid_to=date(2026, 7, 1))
    policy = with_clauses("late_usage", first, clause(days=5, valid_from=date(2026, 6, 1)))
    assert "both are in force from 2026-06-01 to 2026-06-30" in the_line(policy)


def test_clauses_that_begin_on_one_day_can_only_be_taken_out():
    assert the_line(with_more("credit", clause(pay_out=False))).endswith("; take one out")


def test_the_same_contract_under_two_jurisdictions_contradicts_itself():
    both = [clause(days=days, contract="K-7", jurisdiction=name) for days, name in ((10, "GB"), (20, "US"))]
    assert "notice 3 and 4 (contract K-7): both are in force" in the_line(with_more("notice", *both))


def test_clauses_of_several_scopes_stand_beside_each_other():
    others = (
        clause(days=10, jurisdiction="GB"),
        clause(days=20, jurisdiction="US"),
        clause(days=9, contract="K-7", jurisdiction="GB"),
    )
    assert lines(with_more("notice", *others)) == []


def test_a_matter_without_a_clause_for_everybody_is_silent():
    assert the_line(with_clauses("credit", clause(jurisdiction="EU", pay_out=True))).startswith(
        "credit: no clause applies to those whom no other names; write a [[credit]] for everybody"
    )
    assert the_line(with_clauses("credit")).startswith("credit: no clause applies")


def test_a_default_that_begins_after_another_matters_leaves_days_without():
    assert the_line(with_changed("credit", 1, valid_from=date(2052, 1, 1))) == (
        "credit 1 (default, from 2052-01-01): from 2025-01-01 until 2052-01-01 nothing applies to those whom no other "
        "clause names; let it be valid_from = 2025-01-01, or write one for the days before"
    )


def test_a_default_that_begins_after_the_law_leaves_days_without():
    policy = with_more("credit", clause(jurisdiction="EU", pay_out=True, valid_from=date(2024, 1, 11)))
    assert "from 2024-01-11 until 2025-01-01 nothing applies" in the_line(policy)


def test_a_contract_older_than_the_policy_is_no_silence():
    assert lines(with_more("notice", clause(days=30, contract="K-7", valid_from=date(2019, 3, 1)))) == []


def test_a_default_that_ends_leaves_the_future_without():
    line = the_line(with_changed("backups", 3, valid_to=date(2030, 1, 1)))
    assert "from 2030-01-01 on nothing applies any more; take out its valid_to" in line


@pytest.mark.parametrize(
    ("matter", "fields", "told"),
    [
        (
            "notice",
            {"days": NOT_SAID, "months": 3},
            "3 months from 2027-01-01 on is longer than its at_most = 2 months",
        ),
        ("notice", {"days": 60}, "60 days from 2027-01-01 on is longer than its at_most = 2 months"),
        ("notice", {"days": 30, "ends": "quarter"}, "30 days to the end of the quarter from 2027-01-01 on is longer"),
        (
            "retrieval",
            {"days": 29},
            "29 days from 2027-01-01 on is shorter than its at_least = 30 days",
        ),
        (
            "retrieval",
            {"days": NOT_SAID, "months": 1},
            "1 month from 2027-01-31 on is shorter than its at_least = 30 days",
        ),
        (
            "transition",
            {"days": 0, "working_days": 30},
            "30 working days from 2027-01-01 on is longer than its at_most",
        ),
        ("retrieval", {"at_most": {"days": 29}}, "30 days from 2027-01-01 on is longer than its at_most = 29 days"),
    ],
)
def test_dates_3_a_length_outside_its_own_limits_is_found(matter, fields, told):
    assert told in lines(with_changed(matter, 1, **fields))[0]


def test_dates_3_fifty_nine_days_are_never_more_than_two_months():
    assert lines(with_changed("notice", 1, days=59)) == []


def test_dates_3_limits_that_leave_no_length_are_found():
    found = lines(with_changed("retrieval", 1, at_most={"days": 29}, days=30))
    assert "no length is at_least = 30 days and at_most = 29 days; correct one of them" in found[1]


def test_dates_2_a_contract_s_length_keeps_to_the_law_of_its_jurisdiction():
    mine = clause(months=3, contract="K-7", jurisdiction="EU")
    assert the_line(with_more("notice", mine)) == (
        "notice 3 (contract K-7, from 2025-01-01): 3 months from 2027-01-01 on is longer than at_most = 2 months of "
        "notice 1 (EU); keep to it"
    )
    assert lines(with_more("notice", {**mine, "jurisdiction": "JP"})) == []


def test_dates_2_a_contract_that_names_no_jurisdiction_is_held_against_every_law():
    line = the_line(with_more("notice", clause(months=3, contract="K-7")))
    assert line.endswith("keep to it, or name the jurisdiction whose law the contract is under")


def test_dates_2_a_contract_cannot_widen_the_law_s_limits():
    found = lines(with_more("notice", clause(days=30, contract="K-7", jurisdiction="EU", at_most={"months": 3})))
    assert [line.partition("): ")[2] for line in found] == [
        "at_most = 3 months goes beyond at_most = 2 months of notice 1 (EU); keep to it"
    ]


def test_dates_3_a_contract_s_fee_keeps_to_the_law_of_its_jurisdiction():
    mine = clause(lawful=True, at_most="0.5", contract="K-7", jurisdiction="EU")
    assert '50 % is more than early_termination 1 (EU) allows: "' in the_line(with_more("early_termination", mine))
    assert lines(with_more("early_termination", {**mine, "jurisdiction": "US"})) == [], "what the house holds is no law"


@pytest.mark.parametrize(
    ("matter", "more", "told"),
    [
        ("notice", clause(days=30, jurisdiction="UK"), "no account can be of jurisdiction 'UK'; write default, EU"),
        ("notice", clause(days=30, jurisdiction="eu"), "no account can be of jurisdiction 'eu'"),
        (
            "approvals",
            clause(gate="plan", required=3, contract="K-7"),
            "it can't be reached: an exit is approved for the account",
        ),
        (
            "approvals",
            clause(gate="erasure", required=2, mode="eject"),
            'it can\'t be reached: approvals 3 (default) asks for "2 for the erasure" anyway',
        ),
        (
            "approvals",
            clause(gate="erasure", required=2, yearly_value={"EUR": "50000"}, jurisdiction="EU"),
            "it can't be reached: approvals 3 (default) asks",
        ),
    ],
)
def test_what_nobody_can_reach_is_found(matter, more, told):
    assert told in the_line(with_more(matter, more))


def test_more_approvals_for_more_value_can_be_reached():
    worth = [clause(gate="plan", required=n, yearly_value={"EUR": value}) for n, value in ((2, "50000"), (3, "500000"))]
    assert lines(with_more("approvals", *worth)) == []
    fewer = clause(gate="plan", required=2, yearly_value={"EUR": "700000"})
    assert "it can't be reached: approvals 4 (default)" in the_line(with_more("approvals", *worth, fewer))


def test_modes_3_an_eject_by_one_person_is_found():
    plan, _, erasure = WRITTEN["approvals"]
    line = the_line(with_clauses("approvals", plan, erasure))
    assert line == (
        "approvals (default, on 2025-01-01): an eject needs 2 for its plan, here 1; "
        'write one with gate = "plan", mode = "eject", required = 2'
    )


def test_modes_3_fewer_for_an_eject_than_for_a_stop_is_found():
    more = clause(gate="plan", mode="stop", required=3, jurisdiction="GB")
    assert "approvals (GB, on 2025-01-01): an eject asks for fewer (2) than a stop (3) for the plan" in the_line(
        with_more("approvals", more)
    )


def test_a_gate_that_nobody_guards_is_found():
    plan, eject, _ = WRITTEN["approvals"]
    assert "approvals for the erasure: no clause applies" in the_line(with_clauses("approvals", plan, eject))


@st.composite
def spells(draw):
    """Clauses of one scope, in any order, whose days may leave gaps, overlap, or end."""
    starts = draw(st.lists(st.integers(0, 40), min_size=1, max_size=4))
    ends = [draw(st.none() | st.integers(start + 1, start + 30)) for start in starts]
    return [
        clause(
            days=n + 1,
            valid_from=DAY + timedelta(days=start),
            **({"valid_to": DAY + timedelta(days=end)} if end else {}),
        )
        for n, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


@given(spells())
def test_dates_2_nothing_is_found_just_where_every_day_has_its_one_clause(clauses):
    policy = with_clauses("late_usage", *clauses)
    days = [DAY + timedelta(days=n) for n in range(100)]
    in_force_on = [sum(c.valid_from <= day < (c.valid_to or date.max) for c in policy.late_usage) for day in days]
    assert (findings(policy) == ()) == (set(in_force_on) == {1})
    for day, number in zip(days, in_force_on, strict=True):
        if number == 0:
            with pytest.raises(NoClause):
                in_force(policy.late_usage, day, "EU")
