"""The plan is a pure function, and its hash binds what people approve."""

import os
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.account import BlockingFact
from models.vocabulary import Gate, Mode
from rules.plan import PlanRefused, Wish, approvals_required, blockers, commit, plan_hash
from tests.unit.sample_facts import INVENTORY, POLICY, ROOT, facts

WISH = Wish(mode=Mode.STOP, requested_on=date(2026, 11, 22))
PROGRAM = """
from tests.unit.test_plan import *
print(plan_hash(commit(facts(), WISH, POLICY, INVENTORY)))
"""


def hashed(wish=WISH, policy=POLICY, inventory=INVENTORY, **changes):
    return plan_hash(commit(facts(**changes), wish, policy, inventory))


def test_equal_input_gives_an_equal_hash_in_another_process_and_zone():
    environment = {**os.environ, "TZ": "Pacific/Apia", "PYTHONHASHSEED": "7"}
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == hashed()


@given(st.dates(date(2024, 1, 1), date(2040, 1, 1)))
def test_the_hash_depends_on_the_day_and_on_nothing_of_the_instant(day):
    wish = WISH.model_copy(update={"requested_on": day})
    assert hashed(wish) == hashed(wish.model_copy())


@pytest.mark.parametrize(
    "other",
    [
        {"wish": WISH.model_copy(update={"effective_on": date(2027, 1, 1)})},
        {"policy": POLICY.model_copy(update={"approval_days": 3})},
        {"inventory": INVENTORY.model_copy(update={"own": ()})},
        {"zone": "Atlantic/Canary"},
        {"notice": 31},
    ],
)
def test_another_date_policy_inventory_zone_or_contract_needs_new_approval(other):
    assert hashed(**other) != hashed()


def test_erasure_7_what_we_made_is_on_the_list_after_the_products_own():
    names = [duty.name for duty in commit(facts(), WISH, POLICY, INVENTORY).data_sets]
    own = [name for name in names if name.startswith("own/")]
    assert own == names[-len(own) :]
    assert set(own) == {"own/package", "own/contacts", "own/users", "own/messages", "own/notes"}
    assert names[0].startswith("files/")


def test_erasure_1_what_is_retained_says_why_and_until_when():
    kept = [duty for duty in commit(facts(), WISH, POLICY, INVENTORY).data_sets if duty.erase == "retain"]
    assert kept
    assert all(duty.ground and duty.until for duty in kept)


def test_a_retention_that_begins_on_a_leap_day_ends_on_a_day_that_exists():
    wish = WISH.model_copy(update={"effective_on": date(2028, 2, 29)})
    kept = [duty for duty in commit(facts(), wish, POLICY, INVENTORY).data_sets if duty.until]
    assert {duty.until.date() for duty in kept if duty.until} == {date(2034, 2, 28)}


def test_modes_that_are_not_built_are_refused_with_what_to_do():
    for mode in (Mode.PAUSE, Mode.EJECT):
        with pytest.raises(PlanRefused) as no:
            commit(facts(), WISH.model_copy(update={"mode": mode}), POLICY, INVENTORY)
        assert no.value.fix


def test_modes_3_an_eject_needs_one_more_at_the_plan():
    assert approvals_required(Mode.EJECT, POLICY)[Gate.PLAN] == approvals_required(Mode.STOP, POLICY)[Gate.PLAN] + 1


def test_stages_5_blockers_are_found_each_with_its_fix():
    nobody = facts(contacts=(), contracts=())
    known = BlockingFact(code="open_dispute", text="a chargeback is open", fix="finance answers")
    found = blockers(nobody.model_copy(update={"blocking": (known,)}), held=True)
    codes = [blocker.code for blocker in found]
    assert codes == ["open_dispute", "no_contact", "requester_without_authority", "legal_hold"]
    assert all(blocker.fix for blocker in found)
    assert blockers(facts(), held=False) == ()
