"""The one offer: which, if any, can be made to whoever leaves for a reason, and is true. Source: DOMAIN messages.4.

Pure given the library's calendars and currencies, which change with its version: so this runs in a page, a command or
an activity, never in a workflow.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from models.account import Account
from models.offers import Offer
from models.policy import OfferClause, Policy
from models.vocabulary import STAYING, Mode, OfferKind, Reason
from rules.calendar import ONE_DAY, midnight
from rules.contracts import active
from rules.leaving import BEFORE_FREEZE, TILL_GOODBYE, Leaving
from rules.manner import FOR_CAUSE, manner
from rules.offer_terms import come_back_terms, terms_of
from rules.policy import speaks_for_all
from rules.policy_terms import applying

_ONLY_BEFORE_FREEZE = STAYING | {OfferKind.REFUND}


def offer_for(policy: Policy, leaving: Leaving, now: datetime) -> Offer | None:
    """The first offer of the policy that answers the reason and is true; None: nothing true can be said.

    Whoever pauses isn't leaving, and whom we put out for a cause of ours isn't asked to stay. Which clause is `first`:
    the contract's own, then the jurisdiction's, then the default's, each in the order of the file.
    Source: DOMAIN messages.4, messages.5, modes.3.
    """
    if leaving.mode is Mode.PAUSE or manner(leaving.mode, leaving.cause) == FOR_CAUSE:
        return None
    made = (_made(clause, policy, leaving, now) for clause in _clauses(policy, leaving, now))
    return next((offer for offer in made if offer is not None), None)


def come_back_offer(policy: Policy, account: Account, case: str, reason: Reason, now: datetime) -> Offer | None:
    """What is offered to one who left, months later, as the policy stands now; None: nothing, so nothing is sent.

    Of the account no more is known then than what its own row keeps. Source: DOMAIN messages.5.
    """
    today = _today(account, now)
    for clause in applying(policy.offer, today, account.jurisdiction):
        terms = come_back_terms(clause, account) if clause.come_back and worth_it(clause, account) else None
        if terms is not None:
            until = _answered_by(clause, account, today)
            about = {"case": case, "account": account.id, "kind": clause.kind, "reason": reason, "terms": terms}
            return Offer(id=f"{case}-come-back", citation=clause.citation, made_at=now, until=until, **about)
    return None


def offer_id(case: str) -> str:
    """A case's offer has one id for ever: there is but one."""
    return f"{case}-offer"


def worth_it(clause: OfferClause, account: Account) -> bool:
    """Whether the account is worth as much a year as the clause asks for."""
    least = clause.least_yearly_value
    return not least or account.yearly_value >= least.get(account.currency, Decimal("Infinity"))


def _clauses(policy: Policy, leaving: Leaving, now: datetime) -> Iterator[OfferClause]:
    account = leaving.facts.account
    main = speaks_for_all(active(leaving.facts.contracts))
    for clause in applying(policy.offer, _today(account, now), account.jurisdiction, main):
        answers = leaving.reason in clause.reasons and not clause.come_back
        if answers and leaving.stage in _stages(clause.kind) and worth_it(clause, account):
            yield clause


def _stages(kind: OfferKind) -> frozenset[object]:
    return frozenset(BEFORE_FREEZE if kind in _ONLY_BEFORE_FREEZE else TILL_GOODBYE)


def _made(clause: OfferClause, policy: Policy, leaving: Leaving, now: datetime) -> Offer | None:
    account = leaving.facts.account
    until = _until(clause, leaving, now)
    terms = terms_of(clause, policy, leaving, until) if until > now else None
    if terms is None:
        return None
    return Offer(
        id=offer_id(leaving.case),
        case=leaving.case,
        account=account.id,
        kind=clause.kind,
        reason=leaving.reason,
        terms=terms,
        citation=clause.citation,
        made_at=now,
        until=until,
    )


def _until(clause: OfferClause, leaving: Leaving, now: datetime) -> datetime:
    """Nobody can stay once the freeze has begun, nor get more time of a window that is over."""
    account = leaving.facts.account
    end = leaving.effective_date if clause.kind in _ONLY_BEFORE_FREEZE else leaving.retrieval_end
    by = _answered_by(clause, account, _today(account, now))
    return by if end is None else min(by, end)


def _answered_by(clause: OfferClause, account: Account, today: date) -> datetime:
    """The end of the last day on which it may be accepted; the day on which it's made doesn't count."""
    return midnight(today + timedelta(days=clause.answer_days) + ONE_DAY, account.timezone)


def _today(account: Account, now: datetime) -> date:
    return now.astimezone(ZoneInfo(account.timezone)).date()
