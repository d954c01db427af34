"""Every date of an exit, in the customer's calendar. Source: DOMAIN dates."""

from datetime import date, timedelta

from models.plan import PlannedDate
from models.vocabulary import Mode
from rules.calendar import ONE_DAY, midnight
from rules.effective import Exit
from rules.periods import Ends, Terms
from rules.wish import Wish

__all__ = ["after", "exit_dates", "midnight", "planned"]


def after(start: date, days: int) -> date:
    """The exclusive end of `days` whole days, the day of `start` itself not counted.

    Source: DOMAIN dates.1; Regulation (EEC, Euratom) 1182/71, Art. 3: the day of the event does not count.
    """
    return start + timedelta(days=days + 1)


def exit_dates(wish: Wish, leaving: Exit, terms: Terms) -> dict[str, PlannedDate]:
    """All dates of a stop or an eject, by name. Half-open, in the customer's zone.

    Source: DOMAIN dates.1 to dates.4, modes.3; CONTRACTS, Words.
    """
    zone, effective = terms.account.timezone, leaving.effective
    billing_end = _billing_end(wish, leaving)
    used_until = max(effective, billing_end[0])
    # The day of the effective date doesn't count: the package may come at its last minute.
    retrieval = terms.set_off_by(effective, "retrieval")
    erasure = (retrieval.day, "stages.1", "not before the window is over and all six gates are open")
    transition = leaving.transition
    days: dict[str, tuple[date, str, str]] = {
        "requested": (wish.requested_on, "dates.1", "the day of the request, in the customer's zone"),
        "notice_end": (_notice_end(leaving, terms), leaving.notice.clause.rule, leaving.notice.clause.citation),
        "transition_end": (effective, transition.rule, transition.citation),
        "effective_date": (effective, leaving.rule, leaving.citation),
        "billing_end": billing_end,
        "late_usage_end": _by_clause(terms.following(used_until, "late_usage")),
        "retrieval_end": _by_clause(retrieval),
        "erasure": erasure,
        "backups_expire": _by_clause(terms.following(retrieval.day, "backups")),
    }
    return {name: planned(*found, zone) for name, found in days.items()}


def planned(day: date, rule: str, citation: str, zone: str) -> PlannedDate:
    """The midnight with which a local day begins, and what it rests on."""
    return PlannedDate(at=midnight(day, zone), rule=rule, citation=citation)


def _by_clause(ends: Ends) -> tuple[date, str, str]:
    return ends.day, ends.clause.rule, ends.clause.citation


def _notice_end(leaving: Exit, terms: Terms) -> date:
    """Where the account ends later than it could, the notice lasts longer, never the transition.

    Source: DOMAIN dates.3 (25(2)(a): at most 30 calendar days).
    """
    day = leaving.effective
    while day > leaving.notice.day and terms.following(day, "transition").day > leaving.effective:
        day -= ONE_DAY
    return day


def _billing_end(wish: Wish, leaving: Exit) -> tuple[date, str, str]:
    if wish.paused_on is not None:
        return wish.paused_on, "modes.1", "the pause began: nothing is charged from then on"
    if wish.mode is Mode.EJECT:
        return wish.requested_on + ONE_DAY, "modes.3", "the day of an eject has begun, and is used"
    return leaving.effective, "money.4", "charges run on until the effective date"
