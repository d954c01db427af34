"""The money of an exit by its activities, over Stripe's client: from the notice to the look for late charges."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from activities.billing import BillingActivities
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.stripe.billing import StripeBilling
from models.effects import AtRequest, UndoRequest
from models.payload import EffectRequest
from models.settling import ChargeWatchRequest, RefundsRequest, StatementRequest
from tests.contract.sample_money import put_money
from tests.contract.stripe_books import StripeBooks
from tests.unit.own_database import asked, company, environment
from tests.unit.sample_plan import keep_plan


class Exit:
    """An account of ours that is a customer of Stripe's."""

    def __init__(self, engine: Any, account: str, books: StripeBooks) -> None:
        self.account, self.books, self.customer = account, books, books.add_account()
        put_money(books, self.customer)
        self.plan = keep_plan(engine, account)
        billing = StripeBilling(books.client, {account: self.customer}.__getitem__)
        store, directory = SqlCaseStore(engine), SqlDirectory(engine)
        self._activities = BillingActivities(billing=billing, store=store, directory=directory)

    def does(self, kind: type[EffectRequest], step: str, **fields: object) -> Any:
        request = asked(kind, self.account, step, **fields)
        return environment().run(getattr(self._activities, step), request)

    def key(self, step: str) -> str:
        return asked(EffectRequest, self.account, step).idempotency_key


@pytest.fixture
def leaving(tmp_path: Path, stripe_books: StripeBooks) -> Iterator[Exit]:
    for engine, account in company(tmp_path):
        yield Exit(engine, account, stripe_books)


@pytest.fixture
def close(leaving: Exit) -> Callable[[], Any]:
    about = {"billing_end": leaving.books.day(15), "plan_hash": leaving.plan.hash}
    return lambda: leaving.does(StatementRequest, "close_statement", **about)


def test_money_4_from_notice_to_closed_statement_and_back(leaving: Exit, close: Callable[[], Any]) -> None:
    end = leaving.books.day(15)
    leaving.does(AtRequest, "stop_renewal", at=end)
    leaving.does(AtRequest, "freeze_charges", at=end)
    assert leaving.books.dunning_muted(leaving.customer)
    first = close()
    assert (first.closed, first.differences, first.pending, first.failed) == (True, (), 0, {})
    assert close() == first
    settled_by = leaving.key("close_statement")
    leaving.books.refund_stands(leaving.customer, "pending")
    assert leaving.does(RefundsRequest, "check_refunds", settled_by=settled_by).pending == 1
    leaving.books.refund_stands(leaving.customer, "failed")
    assert leaving.does(RefundsRequest, "check_refunds", settled_by=settled_by).failed == {"EUR": first_refund(leaving)}
    leaving.does(UndoRequest, "reverse_statement", undoes=settled_by)
    leaving.does(UndoRequest, "unfreeze_charges", undoes=leaving.key("freeze_charges"))
    leaving.does(UndoRequest, "resume_renewal", undoes=leaving.key("stop_renewal"))
    (again,) = leaving.books.client.v1.subscriptions.list({"customer": leaving.customer}).data
    assert (again.status, again.cancel_at) == ("active", None)


def first_refund(leaving: Exit) -> Any:
    (refund,) = leaving.books.billing.refunds(leaving.customer, leaving.key("close_statement"))
    return refund.amount


def test_money_9_a_charge_after_the_end_is_found_and_given_back(leaving: Exit, close: Callable[[], Any]) -> None:
    end = leaving.books.day(15)
    leaving.does(AtRequest, "freeze_charges", at=end)
    close()
    leaving.books.charge_late(leaving.customer, "12", end)
    found = leaving.does(ChargeWatchRequest, "watch_charges", since=end, plan_hash=leaving.plan.hash)
    assert (found.found, found.refunded, found.left) == (1, {"EUR": 12}, {})
    again = leaving.does(ChargeWatchRequest, "watch_charges", since=end, plan_hash=leaving.plan.hash, generation=2)
    assert again.found == 0
