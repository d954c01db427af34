"""An offer in figures, kind by kind; None where they wouldn't be true. Source: DOMAIN messages.4, money.1."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from models.account import Account
from models.money import Rounding
from models.offers import Terms
from models.policy import OfferClause, Policy
from models.vocabulary import OfferKind
from rules.calendar import ONE_DAY
from rules.contracts import active
from rules.leaving import Leaving
from rules.offer_prices import MONTHS, Price, price_of, refundable
from rules.pauses import pause_clause
from rules.periods import Terms as Standing
from rules.policy import NoClause, in_force, speaks_for_all
from rules.rounding import rounded

_A_YEAR = 12


def terms_of(clause: OfferClause, policy: Policy, leaving: Leaving, until: datetime) -> Terms | None:
    """The figures of this clause for this account, true if it's accepted before `until`; None: they can't be."""
    zone = leaving.facts.account.timezone
    day = until.astimezone(ZoneInfo(zone)).date()
    method = _rounding(policy, leaving, day)
    if method is None:
        return None
    price = price_of(leaving.billing, leaving.effective_date, zone, method)
    match clause.kind:
        case OfferKind.PAUSE:
            return _pause(clause, policy, leaving, price, day)
        case OfferKind.EXTENDED_RETRIEVAL:
            return _more_time(clause, leaving)
        case OfferKind.REFUND:
            return _refund(clause, leaving, method)
        case OfferKind.PERSON:
            return Terms()
    return _PRICED[clause.kind](clause, price, day, method) if price is not None else None


def come_back_terms(clause: OfferClause, account: Account) -> Terms | None:
    """What the clause offers to one of whom no subscription is left; None for a kind that is no way back.

    A plan has its own price; a share, or months, are of whatever they then choose.
    """
    match clause.kind:
        case OfferKind.SMALLER_PLAN:
            price = clause.price.get(account.currency)
            about = {"currency": account.currency, "per": clause.per, "price_then": price, "plan": clause.plan}
            return Terms(**about) if price is not None else None
        case OfferKind.DISCOUNT:
            return Terms(percent=clause.percent, months=clause.months)
        case OfferKind.FREE_MONTHS:
            return Terms(months=clause.months)
        case OfferKind.PERSON:
            return Terms()
    return None


def _rounding(policy: Policy, leaving: Leaving, day: date) -> Rounding | None:
    main = speaks_for_all(active(leaving.facts.contracts))
    try:
        return in_force(policy.rounding, day, leaving.facts.account.jurisdiction, main).method
    except NoClause:
        return None


def _discount(clause: OfferClause, price: Price, day: date, method: Rounding) -> Terms | None:
    """So much less for whole periods: of a year's price none is cut in its midst."""
    if clause.months is None or clause.percent is None or clause.months % MONTHS[price.per]:
        return None
    then = price.less(clause.percent, method)
    begins, ends = _span(price, day, clause.months // MONTHS[price.per])
    if not 0 <= then < price.now:
        return None
    figures = {"price_now": price.now, "price_then": then, "percent": clause.percent, "months": clause.months}
    return Terms(currency=price.currency, per=price.per, begins_on=begins, ends_on=ends, **figures)


def _free_months(clause: OfferClause, price: Price, day: date, method: Rounding) -> Terms | None:
    """Nothing to pay for some months, and what that saves; usage that costs something anyway wouldn't be free."""
    if clause.months is None or price.has_minimum:
        return None
    if price.per == "year" and clause.months >= _A_YEAR and clause.months % _A_YEAR:
        return None
    saved = rounded(price.now * clause.months / MONTHS[price.per], price.currency, method)
    begins = price.calendar.start(price.from_on(day)).date()
    ends = _months_on(begins, clause.months, price) - ONE_DAY
    figures = {"price_now": price.now, "price_then": Decimal(0), "months": clause.months, "amount": saved}
    return Terms(currency=price.currency, per=price.per, begins_on=begins, ends_on=ends, **figures)


def _smaller_plan(clause: OfferClause, price: Price, day: date, _method: Rounding) -> Terms | None:
    """A plan takes the place of the one subscription there is, for less a period of the same length."""
    then = clause.price.get(price.currency)
    if then is None or clause.per != price.per or len(price.lines) != 1 or then >= price.now:
        return None
    begins = price.calendar.start(price.from_on(day)).date()
    figures = {"price_now": price.now, "price_then": then, "plan": clause.plan, "begins_on": begins}
    return Terms(currency=price.currency, per=price.per, **figures)


_PRICED: dict[OfferKind, Callable[[OfferClause, Price, date, Rounding], Terms | None]] = {
    OfferKind.DISCOUNT: _discount,
    OfferKind.FREE_MONTHS: _free_months,
    OfferKind.SMALLER_PLAN: _smaller_plan,
}


def _pause(clause: OfferClause, policy: Policy, leaving: Leaving, price: Price | None, day: date) -> Terms | None:
    """As long as the policy lets an account pause, and only while it may. Source: DOMAIN modes.1."""
    ids = tuple(contract.id for contract in active(leaving.facts.contracts))
    try:
        allowed = pause_clause(Standing(policy, leaving.facts.account, day, ids))
    except NoClause:
        return None
    if not allowed.allowed or leaving.pauses_before >= allowed.most_in_a_year:
        return None
    days = min(clause.days or allowed.usual_days, allowed.most_days)
    if price is None:
        return Terms(days=days)
    figures = {"price_now": price.now, "price_then": Decimal(0)}
    return Terms(days=days, currency=price.currency, per=price.per, **figures)


def _more_time(clause: OfferClause, leaving: Leaving) -> Terms | None:
    end = leaving.retrieval_end
    if clause.days is None:
        return None
    if end is None:
        return Terms(days=clause.days)
    last = end.astimezone(ZoneInfo(leaving.facts.account.timezone)).date() - ONE_DAY
    return Terms(days=clause.days, ends_on=last + timedelta(days=clause.days))


def _refund(clause: OfferClause, leaving: Leaving, method: Rounding) -> Terms | None:
    """A share of the last invoice that was paid, of what the exit gives back anyway nothing. Source: DOMAIN money.3."""
    zone = leaving.facts.account.timezone
    found = refundable(leaving.billing, leaving.effective_date, zone, method)
    if found is None or clause.share is None:
        return None
    invoice, kept = found
    amount = rounded(kept * clause.share, invoice.currency, method)
    if amount <= 0 or amount > kept or invoice.service_start is None or invoice.service_end is None:
        return None
    start, end = (at.astimezone(ZoneInfo(zone)).date() for at in (invoice.service_start, invoice.service_end))
    return Terms(currency=invoice.currency, amount=amount, begins_on=start, ends_on=end - ONE_DAY)


def _span(price: Price, day: date, periods: int) -> tuple[date, date]:
    """The first and the last day of so many whole periods that begin on that day or later."""
    first = price.from_on(day)
    return price.calendar.start(first).date(), price.calendar.start(first + periods).date() - ONE_DAY


def _months_on(begins: date, months: int, price: Price) -> date:
    """The day so many months later, on the day of the month that the periods keep."""
    monthly = price.calendar._replace(interval="month")
    return monthly.start(monthly.around(begins) + months).date()
