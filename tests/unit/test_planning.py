"""A plan asks the product's database whether the inventory fits, and whose rows they are."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.planning import PlanningActivities, a_year_before, today
from connectors.errors import Rejected
from models.case import PlanRequest
from models.inventory import Inventory
from models.money import BillingState, InvoiceState
from models.vocabulary import BlockerCode, Cause, Gate, MailKind, Mode, Stage
from rules.inventory_draft import draft
from rules.plan import Wish, plan_hash
from tests.unit.sample_billing import subscription
from tests.unit.sample_facts import POLICY, contract, facts
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


class Store:
    """Keeps plans and policies; the account has paused `pauses` times since an instant that it remembers."""

    def __init__(self, pauses=0):
        self.kept, self.policies, self.paused, self.since = [], {}, pauses, None

    def holds(self, account):
        return []

    def pauses(self, account, since):
        self.since = since
        return self.paused

    def keep_plan(self, case, plan, at):
        self.kept.append(plan)

    def keep_policy(self, sha256, policy, at):
        self.policies[sha256] = policy


def planning(inventory: Inventory, seen=SCHEMA, store=None, policy=POLICY, **billing):
    state = billing.get("state") or (lambda account, at: BillingState())
    return PlanningActivities(
        directory=SimpleNamespace(facts=lambda account: facts()),
        product=Product(seen),
        billing=SimpleNamespace(state=state, inexpressible=billing.get("inexpressible") or (lambda settlement: [])),
        identity=SimpleNamespace(count=lambda account, active: 1),
        access=SimpleNamespace(counts=lambda account: {}),
        store=store or Store(),
        policy=policy,
        inventory=inventory,
    )


def plan(seen, inventory: Inventory):
    return planning(inventory, seen).draft(facts(), Wish(mode=Mode.STOP, requested_on=date(2026, 11, 22)), NOW)


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


# -- made, kept, agreed


def made(store=None, policy=POLICY, state=None, inexpressible=None, **wish):
    """What the activity answers to a request of 22 November."""
    asked = {"case": "acme-1", "account": "acme", "stage": Stage.REQUESTED, "step": "make_plan", "mode": Mode.STOP}
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, scheduled_time=NOW)
    acts = planning(decided("export"), store=store, policy=policy, state=state, inexpressible=inexpressible)
    return environment.run(acts.make_plan, PlanRequest(**{**asked, **wish})).agreed


def refused(**about):
    with pytest.raises(ApplicationError) as no:
        made(**about)
    assert (no.value.type, no.value.non_retryable) == ("PlanRefused", True)
    what, fix = no.value.message, no.value.details[0]
    assert fix
    assert "\n" not in what
    return what


def test_dates_2_a_plan_keeps_the_policy_that_it_rests_on():
    store = Store()
    agreed = made(store)
    (kept,) = store.kept
    assert kept.hash == agreed.hash
    assert store.policies == {kept.commitments.policy_sha256: POLICY}


def test_money_9_the_looks_for_late_charges_are_instants_of_the_customers_days():
    agreed = made()
    effective = agreed.dates["effective_date"]
    assert effective.isoformat() == "2026-12-23T00:00:00+01:00"
    assert [(at.date() - effective.date()).days for at in agreed.looks_at] == [7, 30]
    assert agreed.silence_at == agreed.dates["retrieval_end"]
    assert agreed.dates["retrieval_end"] - agreed.reminder_at == timedelta(days=7)
    assert agreed.approval_until.date() == date(2026, 12, 7)


def test_identity_3_the_scans_for_ways_in_are_instants_of_the_customers_days():
    agreed = made()
    effective = agreed.dates["effective_date"].date()
    assert [(at.date() - effective).days for at in agreed.scans_at] == [*POLICY.house.zombie_scan_days]
    assert {at.isoformat()[10:] for at in agreed.scans_at} == {"T00:00:00+01:00"}
    assert made(Store(pauses=1), mode=Mode.PAUSE, resume_on=date(2027, 1, 15)).scans_at == ()


def test_modes_1_a_pause_settles_nothing_and_agrees_on_its_resume_date():
    store = Store(pauses=1)
    agreed = made(store, mode=Mode.PAUSE, resume_on=date(2027, 1, 15))
    (kept,) = store.kept
    assert (kept.estimates.statement, kept.estimates.cost) == ((), {})
    assert [message.kind for message in kept.estimates.messages] == [
        MailKind.ACKNOWLEDGEMENT,
        MailKind.PAUSED,
        MailKind.RESUME_REMINDER,
        MailKind.WELCOME_BACK,
    ]
    assert (agreed.mode, agreed.looks_at, agreed.data_sets) == (Mode.PAUSE, (), ())
    assert agreed.silence_at == agreed.dates["resume"] == agreed.reminder_at + timedelta(days=7)
    assert store.since == datetime(2025, 11, 22, 9, tzinfo=UTC)


def test_modes_1_the_pauses_of_the_last_twelve_months_count():
    assert "2 pauses began" in refused(store=Store(pauses=2), mode=Mode.PAUSE)
    assert made(Store(pauses=2)).mode is Mode.STOP


def test_modes_3_an_eject_agrees_on_its_cause_and_on_two_approvals():
    agreed = made(mode=Mode.EJECT, cause=Cause.NON_PAYMENT)
    assert (agreed.mode, agreed.cause) == (Mode.EJECT, Cause.NON_PAYMENT)
    assert agreed.approvals_required == {Gate.PLAN: 2, Gate.ERASURE: 2}
    assert "needs a cause" in refused(mode=Mode.EJECT)


def invoice(**changes):
    issued = datetime(2026, 11, 1, tzinfo=UTC)
    about = {"invoice_id": "in_1", "kind": "one_off", "description": "Set-up", "currency": "EUR"}
    money = {"total": Decimal(100), "paid": Decimal(0), "issued_at": issued}
    return InvoiceState(**{**about, **money, **changes})


def test_the_cost_is_what_is_still_to_pay():
    store = Store()
    made(store, state=lambda account, at: BillingState(invoices=(invoice(),)))
    assert store.kept[0].estimates.cost == {"EUR": Decimal(100)}


@pytest.mark.parametrize(("contracts", "share"), [(("one",), Decimal("0.2")), (("one", "two"), Decimal(0))])
def test_money_5_the_plan_promises_no_fee_that_nobody_charges(contracts, share):
    """Of two main contracts nobody knows which one a subscription belongs to that names neither."""
    fee = {"early_termination": Decimal("0.2"), "term_ends_on": date(2027, 10, 31)}
    customer = facts(contracts=tuple(contract(name, **fee) for name in contracts))
    state = BillingState(subscriptions=(subscription(),))
    wish = Wish(mode=Mode.STOP, requested_on=date(2026, 11, 22), effective_on=date(2027, 1, 1))
    made = planning(decided("export"), state=lambda account, at: state).draft(customer, wish, NOW)
    assert {each.fee_share for each in made.commitments.contracts} == {share}
    said = [line.description for each in made.estimates.statement for line in each.lines]
    assert any("Early termination" in words for words in said) == bool(share)
    assert made.hash == plan_hash(made.commitments)


def test_what_no_amount_can_be_made_of_is_refused_in_one_line():
    unknown = BillingState(invoices=(invoice(currency="XQZ"),))
    assert "XQZ" in refused(state=lambda account, at: unknown)


def test_money_3_what_the_provider_cannot_express_is_refused_in_the_preview():
    paid = invoice(currency="KWD", total=Decimal("1.005"), paid=Decimal("2.010"), payments={"p": Decimal("2.010")})
    why = refused(state=lambda account, at: BillingState(invoices=(paid,)), inexpressible=lambda s: s.documents)
    assert "can't express 1.005 KWD exactly: refund" in why


def test_what_the_provider_does_not_tell_is_refused_in_one_line():
    def state(account, at):
        raise Rejected("stripe", "KWD 1.005 isn't a multiple of 0.010", "round the invoice at Stripe")

    assert refused(state=state) == "KWD 1.005 isn't a multiple of 0.010"


def test_dates_2_a_policy_that_is_silent_is_refused_in_one_line():
    assert "write_off" in refused(policy=POLICY.model_copy(update={"write_off": ()}))
    assert "retrieval" in refused(policy=POLICY.model_copy(update={"retrieval": ()}))


def test_a_date_that_cannot_be_is_refused_in_one_line():
    assert "before the notice" in refused(effective_on=date(2026, 11, 23))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (datetime(2028, 2, 29, 23, tzinfo=UTC), datetime(2027, 2, 28, 23, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
    ],
)
def test_modes_1_a_year_before_is_a_day_that_exists(now, before):
    assert a_year_before(now) == before


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Kiritimati", date(2026, 2, 1)), ("Pacific/Pago_Pago", date(2026, 1, 30))]
)
def test_dates_1_a_request_is_of_the_customers_day(zone, day):
    around_midnight = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
    assert today(facts(zone), around_midnight) == day
