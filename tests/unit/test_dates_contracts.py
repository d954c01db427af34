"""When contracts can end: notice, terms, renewals, several at a time. Source: DOMAIN dates.2 to dates.4."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from models.policy import Span
from models.vocabulary import Cause, Mode, PeriodEnd
from rules.plan import PlanRefused, Wish, blockers, commit
from tests.unit.sample_facts import INVENTORY, POLICY, contract, facts

ASKED = date(2026, 11, 22)
QUARTER = {"notice_days": None, "notice_months": 3, "notice_ends": PeriodEnd.QUARTER}
TERM = {"notice_days": 60, "notice_ends": PeriodEnd.TERM}
HALF = Decimal("0.5")


def plan(*contracts, jurisdiction="US", requested_on=ASKED, **wish):
    asked = Wish(**{"mode": Mode.STOP, "requested_on": requested_on, **wish})
    return commit(facts(jurisdiction=jurisdiction, contracts=contracts), asked, POLICY, INVENTORY)


def effective(*contracts, **wish):
    return plan(*contracts, **wish).dates["effective_date"].at.date()


def refusal(*contracts, **wish):
    with pytest.raises(PlanRefused) as no:
        plan(*contracts, **wish)
    assert no.value.fix
    return no.value


# -- notice


def test_dates_2_a_contracts_own_notice_goes_before_the_policys():
    assert effective(contract(notice_days=None)) == date(2026, 12, 23)
    assert effective(contract(notice_days=10)) == date(2026, 12, 3)
    assert effective(contract(notice_days=0)) == date(2026, 11, 23)


def test_dates_2_of_several_contracts_the_longest_notice_counts():
    made = plan(contract("short", notice_days=10), contract("long", notice_days=90))
    assert made.dates["effective_date"].at.date() == date(2027, 2, 21)
    assert made.dates["effective_date"].citation == "contract long: notice of 90 days"
    assert made.dates["notice_end"].citation == "contract long: notice of 90 days"
    reasons = {each.id: each.ends.citation for each in made.contracts}
    assert reasons["short"] == "it could end on 2026-12-03, and runs on with the account"


def test_dates_2_a_policys_clause_for_one_contract_stays_in_the_bounds_of_its_jurisdiction():
    own = POLICY.notice[0].model_copy(update={"contract": "c", "days": 90, "at_most": None})
    policy = POLICY.model_copy(update={"notice": (*POLICY.notice, own)})
    customer = facts(contracts=(contract("c", notice_days=None),))
    made = commit(customer, Wish(mode=Mode.STOP, requested_on=ASKED), policy, INVENTORY)
    assert made.dates["effective_date"].at.date() == date(2027, 1, 23)


@pytest.mark.parametrize(
    ("requested_on", "expected"),
    [
        (date(2026, 11, 22), date(2027, 4, 1)),
        (date(2026, 9, 30), date(2027, 1, 1)),
        (date(2026, 10, 1), date(2027, 4, 1)),  # a day too late for the year's last quarter
        (date(2026, 11, 30), date(2027, 4, 1)),  # three months end with February
    ],
)
def test_dates_2_three_months_to_the_end_of_a_quarter(requested_on, expected):
    assert effective(contract(**QUARTER), requested_on=requested_on) == expected


def test_dates_3_in_the_eu_notice_lasts_two_months_at_most_whatever_the_contract_says():
    made = plan(contract(**QUARTER), jurisdiction="EU")
    assert made.dates["effective_date"].at.date() == date(2027, 1, 23)
    assert made.dates["notice_end"].rule == made.dates["effective_date"].rule == "dates.3"
    assert "25(2)(d)" in made.dates["effective_date"].citation
    assert "3 months to the end of a quarter" in made.dates["effective_date"].citation


def test_dates_3_two_months_over_february_are_shorter_than_sixty_days():
    assert effective(contract(notice_days=60), jurisdiction="EU", requested_on=date(2026, 12, 31)) == date(2027, 3, 1)


def test_dates_3_a_fixed_term_holds_nobody_in_the_eu_beyond_the_longest_notice():
    bound = contract(**TERM, term_ends_on=date(2027, 10, 31))
    (row,) = plan(bound, jurisdiction="EU").contracts
    assert row.ends.at.date() == date(2027, 1, 23)
    assert (row.term_end.date(), row.fee_share) == (date(2027, 11, 1), 0)


def test_dates_2_a_clause_may_say_at_least():
    longer = tuple(c.model_copy(update={"at_least": Span(days=45)}) for c in POLICY.notice)
    policy = POLICY.model_copy(update={"notice": longer})
    made = commit(facts(), Wish(mode=Mode.STOP, requested_on=ASKED), policy, INVENTORY)
    assert made.dates["effective_date"].at.date() == date(2027, 1, 7)


# -- terms


@pytest.mark.parametrize(
    ("term_ends_on", "months", "expected"),
    [
        (date(2027, 1, 21), 12, date(2027, 1, 22)),  # in time to the day
        (date(2027, 1, 20), 12, date(2028, 1, 21)),  # notice missed: the next term's end
        (date(2020, 5, 31), 12, date(2027, 6, 1)),
        (date(2026, 11, 30), 1, date(2027, 2, 1)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
        (date(2026, 10, 30), 1, date(2027, 1, 31)),  # November has no 31st, the months after it keep theirs
    ],
)
def test_dates_4_the_end_of_the_term_is_a_date_also_after_a_missed_notice(term_ends_on, months, expected):
    made = plan(contract(**TERM, term_ends_on=term_ends_on, renewal_months=months))
    assert made.dates["effective_date"].at.date() == expected
    assert made.dates["effective_date"].rule == "dates.4"
    assert "end of its" in made.dates["effective_date"].citation


@pytest.mark.parametrize("changes", [{"term_ends_on": None}, {"term_ends_on": date(2025, 12, 31), "renews": False}])
def test_dates_4_the_end_of_a_term_that_is_not_there_is_the_end_of_the_notice(changes):
    assert effective(contract(**TERM, **changes)) == date(2027, 1, 22)


def test_dates_4_a_term_that_does_not_renew_ends_by_itself():
    assert effective(contract(notice_days=60, term_ends_on=date(2026, 12, 5), renews=False)) == date(2026, 12, 6)
    assert effective(contract(**QUARTER, term_ends_on=date(2027, 3, 15), renews=False)) == date(2027, 3, 16)
    assert effective(contract(notice_days=30, term_ends_on=date(2027, 3, 15), renews=False)) == date(2026, 12, 23)


def test_dates_4_leap_days_and_month_ends_of_terms_do_not_drift():
    assert effective(contract(**TERM, term_ends_on=date(2020, 2, 29))) == date(2027, 3, 1)
    leap = contract(**TERM, term_ends_on=date(2027, 2, 28))
    assert effective(leap, requested_on=date(2027, 6, 1)) == date(2028, 3, 1)


# -- dates asked for


def test_dates_4_an_earlier_date_needs_a_contract_or_a_law_that_allows_it():
    bound = contract(**TERM, term_ends_on=date(2027, 10, 31))
    no = refusal(bound, effective_on=date(2027, 3, 1))
    assert "before contract acme-contract may end" in no.what
    assert no.fix == "the earliest is 2027-11-01"
    with_share = bound.model_copy(update={"early_termination": HALF})
    assert effective(with_share) == date(2027, 11, 1)
    assert effective(with_share, effective_on=date(2027, 3, 1)) == date(2027, 3, 1)
    assert effective(bound, effective_on=date(2027, 3, 1), jurisdiction="EU") == date(2027, 3, 1)


def test_dates_4_not_even_a_fee_makes_a_notice_shorter():
    with_share = contract(**TERM, term_ends_on=date(2027, 10, 31), early_termination=HALF)
    no = refusal(with_share, effective_on=date(2027, 1, 21))
    assert "before the notice is over" in no.what
    assert no.fix.startswith("the earliest is 2027-01-22; as agreed, it is 2027-11-01")


def test_dates_3_a_fee_is_due_only_where_the_policy_holds_it_lawful_and_never_by_surprise():
    with_share = contract(**TERM, term_ends_on=date(2027, 10, 31), early_termination=HALF)
    (by_default,) = plan(with_share, jurisdiction="EU").contracts
    assert (by_default.ends.at.date(), by_default.fee_share) == (date(2027, 11, 1), 0)
    assert "leaving from 2027-01-22 on would cost 25 %" in by_default.ends.citation
    (early,) = plan(with_share, jurisdiction="EU", effective_on=date(2027, 3, 1)).contracts
    assert (early.fee_share, early.term_end.date()) == (Decimal("0.25"), date(2027, 11, 1))
    (elsewhere,) = plan(with_share, effective_on=date(2027, 3, 1)).contracts
    assert elsewhere.fee_share == 0
    small = with_share.model_copy(update={"early_termination": Decimal("0.1")})
    assert plan(small, jurisdiction="EU", effective_on=date(2027, 3, 1)).contracts[0].fee_share == Decimal("0.1")


@pytest.mark.parametrize("cause", list(Cause))
def test_modes_3_whom_we_put_out_pays_no_fee_for_leaving(cause):
    with_share = contract(**TERM, term_ends_on=date(2027, 10, 31), early_termination=HALF)
    (row,) = plan(with_share, jurisdiction="EU", mode=Mode.EJECT, cause=cause).contracts
    assert row.ends.at.date() == ASKED
    assert row.fee_share == (Decimal("0.25") if cause is Cause.CUSTOMER_DEMAND else 0)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (date(2026, 11, 21), "in the past"),
        (date(2026, 12, 22), "before the notice"),
        (date(2046, 1, 1), "more than ten years"),
        (date.max, "more than ten years"),
    ],
)
def test_dates_2_a_date_that_cannot_be_names_the_earliest(asked, why):
    no = refusal(contract(), effective_on=asked)
    assert why in no.what
    assert "2026-12-23" in no.fix


# -- several contracts


def test_dates_2_an_add_on_ends_with_its_main_contract_at_the_latest():
    main = contract("main", term_ends_on=date(2027, 3, 31))
    addon = contract("extra", part_of="main", **TERM, term_ends_on=date(2027, 9, 30), early_termination=HALF)
    deeper = contract("deeper", part_of="extra", **TERM, term_ends_on=date(2028, 9, 30))
    made = plan(main, addon, deeper, jurisdiction="EU")
    assert made.dates["effective_date"].at.date() == date(2026, 12, 23)
    rows = {each.id: each for each in made.contracts}
    assert {row.ends.at.date() for row in rows.values()} == {date(2026, 12, 23)}
    assert rows["extra"].term_end == rows["deeper"].term_end == rows["main"].term_end
    assert "part of contract main" in rows["deeper"].ends.citation


def test_dates_2_an_add_on_whose_main_contract_costs_nothing_to_leave_costs_nothing():
    addon = contract("extra", part_of="main", **TERM, term_ends_on=date(2027, 9, 30), early_termination=HALF)
    assert {row.fee_share for row in plan(contract("main"), addon, jurisdiction="EU").contracts} == {0}


def test_dates_2_no_main_contract_is_broken_by_another():
    bound = contract("bound", **TERM, term_ends_on=date(2027, 10, 31))
    assert effective(contract("free", notice_days=10), bound) == date(2027, 11, 1)


def test_dates_2_an_affiliate_leaves_its_group_alone():
    joined = contract("ours", part_of="the-groups", notice_days=45)
    made = plan(joined)
    assert [(row.id, row.ends.at.date()) for row in made.contracts] == [("ours", date(2027, 1, 7))]


@pytest.mark.parametrize(("renews", "expected"), [(True, date(2027, 5, 1)), (False, date(2027, 1, 22))])
def test_dates_4_who_joins_a_group_after_its_first_term_leaves_with_the_term_that_runs(renews, expected):
    """As an affiliate that was reinstated does: its agreement is newer than the term that it takes from the group."""
    taken = {**TERM, "term_ends_on": date(2026, 4, 30), "renews": renews}
    joined = contract("ours", part_of="the-groups", started_on=date(2026, 8, 1), **taken)
    assert effective(joined) == expected
    assert "before it starts" in refusal(joined.model_copy(update={"part_of": None})).what


def test_stages_5_the_head_of_a_group_waits_for_those_who_have_joined_it():
    head = facts(contracts=(contract(members=("acc_a", "acc_b")),))
    (blocker,) = blockers(head, held=False)
    assert blocker.code == "sub_accounts"
    assert "acc_a, acc_b" in blocker.text
    left = contract(state="ended", members=("acc_a",))
    assert [b.code for b in blockers(facts(contracts=(contract("c"), left)), held=False)] == []


# -- what can't be


def test_dates_2_a_contract_that_ended_says_nothing_any_more():
    ended = contract("old", state="ended", notice_days=300, term_ends_on=date(2019, 1, 1))
    made = plan(ended, contract("new"))
    assert [row.id for row in made.contracts] == ["new"]
    assert made.dates["effective_date"].at.date() == date(2026, 12, 23)


def test_dates_2_without_any_contract_the_policys_notice_holds_and_nobody_may_end_it():
    made = plan()
    assert made.contracts == ()
    assert made.dates["effective_date"].at.date() == date(2026, 12, 23)
    assert [b.code for b in blockers(facts(contracts=()), held=False)] == ["requester_without_authority"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"term_ends_on": date(2019, 12, 31)}, "its term ends on 2019-12-31, before it starts on 2020-01-01"),
        ({"term_ends_on": date(9999, 12, 31)}, "term_ends_on is empty where there is no term"),
        ({"notice_days": -1}, "notice_days is -1: expected 0 to 3660"),
        ({"notice_months": 999}, "notice_months is 999: expected 0 to 120"),
        ({"renewal_months": 0}, "renewal_months is 0: expected 1 to 120"),
        ({"early_termination": Decimal("1.5")}, "early_termination is 1.5: expected a share, 0 to 1"),
        ({"part_of": "acme-contract"}, "part of itself"),
    ],
)
def test_a_contract_that_cannot_be_is_refused_in_one_line(changes, why):
    no = refusal(contract(**changes))
    assert "contract acme-contract" in no.what
    assert why in no.what


def test_contracts_that_run_in_a_circle_are_refused():
    assert "is part of itself" in refusal(contract("a", part_of="b"), contract("b", part_of="a")).what


def test_two_contracts_of_one_title_at_the_same_time_are_refused_and_both_named():
    first, second = (contract(name, title="Subscription") for name in ("first", "second"))
    no = refusal(first, second)
    assert "first and second" in no.what
    first_year = first.model_copy(update={"term_ends_on": date(2020, 12, 31), "renews": False})
    next_year = second.model_copy(update={"started_on": date(2021, 1, 1)})
    assert effective(first_year, next_year) == date(2026, 12, 23)
    assert refusal(first_year, next_year.model_copy(update={"started_on": date(2020, 12, 31)}))


def test_dates_4_service_billing_retrieval_and_erasure_are_four_dates():
    made = plan(contract(), mode=Mode.EJECT, cause=Cause.FRAUD)
    names = ("effective_date", "billing_end", "retrieval_end", "backups_expire")
    assert len({made.dates[name].at for name in names}) == len(names)
    assert made.dates["erasure"].at >= made.dates["retrieval_end"].at
    assert made.dates["billing_end"].at - made.dates["effective_date"].at == timedelta(days=1)
