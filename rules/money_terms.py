"""What policy and plan say about the money of an exit. Source: DOMAIN dates.2, dates.3, money.1, money.3, money.6."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from models.money import ZERO, BillingState, Fee, MoneyTerms, SubscriptionState
from models.plan import Commitments, EndingContract
from models.policy import Policy
from rules.billing_periods import for_days
from rules.policy import in_force, speaks_for_all
from rules.rounding import rounded


def money_terms(commitments: Commitments, billing: BillingState, policy: Policy) -> MoneyTerms:
    """The terms in force on the day of the request; fees for leaving early by the law of the effective date.

    Source: DOMAIN dates.2, dates.3.

    Raises:
        NoClause: the policy is silent about rounding, write-offs, credit or early termination.
    """
    day, where = _day(commitments, "requested"), commitments.jurisdiction
    contract = speaks_for_all(commitments.contracts)
    terms = MoneyTerms(
        thresholds=in_force(policy.write_off, day, where, contract).thresholds,
        rounding=in_force(policy.rounding, day, where, contract).method,
        pay_out_credit=in_force(policy.credit, day, where, contract).pay_out,
    )
    fees = [fee for each in commitments.contracts for fee in _fees(each, commitments, billing, policy, terms)]
    return terms.model_copy(update={"fees": tuple(fees)})


def with_fees(commitments: Commitments, terms: MoneyTerms) -> Commitments:
    """A contract whose fee comes to nothing promises none: no price is known to be its own. Source: DOMAIN money.5."""
    charged = {fee.contract for fee in terms.fees}
    contracts = (x if x.id in charged else x.model_copy(update={"fee_share": ZERO}) for x in commitments.contracts)
    return commitments.model_copy(update={"contracts": tuple(contracts)})


def _fees(
    contract: EndingContract, commitments: Commitments, billing: BillingState, policy: Policy, terms: MoneyTerms
) -> list[Fee]:
    """The lawful share of the net price of the unbilled days that the contract would still run; by currency and tax.

    Source: DOMAIN dates.3 (Art. 29(4) and recital 89 of the Data Act: possible, if proportionate).
    """
    if contract.fee_share <= 0:
        return []
    law = in_force(policy.early_termination, _day(commitments, "effective_date"), commitments.jurisdiction, contract.id)
    share = min(contract.fee_share, law.at_most) if law.lawful else ZERO
    unbilled = max(contract.ends.at, commitments.dates["billing_end"].at)  # an eject's day is billed, and used
    start, end = (x.astimezone(ZoneInfo(commitments.timezone)).date() for x in (unbilled, contract.term_end))
    prices: dict[tuple[str, Decimal], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for each in _subscriptions(contract, commitments, billing):
        begins = max(start, each.period_start.astimezone(ZoneInfo(commitments.timezone)).date())
        net = for_days(each.price * (1 - each.discount), each, begins, end, commitments.timezone)
        prices[each.currency, each.tax_rate][each.description] += net
    fees = [
        Fee(
            contract=contract.id,
            currency=currency,
            amount=rounded(sum(net.values()) * share, currency, terms.rounding),
            description=_words(net, start, end, share),
            tax_rate=tax_rate,
        )
        for (currency, tax_rate), net in sorted(prices.items())
    ]
    return [fee for fee in fees if fee.amount > 0]


def _subscriptions(
    contract: EndingContract, commitments: Commitments, billing: BillingState
) -> list[SubscriptionState]:
    """Those of the contract that run to the exit; of the only main one also those that name none."""
    mine = {contract.id, None} if contract.id == speaks_for_all(commitments.contracts) else {contract.id}
    effective = commitments.dates["effective_date"].at
    runs = (each for each in billing.subscriptions if each.ends_at is None or each.ends_at >= effective)
    return [each for each in runs if each.contract in mine]


def _words(subscriptions: Iterable[str], start: date, end: date, share: Decimal) -> str:
    """The subscriptions as their invoices name them: customers don't know our contract's id."""
    percent = f"{(share * 100).normalize():f} %"
    return f"Early termination: {', '.join(sorted(subscriptions))}, {start} – {end - timedelta(days=1)}, {percent}"


def _day(commitments: Commitments, name: str) -> date:
    return commitments.dates[name].at.astimezone(ZoneInfo(commitments.timezone)).date()
