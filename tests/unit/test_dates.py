"""Every date of an exit, in the customer's calendar. Source: DOMAIN dates, modes; TRUST 19."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.policy import Period, Policy
from models.vocabulary import Cause, Mode, PeriodEnd
from rules.calendar import is_working_day, months_after
from rules.dates import midnight
from rules.plan import PlanRefused, Wish, commit
from tests.unit.sample_facts import INVENTORY, POLICY, contract, facts

ASKED = date(2026, 11, 22)
ORDER = ["requested", "notice_end", "transition_end", "effective_date", "retrieval_end", "erasure"]
CLOCK_CHANGES = timedelta(hours=3)
HARD_ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia", "America/Sao_Paulo", "Africa/Cairo")
ZONES = st.sampled_from(HARD_ZONES) | st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"}))
DAYS = st.sampled_from(
    [date(2011, 12, 1), date(2011, 12, 28), date(2028, 2, 28), date(2027, 12, 31), date(2018, 11, 3)]
) | st.dates(date(2000, 1, 1), date(2090, 12, 31))
COUNTRIES = st.sampled_from(["ES", "DE", "JP", "KW", "US", "XX"])
CONTRACTS = st.builds(
    contract,
    notice_days=st.none() | st.integers(0, 120),
    notice_months=st.none() | st.integers(0, 6),
    notice_ends=st.sampled_from(PeriodEnd),
    term_ends_on=st.none() | st.dates(date(2020, 1, 1), date(2090, 12, 31)),
    renewal_months=st.sampled_from([1, 3, 12, 24]),
    early_termination=st.none() | st.just(Decimal("0.5")),
)


def lasting(
    days: st.SearchStrategy[int], working_days: st.SearchStrategy[int], *rolls: bool
) -> st.SearchStrategy[Period]:
    words = {"rule": "dates.2", "citation": "drawn", "valid_from": date(1999, 1, 1)}
    fixed = {name: st.just(value) for name, value in words.items()}
    return st.builds(Period, **fixed, days=days, working_days=working_days, to_working_day=st.sampled_from(rolls))


def since_1999(policy: Policy) -> Policy:
    """All of its clauses, in force since then."""
    since = {"valid_from": date(1999, 1, 1)}
    clauses = {name: value for name, value in policy if isinstance(value, tuple)}
    return policy.model_copy(update={n: tuple(c.model_copy(update=since) for c in cs) for n, cs in clauses.items()})


def policy_of(**periods: Period) -> Policy:
    """The shipped one, but for one clause of each of these matters."""
    return SHIPPED.model_copy(update={name: (period,) for name, period in periods.items()})


SHIPPED = since_1999(POLICY)
POLICIES = st.builds(
    policy_of,
    notice=lasting(st.integers(0, 90), st.integers(0, 5), True, False),
    transition=lasting(st.integers(0, 30), st.just(0), False),
    late_usage=lasting(st.integers(0, 7), st.integers(0, 3), True, False),
    retrieval=lasting(st.integers(0, 90), st.integers(0, 5), True, False),
)


def dates_of(day=ASKED, customer=None, policy=POLICY, **wish):
    asked = Wish(**{"mode": Mode.STOP, "requested_on": day, **wish})
    return commit(customer or facts(), asked, policy, INVENTORY).dates


def lived(start: datetime, end: datetime) -> timedelta:
    return end.astimezone(UTC) - start.astimezone(UTC)


@settings(deadline=None)
@given(DAYS, ZONES, COUNTRIES, POLICIES, CONTRACTS)
def test_dates_1_no_window_of_the_customers_is_ever_shortened(day, zone, country, policy, agreed):
    customer = facts(zone, country=country, jurisdiction="default", contracts=(agreed,))
    at = {name: planned.at for name, planned in dates_of(day, customer, policy).items()}
    (notice,), (transition,), (late,), (retrieval,) = (
        policy.notice,
        policy.transition,
        policy.late_usage,
        policy.retrieval,
    )
    own = agreed.notice_days is not None or agreed.notice_months is not None
    notice_days = (agreed.notice_days or 0) + 28 * (agreed.notice_months or 0) if own else notice.days
    windows = {
        notice_days: (midnight(day + timedelta(days=1), zone), at["notice_end"]),
        transition.days: (at["notice_end"], at["effective_date"]),
        late.days: (at["effective_date"], at["late_usage_end"]),
        retrieval.days: (midnight(at["effective_date"].date() + timedelta(days=1), zone), at["retrieval_end"]),
    }
    for days, (start, end) in windows.items():
        assert lived(start, end) >= timedelta(days=days) - CLOCK_CHANGES
    if retrieval.to_working_day:
        assert is_working_day(at["retrieval_end"].date() - timedelta(days=1), country)


@settings(deadline=None)
@given(DAYS, ZONES, POLICIES, CONTRACTS)
def test_dates_2_rolling_to_a_working_day_never_ends_anything_earlier(day, zone, policy, agreed):
    customer = facts(zone, contracts=(agreed,))
    stiff = policy.model_copy(
        update={
            name: tuple(clause.model_copy(update={"to_working_day": False}) for clause in getattr(policy, name))
            for name in ("notice", "late_usage", "retrieval")
        }
    )
    rolling, fixed = dates_of(day, customer, policy), dates_of(day, customer, stiff)
    assert all(rolling[name].at >= fixed[name].at for name in fixed)


@settings(deadline=None)
@given(DAYS, ZONES, POLICIES, CONTRACTS, st.sampled_from([Mode.STOP, Mode.EJECT]))
def test_dates_3_the_order_of_the_dates_is_that_of_the_stages(day, zone, policy, agreed, mode):
    cause = Cause.BREACH if mode is Mode.EJECT else None
    dates = dates_of(day, facts(zone, contracts=(agreed,)), policy, mode=mode, cause=cause)
    instants = [dates[name].at for name in ORDER]
    assert instants == sorted(instants)
    assert dates["backups_expire"].at > dates["erasure"].at
    assert dates["late_usage_end"].at >= max(dates["effective_date"].at, dates["billing_end"].at)
    assert all(planned.rule and planned.citation for planned in dates.values())


@settings(deadline=None)
@given(DAYS, ZONES, CONTRACTS, st.integers(0, 400))
def test_dates_4_a_later_date_that_is_asked_for_is_the_date(day, zone, agreed, later):
    customer = facts(zone, jurisdiction="US", contracts=(agreed,))
    first = dates_of(day, customer, SHIPPED)["effective_date"].at.date()
    asked = min(first + timedelta(days=later), day + timedelta(days=3660))
    if asked >= first:
        assert dates_of(day, customer, SHIPPED, effective_on=asked)["effective_date"].at == midnight(asked, zone)


@settings(deadline=None)
@given(DAYS, st.lists(CONTRACTS, min_size=1, max_size=3), st.sampled_from(["EU", "US"]))
def test_dates_3_nobody_pays_for_leaving_who_did_not_ask_to_leave_early(day, agreed, jurisdiction):
    several = tuple(each.model_copy(update={"id": f"c{n}", "title": f"c{n}"}) for n, each in enumerate(agreed))
    wish = Wish(mode=Mode.STOP, requested_on=day)
    made = commit(facts(jurisdiction=jurisdiction, contracts=several), wish, SHIPPED, INVENTORY)
    assert {row.fee_share for row in made.contracts} == {0}
    assert {row.ends.at for row in made.contracts} == {made.dates["effective_date"].at}
    assert all(row.term_end >= row.ends.at for row in made.contracts)


@settings(deadline=None)
@given(DAYS, CONTRACTS)
def test_dates_3_in_the_eu_nobody_who_pays_nothing_for_it_waits_longer_than_two_months(day, agreed):
    free = agreed.model_copy(update={"early_termination": None})
    effective = dates_of(day, facts(contracts=(free,)), SHIPPED)["effective_date"].at.date()
    assert effective <= months_after(day, 2) + timedelta(days=1)
    bound = agreed.model_copy(update={"early_termination": Decimal("0.5")})
    asked = {"policy": SHIPPED, "effective_on": months_after(day, 2) + timedelta(days=1)}
    assert dates_of(day, facts(contracts=(bound,)), **asked)["effective_date"].at.date() == asked["effective_on"]


def test_dates_2_every_date_names_its_rule_and_its_text():
    dates = dates_of()
    assert set(dates) == {*ORDER, "billing_end", "late_usage_end", "backups_expire"}
    assert "25(2)(g)" in dates["retrieval_end"].citation
    assert dates["notice_end"].citation == "contract acme-contract: notice of 30 days"


def test_dates_1_a_day_that_apia_left_out_is_no_day_of_a_window():
    customer = facts("Pacific/Apia", jurisdiction="WS", contracts=(contract(notice_days=10),))
    dates = dates_of(date(2011, 12, 22), customer, SHIPPED)
    assert dates["effective_date"].at.date() == date(2012, 1, 3)
    elsewhere = dates_of(date(2011, 12, 22), facts(contracts=(contract(notice_days=10),)), SHIPPED)
    assert elsewhere["effective_date"].at.date() == date(2012, 1, 2)


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
    assert dates_of(effective_on=asked)["effective_date"].at.isoformat() == expected


def test_dates_3_a_later_end_makes_the_notice_longer_and_never_the_transition():
    transition = POLICY.transition[0].model_copy(update={"days": 20})
    policy = POLICY.model_copy(update={"transition": (transition,)})
    dates = dates_of(policy=policy)
    assert dates["notice_end"].at.date() == date(2026, 12, 23)
    assert dates["effective_date"].at.date() == dates["transition_end"].at.date() == date(2027, 1, 12)
    with pytest.raises(PlanRefused, match="before the transition is over"):
        dates_of(policy=policy, effective_on=date(2027, 1, 11))
    later = dates_of(policy=policy, effective_on=date(2027, 3, 1))
    assert later["notice_end"].at.date() == date(2027, 2, 9)


def test_dates_3_the_retrieval_window_ends_on_a_working_day_in_the_eu():
    dates = dates_of(effective_on=date(2027, 1, 2))  # thirty days later is Monday 1 February
    assert dates["retrieval_end"].at.date() == date(2027, 2, 2)
    dates = dates_of(effective_on=date(2026, 12, 31))  # Saturday 30 January
    assert dates["retrieval_end"].at.date() == date(2027, 2, 2)


# -- modes


def test_modes_3_an_eject_waits_for_nothing_and_its_windows_stay_whole():
    dates = dates_of(mode=Mode.EJECT, cause=Cause.CUSTOMER_DEMAND)
    begun = midnight(ASKED, "Europe/Madrid")
    assert {dates[n].at for n in ("requested", "notice_end", "transition_end", "effective_date")} == {begun}
    assert dates["billing_end"].at == midnight(date(2026, 11, 23), "Europe/Madrid")
    assert dates["late_usage_end"].at.date() == date(2026, 11, 26)
    assert dates["retrieval_end"].at.date() == date(2026, 12, 23)


@pytest.mark.parametrize(
    ("mode", "cause", "effective"),
    [(Mode.STOP, None, date(2026, 12, 23)), (Mode.EJECT, Cause.BREACH, ASKED)],
)
def test_modes_4_out_of_a_pause_nothing_is_charged_since_it_began(mode, cause, effective):
    dates = dates_of(mode=mode, cause=cause, paused_on=date(2026, 10, 1))
    assert dates["billing_end"].at == midnight(date(2026, 10, 1), "Europe/Madrid")
    assert dates["billing_end"].rule == "modes.1"
    assert dates["effective_date"].at.date() == effective
    assert dates["late_usage_end"].at.date() == effective + timedelta(days=3)
