"""What a hold freezes, and when its confirmation is overdue."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from models.inventory import Inventory, read_inventory
from models.policy import HoldNoticeClause
from rules.holds import can_be_held, confirm_by, frozen, may_be_told, overdue_since
from tests.unit.sample_facts import POLICY, facts

SAMPLE = read_inventory(Path(__file__).parents[2] / "inventory.toml")
NAMES = [each.name for each in SAMPLE.data_sets]
PLACED = datetime(2026, 11, 22, 9, tzinfo=UTC)


@given(st.sets(st.sampled_from(NAMES)))
def test_erasure_3_a_hold_freezes_what_it_covers_and_all_that_must_stay_with_it(covered: set[str]) -> None:
    found = frozen(SAMPLE, covered)
    assert covered <= found
    assert frozen(SAMPLE, found) == found
    by_table = {each.table: each for each in SAMPLE.data_sets}
    parents = {
        by_table[hop.parent].name
        for each in SAMPLE.data_sets
        if each.name in found
        for hop in (*each.hops, *each.ignored)
        if by_table[hop.parent].erase == "delete"
    }
    assert parents <= found


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_erasure_3_two_holds_freeze_what_each_of_them_does(one: set[str], other: set[str]) -> None:
    assert frozen(SAMPLE, one | other) == frozen(SAMPLE, one) | frozen(SAMPLE, other)


def test_erasure_3_in_the_sample_a_hold_on_tasks_keeps_their_orders_machines_and_clients() -> None:
    held = {"task", "work_order", "asset", "client", "site", "app_user"}
    assert frozen(SAMPLE, ["task"]) == held  # the account's own row is masked, and points at none of them


def test_erasure_3_a_hold_on_one_table_of_a_circle_covers_the_circle() -> None:
    circle = Inventory.model_validate(
        {
            "root": "org",
            "data_set": [
                {"name": "team", "table": "team", "hops": ["team.lead -> person.id"]},
                {"name": "person", "table": "person", "hops": ["person.team -> team.id", "person.org -> org.id"]},
                {"name": "org", "table": "org", "erase": "mask", "mask": {"name": ""}},
            ],
        }
    )
    for name in ("team", "person"):
        assert frozen(circle, [name]) == {"team", "person"}


def test_all_that_a_plan_names_can_be_held() -> None:
    assert {"invoice", "files/attachments", "processor/newsletter", "own/users"} <= {*can_be_held(SAMPLE)}


def test_erasure_3_a_hold_must_be_confirmed_within_the_days_of_the_policy() -> None:
    hold = {"placed_at": PLACED, "confirmed_by": None}
    until = confirm_by(PLACED, 3)
    assert overdue_since(hold, 3, until - timedelta(seconds=1)) is None
    assert overdue_since(hold, 3, until) == until
    assert overdue_since({**hold, "confirmed_by": "david"}, 3, until) is None


def notice(**about: object) -> HoldNoticeClause:
    fixed = {"rule": "erasure.3", "citation": "house policy: x", "valid_from": date(2025, 1, 1)}
    return HoldNoticeClause.model_validate({**fixed, **about})


def test_erasure_3_a_customer_is_told_of_a_hold_only_where_counsel_allows_it() -> None:
    """The contract's clause before the jurisdiction's before the default; silence is a no."""
    day, clauses = PLACED.date(), (notice(tell=False), notice(tell=True, jurisdiction="EU"))
    told = POLICY.model_copy(update={"hold_notice": clauses})
    assert may_be_told(told, facts(), day) is True
    assert may_be_told(told, facts(jurisdiction="US"), day) is False
    own = notice(tell=False, contract="acme-contract")
    assert may_be_told(POLICY.model_copy(update={"hold_notice": (*clauses, own)}), facts(), day) is False
    assert may_be_told(POLICY.model_copy(update={"hold_notice": ()}), facts(), day) is False
    assert may_be_told(POLICY, facts(), day) is True
