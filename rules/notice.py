"""The notice of a contract: its own words, in the bounds of the clause that applies.

Source: DOMAIN dates.2, dates.3.
"""

from datetime import date

from models.account import Contract
from models.policy import Period
from models.vocabulary import PeriodEnd
from rules.periods import Terms, set_off_by
from rules.policy_words import in_words


def notice_of(contract: Contract, terms: Terms) -> Period:
    """Its own notice where it has one, else the policy's; in the bounds of the clause that applies."""
    clause = terms.period("notice", contract.id)
    if contract.notice_ends is not PeriodEnd.ANY_DAY:
        clause = clause.model_copy(update={"ends": contract.notice_ends})
    if contract.notice_days is None and contract.notice_months is None:
        return clause
    own = {"months": contract.notice_months or 0, "days": contract.notice_days or 0, "working_days": 0}
    return clause.model_copy(update={**own, "ends": contract.notice_ends})


def has_own_notice(contract: Contract) -> bool:
    """Whether it says anything of notice."""
    said = contract.notice_days is not None or contract.notice_months is not None
    return said or contract.notice_ends is not PeriodEnd.ANY_DAY


def in_its_words(contract: Contract, notice: Period) -> str:
    """What the contract says, whatever the law makes of it."""
    return f"contract {contract.id}: notice of {in_words(unbound(notice))}"


def unbound(notice: Period) -> Period:
    """Without the bounds that the policy sets."""
    return notice.model_copy(update={"at_least": None, "at_most": None})


def with_its_text(contract: Contract, notice: Period, over: date, terms: Terms) -> Period:
    """The notice with the text that its end rests on: the contract's, unless the law has moved it."""
    own = unbound(notice).model_copy(update={"ends": PeriodEnd.ANY_DAY})
    if not has_own_notice(contract) or set_off_by(terms.day, own, terms.account) != over:
        return notice
    return notice.model_copy(update={"rule": "dates.2", "citation": in_its_words(contract, notice)})
