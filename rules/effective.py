"""The day on which an account ends, of all the days on which its contracts can. Source: DOMAIN dates.2 to dates.4."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from models.policy import Period
from models.vocabulary import Mode
from rules.contracts import Ending
from rules.periods import Ends, Terms
from rules.wish import PlanRefused, Wish

FURTHEST = timedelta(days=3660)
"""Ten years: a date beyond it is a slip of the pen."""


class Exit(NamedTuple):
    """With the midnight of `effective` the account ends, by this rule and text; what came before it, too."""

    effective: date
    rule: str
    citation: str
    notice: Ends
    transition: Period


def exit_of(wish: Wish, endings: Sequence[Ending], terms: Terms) -> Exit:
    """The latest end of the main contracts, so that none is broken, and not before notice and transition are over.

    An earlier one may be asked for where each contract or the law allows it; an eject waits for none of them.

    Raises:
        PlanRefused: the date asked for can't be; says which is the earliest, and why.
        NoClause: the policy is silent.
    """
    if wish.mode is Mode.EJECT:
        return _at_once(wish, terms)
    mains = [ending for ending in endings if ending.is_main]
    first = _first(wish, mains, terms)
    last = max(mains, key=lambda ending: ending.usual, default=None)
    usual = first
    if last is not None and last.usual >= first.effective:
        usual = first._replace(effective=last.usual, rule=last.rule, citation=last.citation)
    return usual if wish.effective_on is None else _asked_for(wish.effective_on, wish, mains, first, usual)


def _at_once(wish: Wish, terms: Terms) -> Exit:
    """With the midnight with which the day of the request began. Source: DOMAIN modes.3."""
    if wish.effective_on not in {None, wish.requested_on}:
        what = f"an eject waits for no date, and {wish.effective_on} was asked for"
        raise PlanRefused("effective_date", what, "leave the date out, or use --mode stop")
    why = {"rule": "modes.3", "citation": "an eject waits for no notice"}
    notice = terms.period("notice").model_copy(update=why)
    return Exit(wish.requested_on, **why, notice=Ends(wish.requested_on, notice), transition=notice)


def _first(wish: Wish, mains: Sequence[Ending], terms: Terms) -> Exit:
    """The end of transition after the longest notice."""
    longest = max((ending.notice for ending in mains), key=lambda ends: ends.day, default=None)
    notice = longest or terms.set_off_by(wish.requested_on, "notice")
    day, transition = terms.following(notice.day, "transition")
    return Exit(day, "dates.4", "the end of transition, resolved to a date", notice, transition)


def _asked_for(day: date, wish: Wish, mains: Sequence[Ending], first: Exit, usual: Exit) -> Exit:
    earliest = max([first.effective, *(ending.earliest for ending in mains)])
    fix = f"the earliest is {earliest}"
    if usual.effective > earliest:
        fix += f"; as agreed, it is {usual.effective}: {usual.citation}"
    if day < wish.requested_on:
        raise PlanRefused("effective_date", f"the effective date {day} is in the past", fix)
    if day < first.effective:
        over, why = ("notice", first.notice.clause) if day < first.notice.day else ("transition", first.transition)
        what = f"the effective date {day} is before the {over} is over ({why.citation})"
        raise PlanRefused("effective_date", what, fix)
    if day < earliest:
        held = max(mains, key=lambda ending: ending.earliest)
        what = f"the effective date {day} is before contract {held.contract.id} may end ({held.citation})"
        raise PlanRefused("effective_date", what, fix)
    if day > wish.requested_on + FURTHEST:
        raise PlanRefused("effective_date", f"the effective date {day} is more than ten years away", fix)
    return (
        usual
        if day == usual.effective
        else usual._replace(effective=day, rule="dates.4", citation="the date asked for")
    )
