"""Thresholds, rounding and fees of an exit. Each test is named after the rule that it proves. Source: DOMAIN dates.3."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from models.money import BillingState, Fee, MoneyTerms, Settlement
from models.plan import Commitments, EndingContract, PlannedDate
from models.policy import CreditClause, EarlyTerminationClause, Policy, RoundingClause, WriteOffClause, read_policy
from models.vocabulary import Mode
from rules.money_terms import money_terms
from rules.policy import NoClause
from rules.settlement import settle
from tests.unit.sample_billing import END, MADRID, START, TERMS, ZONE, invoice, lines, settled, subscription

RULE = {"rule": "dates.3", "citation": "a law"}
ALWAYS = {**RULE, "valid_from": date(2020, 1, 1)}


def policy(**matters: Any) -> Policy:
    """One clause for each matter: fees are lawful in the EU, a quarter at most, until 2026 is over."""
    lawful = EarlyTerminationClause(**ALWAYS, jurisdiction="EU", lawful=True, at_most=Decimal("0.25"))
    return read_policy(Path("policy.toml")).model_copy(
        update={
            "rounding": (RoundingClause(**ALWAYS),),
            "write_off": (WriteOffClause(**ALWAYS, thresholds={"EUR": Decimal(25)}),),
            "credit": (CreditClause(**ALWAYS, pay_out=True),),
            "early_termination": (
                lawful.model_copy(update={"valid_to": date(2027, 1, 1)}),
                EarlyTerminationClause(**ALWAYS, lawful=False),
            ),
            **matters,
        }
    )


def contract(name: str = "C1", share: str = "0.2", **fields: Any) -> EndingContract:
    """Runs until the end of the year, and ends at END."""
    planned = PlannedDate(at=END, rule="dates.3", citation="")
    return EndingContract(
        **{"id": name, "ends": planned, "term_end": at(2027, 1, 1), "fee_share": Decimal(share), **fields}
    )


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ZONE)


def commitments(
    *contracts: EndingContract, effective: datetime = END, billing_end: datetime | None = None, jurisdiction: str = "EU"
) -> Commitments:
    dates = {"requested": at(2026, 10, 20), "effective_date": effective, "billing_end": billing_end or effective}
    return Commitments(
        account="acme",
        mode=Mode.STOP,
        jurisdiction=jurisdiction,
        policy="1",
        policy_sha256="",
        inventory_sha256="",
        timezone=MADRID,
        dates={name: PlannedDate(at=each, rule="dates.1", citation="") for name, each in dates.items()},
        contracts=contracts,
        data_sets=(),
        gates={},
    )


def fees(*contracts: EndingContract, billing: BillingState | None = None, **fields: Any) -> list[tuple[str, str]]:
    found = money_terms(
        commitments(*contracts, **fields), billing or BillingState(subscriptions=(subscription(),)), policy()
    )
    return [(fee.description, str(fee.amount)) for fee in found.fees]


def test_dates_3_leaving_early_costs_the_contracts_share_of_the_days_that_are_left_where_that_is_lawful() -> None:
    assert fees(contract()) == [("Early termination: Plan, 2026-11-16 – 2026-12-31, 20 %", "30.00")]  # of 50 + 100


def test_dates_3_the_law_may_allow_less_than_the_contract_asks() -> None:
    assert fees(contract(share="0.5")) == [("Early termination: Plan, 2026-11-16 – 2026-12-31, 25 %", "37.50")]


@pytest.mark.parametrize(
    "fields", [{"jurisdiction": "MX"}, {"effective": at(2027, 1, 1)}], ids=["elsewhere", "on that date"]
)
def test_dates_3_no_fee_where_the_policy_does_not_hold_it_lawful_on_that_date(fields: Any) -> None:
    assert fees(contract(), **fields) == []


def test_dates_3_a_fee_names_the_subscriptions_as_their_invoices_do_never_our_contracts_id() -> None:
    two = BillingState(subscriptions=(subscription(), subscription("10", subscription_id="S2", description="Machines")))
    (fee,) = fees(contract(), billing=two)
    assert fee == ("Early termination: Machines, Plan, 2026-11-16 – 2026-12-31, 20 %", "33.00")


def test_dates_3_a_fee_is_never_zero() -> None:
    assert fees(contract(share="0")) == fees(contract(term_end=END)) == []
    assert fees(contract(), billing=BillingState(subscriptions=(subscription("0"),))) == []


def test_dates_3_a_fee_is_of_the_price_after_the_coupon_and_bears_the_tax_of_the_service() -> None:
    """Source: CJEU C-43/19."""
    taxed = subscription(discount=Decimal("0.1"), tax_rate=Decimal("0.21"))
    found = money_terms(commitments(contract()), BillingState(subscriptions=(taxed,)), policy())
    assert [(str(x.amount), str(x.tax_rate)) for x in found.fees] == [("27.00", "0.21")]
    (document, *_) = settle(BillingState(), END, found, MADRID).documents
    assert (document.kind, document.invoice_id, str(document.amount), str(document.tax)) == (
        "charge",
        "final",
        "32.67",
        "5.67",
    )


def test_dates_3_each_contract_pays_for_its_own_subscriptions_only() -> None:
    two = BillingState(
        subscriptions=(
            subscription(contract="C1"),
            subscription("10", subscription_id="S2", contract="C2", currency="USD", description="Machines"),
            subscription("1000", subscription_id="S3"),
            subscription("1000", subscription_id="S4", contract="C1", ends_at=START),
        )
    )
    assert fees(contract("C1"), contract("C2"), billing=two) == [
        ("Early termination: Plan, 2026-11-16 – 2026-12-31, 20 %", "30.00"),
        ("Early termination: Machines, 2026-11-16 – 2026-12-31, 20 %", "3.00"),
    ]


def test_dates_3_what_names_no_contract_belongs_to_the_only_main_one() -> None:
    add_on = contract("C2", part_of="C1")
    assert fees(contract(), add_on) == fees(contract())
    assert fees(contract(), contract("C2")) == []


def test_dates_3_a_fee_of_a_yearly_price_is_prorated_by_the_days_of_the_year() -> None:
    yearly = subscription("1200", interval="year", period_start=at(2026, 3, 1), period_end=at(2027, 3, 1))
    found = fees(contract(term_end=at(2027, 3, 1)), billing=BillingState(subscriptions=(yearly,)))
    assert found == [("Early termination: Plan, 2026-11-16 – 2027-02-28, 20 %", "69.04")]  # 1200 × 105 / 365 × 0.2


def test_dates_3_what_begins_only_after_the_exit_costs_no_fee_for_the_days_before_it() -> None:
    later = subscription(period_start=at(2026, 12, 22), period_end=at(2027, 1, 22))
    found = fees(contract(), billing=BillingState(subscriptions=(later,)))
    assert [amount for _, amount in found] == ["6.45"]  # 100 × 10 / 31 × 0.2


def test_dates_3_a_fee_is_the_same_after_the_last_period_was_cut() -> None:
    cut = subscription(period_end=END, ends_at=END)
    assert fees(contract(), billing=BillingState(subscriptions=(cut,))) == fees(contract())


def test_dates_3_a_day_that_is_billed_costs_no_fee_too() -> None:
    """An eject's day has begun, and is used."""
    assert fees(contract(), billing_end=at(2026, 12, 1)) == [
        ("Early termination: Plan, 2026-12-01 – 2026-12-31, 20 %", "20.00")
    ]


def test_dates_3_a_fee_is_charged_once() -> None:
    fee = Fee(contract="C1", currency="EUR", amount=Decimal(40), description="Early termination: C1, 20 %")
    terms = TERMS.model_copy(update={"fees": (fee,)})
    final = settled(terms=terms)
    assert lines(final) == [("charge", "40.00"), ("handed_over", "-40.00")]
    closed = invoice("40.00", kind="final", credited=Decimal(40), issued_at=END)
    assert settled(closed, terms=terms) == Settlement(statements=())
    of_a_former_exit = closed.model_copy(update={"issued_at": START})
    assert settled(of_a_former_exit, terms=terms) == final


def test_dates_2_money_follows_the_clauses_of_the_day_of_the_request_and_of_the_only_contract() -> None:
    strict = WriteOffClause(**ALWAYS, contract="C1", thresholds={"EUR": Decimal(1)})
    later = RoundingClause(**RULE, valid_from=date(2026, 10, 21), jurisdiction="EU", method="half_even")
    found = policy(
        write_off=(strict, WriteOffClause(**ALWAYS, thresholds={"EUR": Decimal(25)})),
        rounding=(later, RoundingClause(**ALWAYS)),
        credit=(CreditClause(**ALWAYS, pay_out=False),),
    )
    terms = money_terms(commitments(contract(share="0")), BillingState(), found)
    assert terms == MoneyTerms(thresholds={"EUR": Decimal(1)}, rounding="half_up", pay_out_credit=False)
    assert money_terms(commitments(), BillingState(), found).thresholds == {"EUR": Decimal(25)}


def test_dates_2_a_silent_policy_is_no_answer() -> None:
    with pytest.raises(NoClause):
        money_terms(commitments(), BillingState(), policy(credit=()))
