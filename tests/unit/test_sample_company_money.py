"""Every account of the sample company can leave: what the preview says is what the statement closes to zero."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import pytest
from sqlalchemy import Engine

from connectors.store.directory import SqlDirectory
from devstack.company.accounts import sample_accounts
from models.effects import AtRequest
from models.money import BillingState, Settlement
from models.settling import StatementRequest, StatementResult
from rules.forecast import expected
from rules.money_terms import money_terms
from rules.settlement import settle
from tests.contract.settling import outstanding
from tests.contract.whole_company import ANCHOR, whole_company
from tests.unit.own_database import asked
from tests.unit.sample_exit_money import ExitMoney
from tests.unit.sample_facts import POLICY

ACCOUNTS = tuple(account.id for account in sample_accounts())


class Left(NamedTuple):
    """An account before, and after it was settled at `end`."""

    end: datetime
    before: BillingState
    preview: Settlement
    result: StatementResult
    statement: Settlement
    after: BillingState


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with whole_company(tmp_path_factory.mktemp("company")) as engine:
        yield engine


@pytest.fixture(scope="module")
def exits(company: Engine) -> dict[str, Left]:
    return {account: leave(company, account) for account in ACCOUNTS}


def leave(engine: Engine, account: str) -> Left:
    exit_, zone = ExitMoney(engine, account, ANCHOR), SqlDirectory(engine).facts(account).account.timezone
    end = exit_.plan.commitments.dates["billing_end"].at
    before = exit_.billing.state(account, end)
    terms = money_terms(exit_.plan.commitments, before, POLICY)
    preview = settle(expected(before, end, zone, terms.rounding), end, terms, zone)
    for step in ("stop_renewal", "freeze_charges"):
        exit_.does(asked(AtRequest, account, step, at=end))
    close = asked(StatementRequest, account, "close_statement", billing_end=end, plan_hash=exit_.plan.hash)
    result = exit_.does(close)
    statement = Settlement.model_validate(exit_.documents("statement")[0])
    return Left(end, before, preview, result, statement, exit_.billing.state(account, end))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_money_5_every_account_closes_to_zero_and_holds_what_is_stated(exits: dict[str, Left], account: str) -> None:
    left = exits[account]
    assert (left.result.closed, left.result.differences, outstanding(left.after)) == (True, (), {})


@pytest.mark.parametrize("account", ACCOUNTS)
def test_no_account_is_billed_other_than_its_preview_said(exits: dict[str, Left], account: str) -> None:
    assert exits[account].statement.statements == exits[account].preview.statements


@pytest.mark.parametrize("account", ACCOUNTS)
def test_money_4_every_day_until_the_end_is_invoiced_and_none_after_it(exits: dict[str, Left], account: str) -> None:
    left = exits[account]
    (subscription,) = left.before.subscriptions
    made = {x.invoice_id for x in left.before.invoices}
    renewals = [x for x in left.after.invoices if x.kind == "subscription" and x.invoice_id not in made]
    assert bool(renewals) == (subscription.period_end < left.end)
    billed_until = subscription.period_end
    for invoice in renewals:
        assert invoice.service_start == billed_until
        billed_until = invoice.service_end or billed_until
    assert billed_until >= left.end
    assert not renewals or billed_until == left.end
