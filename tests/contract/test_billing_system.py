"""What every billing system must do. Source: DOMAIN money."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from connectors.builtin.billing import BuiltinBilling
from connectors.errors import Conflict
from connectors.ports import BillingSystem
from connectors.store.sessions import reading, writing
from models.money import Document, Settlement
from models.tables.billing import CounterDocumentRow, InvoiceRow, SubscriptionRow, UsageRow
from rules.settlement import outstanding, settle
from tests.contract.sample_account import AT, add_account
from tests.contract.sample_money import END, THRESHOLDS, add_money


@pytest.fixture(params=[BuiltinBilling])
def billing(request: pytest.FixtureRequest, engine: Engine) -> BillingSystem:
    return request.param(engine)


@pytest.fixture
def account(engine: Engine) -> str:
    account = add_account(engine)
    add_money(engine, account)
    return account


def settled(billing: BillingSystem, account: str) -> Settlement:
    return settle(billing.state(account, END), END, THRESHOLDS, "Europe/Madrid")


def subscriptions(engine: Engine, account: str) -> list[SubscriptionRow]:
    with reading(engine) as session:
        asked = select(SubscriptionRow).where(SubscriptionRow.account == account)
        return [row.model_copy() for row in session.exec(asked.order_by(SubscriptionRow.id))]


def documents(engine: Engine, account: str) -> list[tuple[str, Decimal]]:
    with reading(engine) as session:
        rows = session.exec(select(CounterDocumentRow).where(CounterDocumentRow.account == account))
        return sorted((row.kind, row.amount) for row in rows)


def test_state_tells_invoices_payments_usage_and_credit(billing: BillingSystem, account: str) -> None:
    state = billing.state(account, END)
    assert [(x.kind, x.currency, x.due) for x in state.invoices] == [
        ("subscription", "EUR", 0),
        ("one_off", "JPY", 4000),
        ("usage", "KWD", Decimal("1.505")),
    ]
    assert state.invoices[0].payments == {f"{account}-p1": Decimal(30)}
    assert [(x.currency, x.amount, len(x.usage_ids)) for x in state.usage] == [("EUR", Decimal("9.999"), 2)]
    assert state.credit == {"EUR": Decimal("1.5")}


def test_money_9_usage_from_the_billing_end_on_is_never_charged(billing: BillingSystem, account: str) -> None:
    late = billing.state(account, END + timedelta(days=30)).usage
    assert [x.amount for x in late] == [Decimal("109.999")]


def test_an_amount_of_many_digits_stays_exact(billing: BillingSystem, engine: Engine, account: str) -> None:
    amount = Decimal("123456789012345.678")
    with writing(engine) as session:
        session.add(
            UsageRow(id=f"{account}-big", account=account, description="Big", currency="KWD", amount=amount, used_at=AT)
        )
    assert amount in [x.amount for x in billing.state(account, END).usage]


def test_stop_renewal_twice_and_resume_give_back_what_was(billing: BillingSystem, engine: Engine, account: str) -> None:
    before = subscriptions(engine, account)
    first = billing.stop_renewal(account, "case:stop_renewal:-:1", AT)
    assert billing.stop_renewal(account, "case:stop_renewal:-:1", AT) == first
    assert not any(x.renews for x in subscriptions(engine, account))
    billing.resume_renewal(account, "case:stop_renewal:-:1", AT)
    assert billing.resume_renewal(account, "case:stop_renewal:-:1", AT).count == 0
    assert subscriptions(engine, account) == before


def test_money_4_freeze_ends_charges_and_mutes_dunning_and_unfreeze_gives_back_what_was(
    billing: BillingSystem, engine: Engine, account: str
) -> None:
    before = subscriptions(engine, account)
    first = billing.freeze(account, "case:freeze_charges:-:1", END)
    assert billing.freeze(account, "case:freeze_charges:-:1", END) == first
    frozen = subscriptions(engine, account)
    assert all(x.dunning_muted and x.ends_at and x.ends_at <= END for x in frozen)
    for _ in range(2):
        billing.unfreeze(account, "case:freeze_charges:-:1", AT)
        assert subscriptions(engine, account) == before


def test_money_5_after_settling_nothing_is_open(billing: BillingSystem, account: str) -> None:
    billing.settle(account, settled(billing, account), f"{account}:close_statement:-:1", AT)
    assert outstanding(billing.state(account, END)) == {}
    assert settled(billing, account) == Settlement(statements=())


def test_money_7_settling_again_makes_nothing_and_answers_the_same(
    billing: BillingSystem, engine: Engine, account: str
) -> None:
    settlement, key = settled(billing, account), f"{account}:close_statement:-:1"
    first = billing.settle(account, settlement, key, AT)
    before = documents(engine, account), billing.state(account, END)
    assert billing.settle(account, settlement, key, AT + timedelta(hours=1)) == [
        receipt.model_copy(update={"at": AT + timedelta(hours=1)}) for receipt in first
    ]
    assert (documents(engine, account), billing.state(account, END)) == before


def test_money_7_attempts_at_the_same_time_pay_once(billing: BillingSystem, engine: Engine, account: str) -> None:
    settlement, key = settled(billing, account), f"{account}:close_statement:-:1"
    with ThreadPoolExecutor(4) as pool:
        attempts = [pool.submit(billing.settle, account, settlement, key, AT) for _ in range(4)]
        assert len({tuple(attempt.result()) for attempt in attempts}) == 1
    made = [document for document in settlement.documents if document.kind != "charge"]
    assert documents(engine, account) == sorted((x.kind, x.amount) for x in made)
    assert outstanding(billing.state(account, END)) == {}


def test_money_3_a_refund_names_the_payment_it_goes_to(billing: BillingSystem, engine: Engine, account: str) -> None:
    billing.settle(account, settled(billing, account), f"{account}:close_statement:-:1", AT)
    with reading(engine) as session:
        (refund,) = session.exec(
            select(CounterDocumentRow).where(CounterDocumentRow.account == account, CounterDocumentRow.kind == "refund")
        )
        assert (refund.payment, refund.amount) == (f"{account}-p1", Decimal("6.50"))


def test_stages_7_reversing_gives_back_the_money_of_before_and_deletes_nothing(
    billing: BillingSystem, engine: Engine, account: str
) -> None:
    before, key = billing.state(account, END), f"{account}:close_statement:-:1"
    settlement = settled(billing, account)
    billing.settle(account, settlement, key, AT)
    made = documents(engine, account)
    for undo in ("undo:1", "undo:1", "undo:2"):
        billing.reverse(account, key, f"{account}:{undo}", AT)
        assert billing.state(account, END) == before
    after = documents(engine, account)
    assert set(made) < set(after)
    assert len(after) == 2 * len(made) + 1  # the final invoice is answered too


def test_a_late_attempt_after_the_reversal_changes_nothing(billing: BillingSystem, account: str) -> None:
    before, key = billing.state(account, END), f"{account}:close_statement:-:1"
    settlement = settled(billing, account)
    billing.settle(account, settlement, key, AT)
    billing.reverse(account, key, f"{account}:undo", AT)
    billing.settle(account, settlement, key, AT)
    assert billing.state(account, END) == before


def test_after_a_reversal_the_account_can_be_settled_anew(billing: BillingSystem, account: str) -> None:
    settlement = settled(billing, account)
    billing.settle(account, settlement, f"{account}-1:close_statement:-:1", AT)
    billing.reverse(account, f"{account}-1:close_statement:-:1", f"{account}-1:undo", AT)
    assert settled(billing, account) == settlement
    billing.settle(account, settlement, f"{account}-2:close_statement:-:1", AT)
    assert outstanding(billing.state(account, END)) == {}


def test_reversing_what_never_happened_does_nothing(billing: BillingSystem, account: str) -> None:
    (receipt,) = billing.reverse(account, "never:close_statement:-:1", "undo", AT)
    assert receipt.count == 0


def test_a_settlement_that_cannot_be_written_whole_leaves_nothing(
    billing: BillingSystem, engine: Engine, account: str
) -> None:
    settlement = settled(billing, account)
    broken = Document(kind="credit", currency="EUR", amount=Decimal(-1), description="x", invoice_id="nowhere")
    before = billing.state(account, END)
    with pytest.raises(Conflict):
        billing.settle(account, settlement.model_copy(update={"documents": (*settlement.documents, broken)}), "key", AT)
    assert billing.state(account, END) == before
    with reading(engine) as session:
        assert not session.exec(
            select(InvoiceRow).where(InvoiceRow.account == account, InvoiceRow.kind == "final")
        ).all()
