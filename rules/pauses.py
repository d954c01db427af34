"""The dates of a pause, and its limits. Source: DOMAIN modes.1."""

from datetime import date, timedelta

from models.plan import PlannedDate
from models.policy import PauseClause
from rules.calendar import ONE_DAY
from rules.dates import planned
from rules.effective import FURTHEST
from rules.periods import Terms
from rules.policy import in_force
from rules.wish import PlanRefused, Wish


def pause_clause(terms: Terms) -> PauseClause:
    """The clause that applies; of those for several contracts the strictest.

    Raises:
        NoClause: the policy is silent.
    """
    found = [_clause(terms, contract) for contract in terms.contracts or (None,)]
    return min(found, key=lambda clause: (clause.allowed, clause.most_days, clause.most_in_a_year))


def pause_dates(wish: Wish, terms: Terms) -> dict[str, PlannedDate]:
    """All dates of a pause, by name: it begins at a midnight, and ends by itself at that of `resume`.

    Raises:
        PlanRefused: the policy allows no such pause, or its days can't be.
        NoClause: the policy is silent.
    """
    clause = pause_clause(terms)
    start = _start(wish)
    resume = wish.resume_on or start + timedelta(days=clause.usual_days)
    _refuse(wish, clause, start, resume)
    began = (start, "modes.1", "the day asked for" if wish.effective_on else "the midnight after the request")
    ends = (resume, "modes.1", "the day asked for") if wish.resume_on else (resume, clause.rule, clause.citation)
    days = {
        "requested": (wish.requested_on, "dates.1", "the day of the request, in the customer's zone"),
        **dict.fromkeys(("notice_end", "transition_end", "effective_date"), began),
        "resume": ends,
    }
    return {name: planned(*found, terms.account.timezone) for name, found in days.items()}


def _clause(terms: Terms, contract: str | None) -> PauseClause:
    return in_force(terms.policy.pause, terms.day, terms.account.jurisdiction, contract)


def _start(wish: Wish) -> date:
    return wish.paused_on or wish.effective_on or wish.requested_on + ONE_DAY


def _refuse(wish: Wish, clause: PauseClause, start: date, resume: date) -> None:
    """Limits of days count from the pause's first day on, also when its end is moved."""
    tomorrow = wish.requested_on + ONE_DAY
    if not clause.allowed:
        raise PlanRefused("pause", f"no pause is allowed here: {clause.citation}", "use --mode stop")
    if wish.paused_on is None and wish.pauses_before >= clause.most_in_a_year:
        what = f"{wish.pauses_before} pauses began in the last twelve months, and {clause.most_in_a_year} are allowed"
        raise PlanRefused("pause", what, "wait until the oldest is a year ago, or use --mode stop")
    if wish.paused_on is None and not tomorrow <= start <= wish.requested_on + FURTHEST:
        fix = f"the earliest is {tomorrow}"
        raise PlanRefused("effective_date", f"a pause can't begin on {start}: it begins at a midnight to come", fix)
    earliest, latest = max(start + ONE_DAY, tomorrow), start + timedelta(days=clause.most_days)
    if not earliest <= resume <= latest:
        why = "that is too early" if resume < earliest else f"it lasts {clause.most_days} days at most"
        what = f"a pause from {start} can't end on {resume}: {why}"
        raise PlanRefused("resume_date", what, f"choose a day from {earliest} to {latest}")
