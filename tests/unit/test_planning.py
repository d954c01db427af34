"""A plan asks the product's database whether the inventory fits, and whose rows they are."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from activities.planning import PlanningActivities
from models.inventory import Inventory
from models.money import BillingState
from models.vocabulary import BlockerCode, Mode
from rules.inventory_draft import draft
from rules.plan import Wish
from tests.unit.sample_facts import POLICY, facts
from tests.unit.sample_schema import foreign, schema, table

ACCOUNT, NOTE = table("account"), table("note", "note.account_id -> account.id")
SCHEMA = schema(ACCOUNT, NOTE)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Product:
    """Ten rows of each data set, two of them another account's, too."""

    def __init__(self, seen):
        self.seen = seen

    def schema(self):
        return self.seen

    def count(self, inventory, data_set, root_key):
        return 3 if data_set.name == "account" and data_set.hops else 10

    def of_two_accounts(self, inventory, data_set, root_key):
        return 2 if data_set.name == "note" else 0


def plan(seen, inventory: Inventory):
    planning = PlanningActivities(
        directory=SimpleNamespace(),
        product=Product(seen),
        billing=SimpleNamespace(state=lambda account, at: BillingState()),
        identity=SimpleNamespace(count=lambda account, active: 1),
        access=SimpleNamespace(counts=lambda account: {}),
        store=SimpleNamespace(holds=lambda account: []),
        policy=POLICY,
        inventory=inventory,
    )
    return planning.draft(facts(), Wish(mode=Mode.STOP, requested_on=date(2026, 11, 22)), NOW)


def decided(of_two: str) -> Inventory:
    whole = draft(SCHEMA, "account")
    sets = [each.model_copy(update={"of_two": of_two}) for each in whole.data_sets]
    return whole.model_copy(update={"data_sets": tuple(sets)})


def test_stages_5_rows_of_two_accounts_stop_the_plan_until_a_person_decides():
    (blocker,) = plan(SCHEMA, decided("block")).blockers
    assert blocker.code is BlockerCode.ROWS_OF_TWO_ACCOUNTS
    assert "2 of note" in blocker.text
    assert 'of_two = "export", "keep" or "hand_over"' in blocker.fix


@pytest.mark.parametrize("of_two", ["export", "keep", "hand_over"])
def test_rows_of_two_accounts_of_which_a_person_decided_stop_nothing(of_two):
    made = plan(SCHEMA, decided(of_two))
    assert made.blockers == ()
    assert made.estimates.rows == {"note": 10, "account": 10}


def test_stages_5_a_schema_that_has_drifted_stops_the_plan_and_nothing_is_counted():
    made = plan(schema(ACCOUNT, NOTE, table("leaf", "leaf.note_id -> note.id")), decided("block"))
    (blocker,) = made.blockers
    assert blocker.code is BlockerCode.INVENTORY_INCOMPLETE
    assert "leaf: it can reach the root, and has no rule" in blocker.text
    assert "farewell inventory check" in blocker.fix
    assert made.estimates.rows == {}


@pytest.mark.parametrize(
    ("on_delete", "changes", "stopped"),
    [
        ("", {}, True),
        ("SET NULL", {}, False),
        ("", {"erase": "mask", "mask": {"parent": None}}, False),
    ],
)
def test_stages_5_accounts_under_an_account_stop_the_plan_where_they_would_hold_its_row(on_delete, changes, stopped):
    seen = schema(table("account", foreign("account.parent -> account.id", on_delete)))
    whole = draft(seen, "account")
    root = whole.data_sets[0].model_copy(update=changes)
    found = plan(seen, whole.model_copy(update={"data_sets": (root,)})).blockers
    assert [each.code for each in found] == [BlockerCode.SUB_ACCOUNTS] * stopped
    assert all(each.text.startswith("2 other accounts") for each in found)
