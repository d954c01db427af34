"""The sample company's 25 accounts, their money put into Stripe: each closes to zero there as in the built-in books."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from connectors.builtin.billing import BuiltinBilling
from connectors.store.directory import SqlDirectory
from devstack.company.accounts import sample_accounts
from models.money import BillingState, InvoiceState, Settlement
from rules.comparison import differences
from rules.forecast import expected
from rules.settlement import settle
from tests.contract.sample_books import TERMS
from tests.contract.settling import outstanding
from tests.contract.stripe_books import StripeBooks
from tests.contract.stripe_copy import copied
from tests.contract.whole_company import ANCHOR, whole_company

DAYS = 20
IN_KWD = {account.id for account in sample_accounts() if account.terms.currency == "KWD"}
NEWEST = 3  # invoices of long ago are settled, and say nothing


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with whole_company(tmp_path_factory.mktemp("company")) as engine:
        yield engine


def told(state: BillingState, end: datetime) -> BillingState:
    """What matters at the end, the newest of what doesn't, and what falls due until then."""

    def matters(invoice: InvoiceState) -> bool:
        return bool(invoice.due) or (invoice.service_end is not None and invoice.service_end > end)

    kept = [x for n, x in enumerate(reversed(state.invoices)) if n < NEWEST or matters(x)]
    return state.model_copy(update={"invoices": tuple(kept)})


def amounts(settlement: Settlement) -> Counter[tuple[str, str, object]]:
    return Counter((x.currency, x.kind, x.amount.normalize()) for x in settlement.documents)


@pytest.mark.parametrize("account", [account.id for account in sample_accounts()])
def test_money_5_every_account_closes_to_zero_in_stripe_as_in_the_built_in_books(
    company: Engine, stripe_books: StripeBooks, account: str
) -> None:
    zone = SqlDirectory(company).facts(account).account.timezone
    end = datetime.combine(ANCHOR + timedelta(days=DAYS), datetime.min.time(), ZoneInfo(zone))
    wanted = told(expected(BuiltinBilling(company).state(account, end), end, zone), end)
    billing = stripe_books.billing
    inexpressible = billing.inexpressible(settle(wanted, end, TERMS, zone))
    assert bool(inexpressible) == (account in IN_KWD)
    if inexpressible:  # refused in the preview
        return
    customer = copied(stripe_books, wanted)
    before = billing.state(customer, end)
    assert sorted((x.total, x.due) for x in before.invoices) == sorted((x.total, x.due) for x in wanted.invoices)
    billing.freeze(customer, f"{account}-1:freeze_charges:-:1", end)
    settlement, close = settle(billing.state(customer, end), end, TERMS, zone), f"{account}-1:close_statement:-:1"
    assert amounts(settlement) == amounts(settle(wanted, end, TERMS, zone))
    billing.settle(customer, settlement, close, end)
    after = billing.state(customer, end)
    assert outstanding(after) == {}
    assert settle(after, end, TERMS, zone).documents == ()
    assert differences(settlement, billing.held(customer, close), after) == []
    assert billing.late_charges(customer, end) == []
