"""What an operator could get wrong with offers, teams and hold notices, and the line that says so."""

from datetime import date

import pytest

from models.policy import Policy
from tests.unit.sample_policy import WRITTEN, clause, lines, the_line, with_clauses


def offer(kind="person", **fields):
    return clause(**{"kind": kind, "reasons": ["other"], "rule": "messages.4", **fields})


def team(**fields):
    about = {"team": "finance", "address": "f@company.example", "does": {"en": "count"}, **fields}
    return clause(**about)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (offer("discount", percent=20), "a discount without months offers nothing; write months = 6"),
        (offer("pause"), "a pause without days offers nothing; write days = 30"),
        (
            offer("smaller_plan", plan="S"),
            'a smaller plan without price offers nothing; write price = { EUR = "9.00" }',
        ),
        (offer(days=9), "days says nothing of a person; take it out"),
        (offer("refund", share="0.5", per="year"), "per says nothing of a refund; take it out"),
        (offer(reasons=[]), "it answers no reason, so nobody can get it"),
        (offer(come_back=True), "who left long ago gives no reason any more"),
        (offer(reasons=["price", "price"]), "it names a reason twice"),
        (offer("pause", reasons=[], days=9, come_back=True), "to one who has left, a pause is no way back"),
        (offer("pause", reasons=["company_closed"], days=9), "a company that closes can't stay"),
        (
            offer("discount", percent=100, months=6),
            '100 % off is no discount but free months; write kind = "free_months"',
        ),
        (offer("discount", percent="12.345", months=6), "12.345 % is finer than anybody reads"),
        (offer("free_months", months=121), "121 months is longer than anybody can promise"),
        (offer("smaller_plan", plan="\n", price={"EUR": "9"}), "plan is empty, or more than one line"),
        (
            offer("smaller_plan", plan="S", price={"JPY": "9.5"}),
            "price of 9.5 JPY is finer than a currency of 0 decimals",
        ),
        (offer("smaller_plan", plan="S", price={"EURO": "9"}), "price names 'EURO', which is no currency"),
        (offer(least_yearly_value={"EUR": "-1"}), "least_yearly_value of -1 EUR is no worth"),
        (offer("pause", days=181), "a pause of 181 days is longer than the 180 of pause 1 (default); write days = 180"),
    ],
)
def test_messages_4_an_offer_that_cannot_be_meant_is_found(written, told):
    assert told in the_line(with_clauses("offer", written))


def test_messages_4_an_offer_behind_one_that_always_fits_is_never_reached():
    both = offer(reasons=["price", "other"]), offer("refund", share="0.5", reasons=["price"])
    assert the_line(with_clauses("offer", *both)) == (
        "offer 2 (default, from 2025-01-01): it can't be reached: offer 1 (default) says \"a talk with a person, "
        'for price or other; to be answered within 14 days" first; put it before that one, or take one out'
    )


@pytest.mark.parametrize(
    "first",
    [
        offer(valid_from=date(2025, 1, 2)),
        offer(valid_to=date(2029, 1, 1)),
        offer(reasons=["price"]),
        offer(jurisdiction="GB"),
        offer(least_yearly_value={"EUR": "1000"}),
        offer("discount", percent=20, months=6),
    ],
)
def test_messages_4_an_offer_that_somebody_gets_is_left_alone(first):
    assert lines(with_clauses("offer", first, offer("discount", percent=20, months=12))) == []


def test_messages_4_a_pause_is_not_offered_where_none_is_allowed():
    none = clause(allowed=False, rule="modes.1")
    policy = Policy.model_validate({**WRITTEN, "offer": [offer("pause", days=30)], "pause": [none]})
    assert "it offers a pause, and pause 1 (default) allows none" in the_line(policy)


def test_a_policy_without_offers_teams_and_notices_is_whole():
    policy = with_clauses("offer")
    assert lines(policy.model_copy(update={"stakeholder": (), "hold_notice": ()})) == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (team(address="finance"), "address 'finance' is no mail address"),
        (team(escalate_to="@"), "escalate_to '@' is no mail address"),
        (team(escalate_to="F@company.example"), "what the team hasn't done is told to the team alone"),
        (team(does={"en": " "}), "what it does in en is empty"),
        (team(does={"english": "x"}), "'english' is no language"),
        (team(modes=[]), "it is for no way out"),
        (team(modes=["stop", "stop"]), "it names a mode twice"),
        (team(due="someday"), "a stop has no date 'someday'"),
        (team(due="retrieval_end", modes=["pause"]), "a pause has no date 'retrieval_end'"),
        (team(due="requested"), "it is due on the day of the request or before"),
    ],
)
def test_a_team_that_could_not_do_it_is_found(written, told):
    assert told in lines(with_clauses("stakeholder", written))[0]


def test_a_team_asked_twice_is_a_contradiction_but_for_other_ways_out():
    twice = with_clauses("stakeholder", team(), team(modes=["eject"]))
    assert the_line(twice).startswith("stakeholder 1 and 2 (default): finance is asked twice about a way out: eject")
    assert lines(with_clauses("stakeholder", team(modes=["stop"]), team(modes=["eject"]), team(team="legal"))) == []


def test_erasure_3_a_customer_is_told_of_holds_only_on_counsels_word():
    ours = clause(tell=True, rule="erasure.3")
    assert "it tells of holds on nobody's word but ours" in the_line(with_clauses("hold_notice", ours))
    theirs = {**ours, "citation": "opinion of counsel, 2026-01-01: the parties may be told"}
    assert lines(with_clauses("hold_notice", theirs)) == []
    assert lines(with_clauses("hold_notice", {**ours, "tell": False})) == []
