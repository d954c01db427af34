"""Which clauses apply, what they say, and why. Source: DOMAIN dates.2."""

from datetime import date

import pytest

from models.policy import EVERYWHERE, Policy
from rules.policy import NoClause, approvals_required, speaks_for_all
from rules.policy_found import every
from rules.policy_terms import applied_terms, because
from rules.policy_words import in_words
from tests.unit.sample_facts import facts
from tests.unit.sample_policy import WRITTEN, clause, with_changed, with_clauses, with_more

DAY = date(2026, 11, 22)
SHIPPED = Policy.model_validate(WRITTEN)


def said(policy, matter, day=DAY, jurisdiction="EU", *, contracts=(), main=None):
    """What applies of that matter, and why."""
    terms = applied_terms(policy, day, jurisdiction, contracts, main)
    return [(term.value, because(term, jurisdiction)) for term in terms if term.matter == matter]


def test_dates_2_the_jurisdictions_clause_goes_before_the_default():
    assert said(SHIPPED, "notice") == [("30 days, at most 2 months", "for EU, in force since 2025-09-12")]


def test_dates_2_without_one_the_default_applies_and_says_so():
    assert said(SHIPPED, "notice", jurisdiction="GB") == [
        ("30 days", "no clause for GB, so the default, in force since 2025-01-01")
    ]
    assert said(SHIPPED, "notice", jurisdiction=EVERYWHERE) == [("30 days", "the default, in force since 2025-01-01")]


def test_dates_3_before_the_data_act_applied_the_default_did():
    assert said(SHIPPED, "notice", day=date(2025, 9, 11)) == [
        ("30 days", "no clause for EU, so the default, in force since 2025-01-01")
    ]
    assert said(SHIPPED, "notice", day=date(2025, 9, 12))[0][0] == "30 days, at most 2 months"


def test_dates_2_each_contract_has_its_own_and_the_others_the_general_one():
    policy = with_more("notice", clause(days=10, contract="K-7"), clause(days=20, contract="K-8"))
    own, other = ("10 days", "for contract K-7, in force since 2025-01-01"), said(SHIPPED, "notice")[0]
    assert said(policy, "notice", contracts=("K-7",)) == [own]
    assert said(policy, "notice", contracts=("K-1", "K-7")) == [own, other]
    assert [value for value, _ in said(policy, "notice", contracts=("K-8", "K-7"))] == ["20 days", "10 days"]
    assert said(policy, "notice", contracts=("K-1", "K-2")) == [other]


def test_dates_2_for_an_account_as_a_whole_a_contract_speaks_only_where_it_is_alone():
    policy = with_more("credit", clause(pay_out=False, contract="K-7"))
    assert said(policy, "credit", contracts=("K-7",), main="K-7")[0][0] == "ends with the account"
    assert said(policy, "credit", contracts=("K-7", "K-1"))[0][0] == "paid out"
    of_two = [contract.model_copy(update={"id": each}) for contract in facts().contracts for each in ("K-7", "K-1")]
    assert speaks_for_all(of_two) is None
    add_on = of_two[1].model_copy(update={"part_of": "K-7"})
    assert speaks_for_all([of_two[0], add_on]) == "K-7"
    assert speaks_for_all([of_two[0].model_copy(update={"part_of": "another-account"})]) == "K-7"
    assert speaks_for_all([]) is None


def test_dates_2_a_clause_ends_with_the_day_before_valid_to():
    first = clause(days=3, valid_to=date(2027, 1, 1))
    policy = with_clauses("late_usage", first, clause(days=5, valid_from=date(2027, 1, 1)))
    assert said(policy, "late_usage", day=date(2026, 12, 31)) == [
        ("3 days", "no clause for EU, so the default, in force since 2025-01-01, until 2027-01-01")
    ]
    assert said(policy, "late_usage", day=date(2027, 1, 1))[0][0] == "5 days"


def test_a_silent_policy_names_matter_jurisdiction_and_day():
    policy = with_changed("backups", 3, valid_to=date(2026, 1, 1))
    with pytest.raises(NoClause, match="no clause of backups applies to US on 2026-11-22"):
        applied_terms(policy, DAY, "US", ())


def test_every_shipped_clause_has_a_rule_a_citation_and_words():
    for each in every(SHIPPED):
        assert each.clause.rule
        assert ": " in each.clause.citation, "the source, then what it says there"
        assert in_words(each.clause)


@pytest.mark.parametrize(
    ("matter", "fields", "words"),
    [
        ("notice", {"months": 3, "ends": "quarter"}, "3 months to the end of a quarter"),
        ("notice", {"days": 60, "ends": "term"}, "60 days to the end of the term"),
        ("notice", {"months": 6, "ends": "half_year"}, "6 months to the end of a half-year"),
        ("notice", {"months": 1, "days": 1, "working_days": 5}, "1 month, 1 day and 5 working days"),
        ("notice", {"days": 0}, "no time"),
        ("retrieval", {"days": 30, "to_working_day": True}, "30 days, on to the end of a working day"),
        ("write_off", {"thresholds": {"EUR": "25.00"}}, "at or under 25.00 EUR is forgiven"),
        ("write_off", {"thresholds": {"JPY": "3000", "EUR": "25.00"}}, "at or under 25.00 EUR or 3000 JPY is forgiven"),
        ("write_off", {"thresholds": {}}, "nothing is forgiven"),
        ("approvals", {"gate": "plan", "required": 2, "mode": "eject"}, "2 for the plan of an exit by eject"),
        (
            "approvals",
            {"gate": "erasure", "required": 3, "yearly_value": {"EUR": "100000"}},
            "3 for the erasure of accounts worth 100000 EUR a year, or more",
        ),
        ("rounding", {"method": "half_even"}, "each line, half a unit to the even one"),
        ("credit", {"pay_out": False}, "ends with the account"),
        ("early_termination", {"lawful": False}, "no fee"),
        (
            "early_termination",
            {"lawful": True, "at_most": "0.125"},
            "what the contract names, at most 12.5 % of the remaining price",
        ),
        ("pause", {"allowed": False}, "not allowed"),
        (
            "pause",
            {"allowed": True, "usual_days": 30, "reminder_days": 1},
            "30 days, at most 180; 2 in twelve months; a reminder 1 day before",
        ),
        (
            "late_charges",
            {"look_after_days": [7, 30, 60], "refund": False},
            "looked for 7, 30 and 60 days after the end, and told to finance",
        ),
    ],
)
def test_a_clause_reads_in_plain_words(matter, fields, words):
    [one] = getattr(with_clauses(matter, clause(**fields)), matter)
    assert in_words(one) == words


def test_modes_3_an_eject_needs_two_and_worth_asks_for_more():
    worth = clause(gate="plan", required=3, yearly_value={"EUR": "100000"}, jurisdiction="EU")
    policy = with_more("approvals", worth, clause(gate="plan", required=9, contract="K-7"))
    needed = {
        (mode, amount, place): approvals_required(policy, mode, DAY, place, (amount, "EUR"))["plan"]
        for mode, amount, place in (
            ("stop", 99_999, "EU"),
            ("eject", 0, "EU"),
            ("stop", 100_000, "EU"),
            ("stop", 100_000, "GB"),
        )
    }
    assert list(needed.values()) == [1, 2, 3, 1]
