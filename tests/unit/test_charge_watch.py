"""What is charged after the end is found, given back by policy, and told. Source: DOMAIN money.9."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.errors import Unavailable
from models.settling import ChargeWatchResult
from tests.contract.sample_money import END
from tests.contract.settling import outstanding
from tests.unit.own_database import company, receipts
from tests.unit.sample_exit_money import ExitMoney
from tests.unit.sample_facts import POLICY
from tests.unit.sample_plan import keep_plan

LATER = END + timedelta(days=3)
NOTHING = ChargeWatchResult(found=0)


@pytest.fixture
def exit_(tmp_path: Path) -> Iterator[ExitMoney]:
    for engine, account in company(tmp_path):
        exit_ = ExitMoney(engine, account)
        exit_.does(exit_.statement())
        yield exit_


def test_money_9_nothing_that_an_exit_does_itself_is_a_late_charge(exit_: ExitMoney) -> None:
    assert exit_.does(exit_.watch()) == NOTHING


def test_money_9_a_late_charge_goes_back_once_and_is_told_with_every_attempt_at_that_look(exit_: ExitMoney) -> None:
    exit_.books.charge_late(exit_.account, "12", LATER)
    exit_.books.charge_late(exit_.account, "5", LATER, paid=False)
    told = ChargeWatchResult(found=2, refunded={"EUR": Decimal(12)})
    assert exit_.does(exit_.watch()) == told
    assert exit_.does(exit_.watch()) == told
    assert exit_.does(exit_.watch(2)) == NOTHING
    assert outstanding(exit_.billing.state(exit_.account, END)) == {}
    assert dict(receipts(exit_.engine, exit_.account))["give_back EUR"] == 1
    found, nothing = exit_.documents("late_charges")
    assert ([x["amount"] for x in found["charges"]], found["refund"], nothing["charges"]) == (["12", "5"], True, [])


def test_money_9_without_a_refund_by_policy_a_person_is_told(exit_: ExitMoney) -> None:
    by_hand = tuple(clause.model_copy(update={"refund": False}) for clause in POLICY.late_charges)
    policy = POLICY.model_copy(update={"late_charges": by_hand})
    exit_.plan = keep_plan(exit_.engine, exit_.account, policy=policy)
    exit_.books.charge_late(exit_.account, "12", LATER)
    for generation in (1, 2):
        assert exit_.does(exit_.watch(generation)) == ChargeWatchResult(found=1, left={"EUR": Decimal(12)})


@pytest.mark.parametrize("paid", [True, False])
def test_money_9_a_charge_that_comes_before_the_statement_is_answered_by_it_and_not_again(
    tmp_path: Path, *, paid: bool
) -> None:
    for engine, account in company(tmp_path):
        exit_ = ExitMoney(engine, account)
        exit_.books.charge_late(account, "400", END, paid=paid)
        closed = exit_.does(exit_.statement())
        assert closed.closed
        assert "EUR" not in closed.handed_over
        assert exit_.does(exit_.watch()) == NOTHING


def test_money_9_what_is_taken_later_for_a_charge_that_the_statement_answered_goes_back(tmp_path: Path) -> None:
    for engine, account in company(tmp_path):
        exit_ = ExitMoney(engine, account)
        invoice = exit_.books.charge_late(account, "400", END, paid=False)
        exit_.does(exit_.statement())
        exit_.books.take_late(account, invoice, "400", LATER)
        assert exit_.does(exit_.watch()) == ChargeWatchResult(found=1, refunded={"EUR": Decimal(400)})
        assert exit_.does(exit_.watch(2)) == NOTHING
        assert outstanding(exit_.billing.state(account, END)) == {}


def test_an_attempt_that_dies_in_the_middle_is_finished_by_the_next(
    exit_: ExitMoney, monkeypatch: pytest.MonkeyPatch
) -> None:
    for amount in ("12", "5"):
        exit_.books.charge_late(exit_.account, amount, LATER)
    real, calls = exit_.billing.give_back, []

    def once(*about):
        if calls:
            raise Unavailable("billing", "down")
        calls.append(about)
        return real(*about)

    monkeypatch.setattr(exit_.billing, "give_back", once)
    with pytest.raises(Unavailable):
        exit_.does(exit_.watch())
    monkeypatch.undo()
    assert exit_.does(exit_.watch()) == ChargeWatchResult(found=2, refunded={"EUR": Decimal(17)})
    assert outstanding(exit_.billing.state(exit_.account, END)) == {}
