"""A contract's own terms beside the limits that law and policy set them. Source: DOMAIN dates.2, dates.3."""

from collections.abc import Iterator
from datetime import timedelta

from models.account import Contract
from models.payload import Payload
from models.policy import Period
from models.vocabulary import PeriodEnd
from rules.notice import notice_of
from rules.periods import Terms, set_off_by
from rules.policy import in_force
from rules.policy_words import in_words, percent, span_in_words

ONE_DAY = timedelta(days=1)


class OwnTerm(Payload):
    """What a contract says of a matter, and what becomes of it; `cut` is empty where it stands as agreed."""

    contract: str
    matter: str
    says: str
    cut: str = ""


def own_terms(contract: Contract, terms: Terms) -> tuple[OwnTerm, ...]:
    """The contract's own notice and fee, as they stand on the day of `terms`.

    Raises:
        NoClause: the policy is silent.
    """
    return (*_notice(contract, terms), *_fee(contract, terms))


def _notice(contract: Contract, terms: Terms) -> Iterator[OwnTerm]:
    if contract.notice_days is None and contract.notice_months is None and contract.notice_ends is PeriodEnd.ANY_DAY:
        return
    notice = notice_of(contract, terms)
    unbound = notice.model_copy(update={"at_least": None, "at_most": None})
    yield OwnTerm(contract=contract.id, matter="notice", says=in_words(unbound), cut=_cut(notice, unbound, terms))


def _cut(notice: Period, unbound: Period, terms: Terms) -> str:
    """Given on the day of `terms`: to which end the bounds move it, and why."""
    own, bound = (set_off_by(terms.day, period, terms.account) for period in (unbound, notice))
    if bound == own:
        return ""
    limit = notice.at_most if bound < own else notice.at_least
    words = span_in_words(limit) if limit is not None else ""
    cut = f"cut to {words}" if bound < own else f"made {words}"
    return f"{cut}: given on {terms.day} it is over on {bound - ONE_DAY}, not {own - ONE_DAY}; {notice.citation}"


def _fee(contract: Contract, terms: Terms) -> Iterator[OwnTerm]:
    if not contract.early_termination:
        return
    law = in_force(terms.policy.early_termination, terms.day, terms.account.jurisdiction, contract.id)
    cut = ""
    if not law.lawful:
        cut = f"no fee is charged; {law.citation}"
    elif law.at_most < contract.early_termination:
        cut = f"cut to {percent(law.at_most)}; {law.citation}"
    says = f"{percent(contract.early_termination)} of the remaining price"
    yield OwnTerm(contract=contract.id, matter="early_termination", says=says, cut=cut)
