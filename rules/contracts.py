"""When a contract can end: its notice, its term, and what the law makes of them. Source: DOMAIN dates.2 to dates.4.

An end is exclusive: the midnight with which that day begins. docs/adr/0014-when-a-contract-ends.md has the why.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from models.account import Contract
from models.money import ZERO
from models.policy import Period
from models.vocabulary import PeriodEnd
from rules.calendar import ONE_DAY, months_after
from rules.contract_faults import fault, main_of, overlapping
from rules.notice import has_own_notice, in_its_words, notice_of, unbound, with_its_text
from rules.periods import Ends, Terms, set_off_by
from rules.policy import in_force
from rules.policy_words import percent
from rules.wish import PlanRefused


class Ending(NamedTuple):
    """When a contract can end, and why.

    `notice` is over whatever the contract says of the days on which it may end. On `usual` it ends if nobody asks for
    another day: nothing of it is broken, and leaving costs nothing. `earliest` may be asked for. Until `term_end` it
    would have run by its own terms. `main` is the contract that it is part of, or itself.
    """

    contract: Contract
    main: str
    notice: Ends
    usual: date
    earliest: date
    term_end: date
    rule: str
    citation: str

    @property
    def is_main(self) -> bool:
        """Whether it stands for itself: an add-on ends with the one that it is part of, and holds nobody."""
        return self.main == self.contract.id


def active(contracts: Sequence[Contract]) -> tuple[Contract, ...]:
    """Those that run, or will, by id: one that has ended says nothing any more."""
    return tuple(sorted((each for each in contracts if each.state == "active"), key=lambda contract: contract.id))


def endings(contracts: Sequence[Contract], terms: Terms) -> tuple[Ending, ...]:
    """When each of these contracts can end, if notice is given on the day of `terms`.

    Raises:
        PlanRefused: one of them can't be, or two contradict each other.
        NoClause: the policy is silent.
    """
    _refuse_faults(contracts)
    alone = {contract.id: _ending(contract, terms) for contract in contracts}
    return tuple(_with_its_main(alone, contract, contracts) for contract in contracts)


def fee_share(contract: Contract, terms: Terms, day: date) -> Decimal:
    """The share of the remaining price that leaving on a day before the term's end costs: none unless it's lawful.

    Source: DOMAIN dates.3 (Art. 29(4) and recital 89 of the Data Act).
    """
    if not contract.early_termination:
        return ZERO
    clause = in_force(terms.policy.early_termination, day, terms.account.jurisdiction, contract.id)
    return min(contract.early_termination, clause.at_most) if clause.lawful else ZERO


def term_end(contract: Contract, not_before: date) -> date | None:
    """The first end of a term on or after a day: where it renews, notice that comes too late waits for the next.

    None where no term runs any more: what ended without renewal runs on without one. Source: DOMAIN dates.4.
    """
    if contract.term_ends_on is None:
        return None
    first = contract.term_ends_on + ONE_DAY
    end, renewed = first, 0
    while end < not_before and contract.renews:
        renewed += contract.renewal_months
        end = months_after(first, renewed)
    return end if end >= not_before else None


def _ending(contract: Contract, terms: Terms) -> Ending:
    notice = notice_of(contract, terms)
    over = set_off_by(terms.day, notice.model_copy(update={"ends": PeriodEnd.ANY_DAY}), terms.account)
    runs_out = None if contract.renews else term_end(contract, terms.day + ONE_DAY)
    if runs_out is not None and runs_out <= over:
        why = f"contract {contract.id} runs out with its term, which doesn't renew"
        no_notice = notice.model_copy(update={"rule": "dates.4", "citation": why})
        return Ending(contract, contract.id, Ends(runs_out, no_notice), runs_out, runs_out, runs_out, "dates.4", why)
    term = term_end(contract, over)
    own = _by_its_own_words(contract, notice, term, terms)
    lawful = _by_law(own, over, notice, terms)
    earliest = over if contract.early_termination is not None else lawful
    share = fee_share(contract, terms, lawful) if term is not None and term > lawful else ZERO
    usual = term if term is not None and share else lawful
    rule, citation = _reason(contract, notice, usual, term, cut_short=usual < own)
    if share:
        citation += f"; leaving from {earliest} on would cost {percent(share)} of the price until then"
    return Ending(
        contract=contract,
        main=contract.id,
        notice=Ends(over, with_its_text(contract, notice, over, terms)),
        usual=usual,
        earliest=earliest,
        term_end=term or lawful,
        rule=rule,
        citation=citation,
    )


def _by_its_own_words(contract: Contract, notice: Period, term: date | None, terms: Terms) -> date:
    """Where no term runs, "the end of the term" is that of the notice. Source: DOMAIN dates.4 (killbill #921)."""
    end = set_off_by(terms.day, unbound(notice), terms.account)
    if term is None:
        return end
    if notice.ends is PeriodEnd.TERM:
        return term
    return end if contract.renews else min(end, term)


def _by_law(own: date, over: date, notice: Period, terms: Terms) -> date:
    """No notice lasts longer than the clause's bound, whatever the contract says. Source: DOMAIN dates.3, 25(2)(d)."""
    if notice.at_most is None:
        return max(own, over)
    longest = notice.model_copy(update={**notice.at_most.model_dump(), "ends": PeriodEnd.ANY_DAY})
    return max(over, min(own, set_off_by(terms.day, longest, terms.account)))


def _reason(contract: Contract, notice: Period, usual: date, term: date | None, *, cut_short: bool) -> tuple[str, str]:
    if cut_short:
        return notice.rule, f"{notice.citation}, whatever the contract says ({in_its_words(contract, notice)})"
    if usual == term and (notice.ends is PeriodEnd.TERM or contract.early_termination):
        renewed = "" if contract.term_ends_on == term - ONE_DAY else "renewed "
        return "dates.4", f"contract {contract.id}: the end of its {renewed}term"
    if not has_own_notice(contract):
        return notice.rule, notice.citation
    return "dates.2", in_its_words(contract, notice)


def _with_its_main(alone: dict[str, Ending], contract: Contract, contracts: Sequence[Contract]) -> Ending:
    main = main_of(contract, contracts) or contract
    ending, head = alone[contract.id], alone[main.id]
    return ending._replace(main=main.id, term_end=min(ending.term_end, head.term_end))


def _refuse_faults(contracts: Sequence[Contract]) -> None:
    ids = {None, *(contract.id for contract in contracts)}
    for contract in contracts:
        if wrong := fault(contract, term_of_group=contract.part_of not in ids):
            raise PlanRefused("contract", f"contract {contract.id}: {wrong}", "import it as it was agreed")
        if main_of(contract, contracts) is None:
            raise PlanRefused("contract", f"contract {contract.id} is part of itself", "import its part_of")
    if twice := overlapping(contracts):
        one, other = twice
        what = f'contracts {one.id} and {other.id}, both "{one.title}", run at the same time'
        raise PlanRefused("contract", what, "import the one that no longer holds as ended, or give it another title")
