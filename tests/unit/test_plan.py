"""The plan is a pure function, and its hash binds what people approve."""

import os
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.account import BlockingFact
from models.vocabulary import Cause, Gate, Mode
from rules.plan import PlanRefused, Wish, blockers, commit, plan_hash
from tests.unit.sample_facts import INVENTORY, POLICY, ROOT, contract, facts

WISH = Wish(mode=Mode.STOP, requested_on=date(2026, 11, 22))
PAUSE = WISH.model_copy(update={"mode": Mode.PAUSE})
EJECT = WISH.model_copy(update={"mode": Mode.EJECT, "cause": Cause.BREACH})
SEVERAL = facts(
    contracts=(
        contract("main", notice_days=None, notice_months=3, notice_ends="quarter"),
        contract("extra", part_of="main", term_ends_on=date(2027, 6, 30), early_termination=Decimal("0.5")),
    )
)
PROGRAM = """
from tests.unit.test_plan import *
for wish in (WISH, PAUSE, EJECT):
    print(plan_hash(commit(facts(), wish, POLICY, INVENTORY)), plan_hash(commit(SEVERAL, wish, POLICY, INVENTORY)))
"""


def hashed(wish=WISH, policy=POLICY, inventory=INVENTORY, **changes):
    return plan_hash(commit(facts(**changes), wish, policy, inventory))


@pytest.mark.parametrize(
    "where",
    [
        {"TZ": "Pacific/Apia", "PYTHONHASHSEED": "7", "LC_ALL": "C"},
        {"TZ": "America/Sao_Paulo", "PYTHONHASHSEED": "11", "LANG": "es_ES.UTF-8"},
    ],
)
def test_equal_input_gives_an_equal_hash_in_another_process_zone_language_and_hash_seed(where):
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, **where},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [
        plan_hash(commit(who, wish, POLICY, INVENTORY)) for wish in (WISH, PAUSE, EJECT) for who in (facts(), SEVERAL)
    ]
    assert there.stdout.split() == here
    assert len(set(here)) == len(here) - 1  # contracts are nothing to a pause


@settings(deadline=None)
@given(st.dates(date(2026, 1, 1), date(2040, 1, 1)))
def test_the_hash_depends_on_the_day_and_on_nothing_of_the_instant(day):
    wish = WISH.model_copy(update={"requested_on": day})
    assert hashed(wish) == hashed(wish.model_copy())


@settings(deadline=None)
@given(st.permutations(SEVERAL.contracts))
def test_the_order_of_the_contracts_moves_no_date(contracts):
    shuffled = commit(SEVERAL.model_copy(update={"contracts": tuple(contracts)}), WISH, POLICY, INVENTORY)
    straight = commit(SEVERAL, WISH, POLICY, INVENTORY)
    assert shuffled.dates == straight.dates
    assert plan_hash(shuffled) == plan_hash(straight)


@pytest.mark.parametrize(
    "other",
    [
        {"wish": WISH.model_copy(update={"effective_on": date(2027, 1, 1)})},
        {"wish": WISH.model_copy(update={"paused_on": date(2026, 10, 1)})},
        {"wish": PAUSE},
        {"wish": EJECT},
        {"policy": POLICY.model_copy(update={"house": POLICY.house.model_copy(update={"approval_days": 3})})},
        {"inventory": INVENTORY.model_copy(update={"own": ()})},
        {"zone": "Atlantic/Canary"},
        {"notice": 31},
        {"jurisdiction": "US"},
    ],
)
def test_another_wish_policy_inventory_zone_or_contract_needs_new_approval(other):
    assert hashed(**other) != hashed()


def test_another_cause_needs_new_approval():
    assert hashed(EJECT) != hashed(EJECT.model_copy(update={"cause": Cause.FRAUD}))


def test_dates_2_the_plan_holds_the_clauses_that_it_rests_on():
    commitments = commit(facts(), WISH, POLICY, INVENTORY)
    by_matter = {term.matter: term for term in commitments.terms}
    assert {"notice", "transition", "retrieval", "write_off", "approvals", "cadence"} <= set(by_matter)
    assert by_matter["retrieval"].jurisdiction == commitments.jurisdiction == "EU"
    assert all(term.citation and term.value for term in commitments.terms)


def test_dates_2_a_policy_that_is_silent_is_refused_and_the_gap_named():
    policy = POLICY.model_copy(update={"late_usage": ()})
    with pytest.raises(PlanRefused) as no:
        commit(facts(), WISH, policy, INVENTORY)
    assert "late_usage" in no.value.what
    assert "policy check" in no.value.fix


def test_erasure_7_what_we_made_is_on_the_list_after_the_products_own():
    names = [duty.name for duty in commit(facts(), WISH, POLICY, INVENTORY).data_sets]
    own = [name for name in names if name.startswith("own/")]
    assert set(own) == {"own/package", "own/contacts", "own/users", "own/messages", "own/notes"}
    assert names[-4:] == [name for name in own if name != "own/users"]


def test_stages_3_outside_systems_go_before_the_records_that_point_at_them():
    names = [duty.name for duty in commit(facts(), WISH, POLICY, INVENTORY).data_sets]
    assert names[:3] == ["processor/newsletter", "own/users", "files/attachments"]
    assert names[3:-4] == [each.name for each in INVENTORY.data_sets]


def test_erasure_1_what_is_retained_says_why_and_until_when():
    kept = [duty for duty in commit(facts(), WISH, POLICY, INVENTORY).data_sets if duty.erase == "retain"]
    assert kept
    assert all(duty.ground and duty.until for duty in kept)


def test_a_retention_that_begins_on_a_leap_day_ends_on_a_day_that_exists():
    wish = WISH.model_copy(update={"effective_on": date(2028, 2, 29)})
    kept = [duty for duty in commit(facts(), wish, POLICY, INVENTORY).data_sets if duty.until]
    assert {duty.until.date() for duty in kept if duty.until} == {date(2034, 2, 28)}


def test_stages_5_blockers_are_found_each_with_its_fix():
    nobody = facts(contacts=(), contracts=())
    known = BlockingFact(code="open_dispute", text="a chargeback is open", fix="finance answers")
    found = blockers(nobody.model_copy(update={"blocking": (known,)}), held=True)
    codes = [blocker.code for blocker in found]
    assert codes == ["open_dispute", "no_contact", "requester_without_authority", "legal_hold"]
    assert all(blocker.fix for blocker in found)
    assert blockers(facts(), held=False) == ()


# -- modes


def test_modes_3_an_eject_needs_two_at_the_plan_and_what_an_exit_always_has():
    stop, eject = (commit(facts(), wish, POLICY, INVENTORY) for wish in (WISH, EJECT))
    assert (stop.gates[Gate.PLAN], eject.gates[Gate.PLAN]) == (1, 2)
    assert eject.gates[Gate.ERASURE] == stop.gates[Gate.ERASURE] == 2
    assert eject.cause is Cause.BREACH
    assert [duty.name for duty in eject.data_sets] == [duty.name for duty in stop.data_sets]
    assert set(eject.dates) == set(stop.dates)


def test_modes_3_the_policy_may_ask_more_of_an_eject_by_value():
    large = POLICY.approvals[1].model_copy(update={"required": 3, "yearly_value": {"EUR": Decimal(100000)}})
    policy = POLICY.model_copy(update={"approvals": (*POLICY.approvals, large)})
    for value, required in ((Decimal(99999), 2), (Decimal(100000), 3)):
        account = facts().account.model_copy(update={"yearly_value": value})
        assert commit(facts(account=account), EJECT, policy, INVENTORY).gates[Gate.PLAN] == required


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mode": Mode.EJECT}, "cause"),
        ({"mode": Mode.STOP, "cause": Cause.FRAUD}, "cause"),
        ({"mode": Mode.PAUSE, "cause": Cause.LEGAL}, "cause"),
        ({"mode": Mode.STOP, "resume_on": date(2027, 1, 1)}, "resume_date"),
        ({"mode": Mode.EJECT, "cause": Cause.LEGAL, "effective_on": date(2027, 1, 1)}, "effective_date"),
    ],
)
def test_modes_3_what_does_not_belong_to_a_mode_is_refused_with_what_to_do(changes, code):
    with pytest.raises(PlanRefused) as no:
        commit(facts(), WISH.model_copy(update=changes), POLICY, INVENTORY)
    assert no.value.code == code
    assert no.value.fix
