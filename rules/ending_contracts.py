"""On which day each contract ends with an exit, and what leaving before its term's end costs.

Source: DOMAIN dates.3, dates.4.
"""

from collections.abc import Sequence
from decimal import Decimal

from models.money import ZERO
from models.plan import EndingContract
from models.vocabulary import Cause, Mode
from rules.calendar import ONE_DAY
from rules.contracts import Ending, fee_share
from rules.dates import midnight, planned
from rules.effective import Exit
from rules.periods import Terms
from rules.wish import Wish


def ending_contracts(wish: Wish, leaving: Exit, endings: Sequence[Ending], terms: Terms) -> tuple[EndingContract, ...]:
    """All of them end with the account: service and charges of an account are one."""
    return tuple(_row(wish, leaving, ending, terms) for ending in endings)


def _row(wish: Wish, leaving: Exit, ending: Ending, terms: Terms) -> EndingContract:
    zone = terms.account.timezone
    return EndingContract(
        id=ending.contract.id,
        ends=planned(leaving.effective, *_reason(leaving, ending, wish), zone),
        term_end=midnight(max(ending.term_end, leaving.effective), zone),
        fee_share=_fee(wish, leaving, ending, terms),
        part_of=None if ending.is_main else ending.main,
    )


def _fee(wish: Wish, leaving: Exit, ending: Ending, terms: Terms) -> Decimal:
    """Whom we put out for cause pays no fee for leaving: what a breach costs is no matter of a plan."""
    leaves = wish.mode is Mode.STOP or wish.cause is Cause.CUSTOMER_DEMAND
    if not leaves or ending.term_end <= leaving.effective:
        return ZERO
    return fee_share(ending.contract, terms, leaving.effective)


def _reason(leaving: Exit, ending: Ending, wish: Wish) -> tuple[str, str]:
    if wish.mode is Mode.EJECT:
        return leaving.rule, leaving.citation
    if not ending.is_main:
        return "dates.4", f"part of contract {ending.main}, with which it ends at the latest"
    if leaving.effective == ending.usual:
        return ending.rule, ending.citation
    if leaving.effective < ending.usual:
        return "dates.4", f"asked for, before the term's last day, {ending.term_end - ONE_DAY}"
    return "dates.4", f"it could end on {ending.usual}, and runs on with the account"
