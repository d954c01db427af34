"""The words in which a plan is told: its dates, what becomes of the data, what it costs, how to come back."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from models.vocabulary import PROCESSORS, Cause, Gate, Mode
from rules.manner import FOR_CAUSE, manner

if TYPE_CHECKING:
    from models.plan import Commitments, Duties, Plan, PlannedDate

DATES = {
    "requested": "request",
    "notice_end": "notice ends",
    "transition_end": "transition ends",
    "effective_date": "service ends",
    "billing_end": "charges end",
    "late_usage_end": "late usage ends",
    "retrieval_end": "retrieval ends",
    "erasure": "erasure",
    "backups_expire": "backups expire",
    "resume": "resumes",
}
THEN = {"delete": "erased", "mask": "masked", "retain": "kept by law"}
_PAUSE_BEGINS = "pause begins"
_SAME_IN_A_PAUSE = frozenset({"notice_end", "transition_end"})


def told_dates(terms: "Commitments") -> dict[str, "PlannedDate"]:
    """The dates in order; a pause has neither notice nor transition, both are its beginning."""
    dates = sorted(terms.dates.items(), key=lambda each: each[1].at)
    pauses = terms.mode is Mode.PAUSE
    return {name: planned for name, planned in dates if not (pauses and name in _SAME_IN_A_PAUSE)}


def date_words(name: str, mode: Mode) -> str:
    """What happens on a date of the plan; in a pause the service doesn't end, it stands still."""
    if mode is Mode.PAUSE and name == "effective_date":
        return _PAUSE_BEGINS
    return DATES.get(name, name.replace("_", " "))


def becomes(duty: "Duties") -> str:
    """What becomes of a data set; what sub-processors hold is theirs to erase. Source: DOMAIN stages.3."""
    return "they are asked to erase" if duty.name.startswith(PROCESSORS) else THEN[duty.erase]


def day(at: datetime) -> str:
    """The day; and the hour, where it isn't the midnight with which the day begins."""
    return f"{at:%Y-%m-%d}" if at.time() == time.min else f"{at:%Y-%m-%d %H:%M}"


def last_day(end: datetime) -> str:
    """The last day before an end that is exclusive."""
    return f"{end - timedelta(microseconds=1):%Y-%m-%d}"


def leaving(terms: "Commitments") -> str:
    """What would happen, in half a sentence."""
    begins = day(terms.dates["effective_date"].at)
    if terms.mode is Mode.PAUSE:
        return f"would pause from {begins} until {day(terms.dates['resume'].at)}"
    if terms.cause is Cause.CUSTOMER_DEMAND:
        return f"would leave at once, {begins}, as the customer demands"
    if terms.mode is Mode.EJECT:
        return f"would be put out at once, {begins}, for the cause {str(terms.cause).replace('_', ' ')}"
    return f"would leave: its service ends on {begins}"


def costs(plan: "Plan") -> str:
    """What it comes to; a pause settles nothing. Source: DOMAIN modes.1."""
    if plan.commitments.mode is Mode.PAUSE:
        return "Nothing is charged while it lasts, and the days paid ahead come after it"
    return owed(plan.estimates.cost)


def owed(cost: Mapping[str, Decimal]) -> str:
    """Who pays whom in the end, in one sentence. Source: DOMAIN money.3, money.5."""
    back = [f"{-value:f} {currency}" for currency, value in cost.items() if value < 0]
    still = [f"{value:f} {currency}" for currency, value in cost.items() if value > 0]
    told = [f"the customer will get back {_and(back)}"] if back else []
    told += [f"the customer will still pay {_and(still)}"] if still else []
    sentence = " and ".join(told) or "nothing is owed"
    return sentence[0].upper() + sentence[1:]


def way_back(plan: "Plan") -> str:
    """How to change one's mind, and until when. Source: DOMAIN modes.4, messages.9."""
    dates = plan.commitments.dates
    if plan.commitments.mode is Mode.PAUSE:
        return f"comes back by itself on {day(dates['resume'].at)}, or on any day before"
    reinstate = f"reinstate until {day(dates['erasure'].at)}"
    later = "later with the package, under a new contract"
    if plan.commitments.mode is not Mode.EJECT:
        return f"withdraw until {day(dates['effective_date'].at)}, {reinstate}; {later}"
    ours = manner(plan.commitments.mode, plan.commitments.cause) == FOR_CAUSE
    return f"{'only we ' if ours else ''}{reinstate}; {later}"


def approvals(plan: "Plan") -> str:
    """How many must say yes, to what; a pause erases nothing."""
    needed = {gate: n for gate, n in plan.approvals_required.items() if gate is Gate.PLAN or plan.commitments.data_sets}
    return ", ".join(f"{number} for the {gate}" for gate, number in needed.items())


def _and(amounts: list[str]) -> str:
    return " and ".join(amounts)
