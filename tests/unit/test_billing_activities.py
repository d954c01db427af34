"""Charges stop, pause and go on, over the built-in billing system."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contract.sample_money import END
from tests.unit.own_database import company, receipts
from tests.unit.sample_exit_money import ExitMoney

STEPS = (
    ("stop_renewal", "resume_renewal"),
    ("freeze_charges", "unfreeze_charges"),
    ("suspend_charges", "resume_charges"),
)


@pytest.fixture
def exit_(tmp_path: Path) -> Iterator[ExitMoney]:
    for engine, account in company(tmp_path):
        yield ExitMoney(engine, account)


@pytest.mark.parametrize(("step", "back"), STEPS)
def test_charges_stop_and_go_on_and_again_is_harmless(exit_: ExitMoney, step: str, back: str) -> None:
    before = exit_.billing.state(exit_.account, END)
    assert exit_.does(exit_.at(step)) == exit_.does(exit_.at(step))
    assert exit_.billing.state(exit_.account, END) != before
    for _ in range(2):
        exit_.does(exit_.undo(step), back)
    after = exit_.billing.state(exit_.account, END)
    assert [x.ends_at for x in after.subscriptions] == [None]
    assert [(x.total, x.due) for x in after.invoices] == [(x.total, x.due) for x in before.invoices]


def test_money_4_the_freeze_invoices_what_fell_due_before_it_and_nothing_after(exit_: ExitMoney) -> None:
    end = END + timedelta(days=30)
    for _ in range(2):
        exit_.does(exit_.at("freeze_charges", end))
    made = [x for x in exit_.billing.state(exit_.account, end).invoices if x.issued_at > END]
    assert [(x.service_start, x.service_end, x.due) for x in made] == [
        (exit_.books.period_end, end, x.total) for x in made
    ]
    assert len(made) == 1
    assert dict(receipts(exit_.engine, exit_.account)) == {"issue_due": 1, "freeze": 1}


def test_modes_1_a_pause_invoices_the_days_before_it_and_none_of_its_own(exit_: ExitMoney) -> None:
    start = END + timedelta(days=30)
    exit_.does(exit_.at("suspend_charges", start))
    exit_.does(exit_.at("freeze_charges", start + timedelta(days=60)))  # a stop out of the pause
    made = [x for x in exit_.billing.state(exit_.account, start).invoices if x.issued_at > END]
    assert [x.service_end for x in made] == [start]
