"""What the status page says of a case: the scene, the dates, and what the customer may do now..

Source: UX, Pages, Customer; DOMAIN messages.3, messages.5.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from models.account import Actor
from models.case import CaseState
from models.payload import CUSTOMER
from models.plan import Plan
from models.vocabulary import ENDS, Cause, Mode, Stage, WaitKind
from rules.manner import FOR_CAUSE, manner
from rules.permissions import refused
from web.links import PortalVisit

S = Stage
_FROZEN = (S.FREEZE, S.EXPORT, S.DEPROVISION, S.TERMINATE)
_FETCHING = (S.SETTLE, S.RETRIEVAL)
_ERASING = (S.ERASE, S.CERTIFY)
_BEFORE = (S.REQUESTED, S.APPROVAL, S.NOTICE)
_ENDING_DATES = ("notice_end", "effective_date", "late_usage_end", "retrieval_end", "erasure", "backups_expire")
_DATES = {
    Mode.PAUSE: ("effective_date", "resume"),
    Mode.STOP: _ENDING_DATES,
    Mode.EJECT: _ENDING_DATES[1:],
}
_AFTER_FREEZE = frozenset({"notice_end", "effective_date"})
_PAST = {
    **dict.fromkeys((*_FROZEN, *_FETCHING), _AFTER_FREEZE),
    **dict.fromkeys(_ERASING, frozenset(_ENDING_DATES[:5])),
    S.CLOSED: frozenset(_ENDING_DATES[:5]),
    S.PAUSED: frozenset({"effective_date"}),
}
AFTER_GOODBYE = frozenset({*_FETCHING, *_ERASING, S.CLOSED})
"""The stages in which the goodbye has left, or is about to."""
BACK = ("withdraw", "reinstate", "resume")


class Step(NamedTuple):
    """A date of the exit: whether it is `done`, `next`, or `later`."""

    name: str
    at: datetime
    state: str
    citation: str


def dates_of(visit: PortalVisit, plan: Plan | None) -> dict[str, datetime]:
    """The dates in force, those of the plan where the case names none; a window that was moved is told as it is."""
    dates = {name: on.at for name, on in plan.commitments.dates.items()} if plan else {}
    state = visit.state
    if state is None:
        return dates
    in_force = state.agreed or state.proposed
    dates |= in_force.dates if in_force else {}
    if state.retrieval_end and "erasure" in dates:
        dates["retrieval_end"] = state.retrieval_end
        dates["erasure"] = max(dates["erasure"], state.retrieval_end)
    return dates


def steps_of(visit: PortalVisit, plan: Plan | None, now: datetime) -> list[Step]:
    """What happens when, in order; nothing of what was called off. A transition of no length isn't told."""
    if visit.stage in ENDS - {S.CLOSED} or (visit.state is not None and visit.state.undo is not None):
        return []
    dates, past = dates_of(visit, plan), _PAST.get(visit.stage, frozenset())
    names = [name for name in _DATES[visit.mode] if name in dates]
    if dates.get("notice_end") == dates.get("effective_date"):
        names = [name for name in names if name != "notice_end"]
    cited = {name: on.citation for name, on in plan.commitments.dates.items()} if plan else {}
    found: list[Step] = []
    for name in sorted(names, key=lambda each: dates[each]):
        done = name in past or dates[name] <= now
        waits = not done and not any(step.state == "next" for step in found)
        state = "done" if done else "next" if waits else "later"
        found.append(Step(name, dates[name], state, cited.get(name, "")))
    return found


def scene_of(visit: PortalVisit, now: datetime) -> str:
    """The name by which the catalogues know how the case stands."""
    stage, state = visit.stage, visit.state
    if state is not None and state.undo is not None and not visit.has_ended:
        return "undoing"
    if stage in _ERASING:
        return "erasing"
    if visit.mode is Mode.PAUSE and stage in _BEFORE:
        return "pause_agreed" if stage is S.NOTICE else "pause_asked"
    if stage in _FROZEN:
        return "closing"
    if stage in _FETCHING:
        return _fetching(state, now)
    return stage.value


def _fetching(state: CaseState | None, now: datetime) -> str:
    if state is not None and state.accepted:
        return "taken"
    over = state is not None and state.retrieval_end is not None and state.retrieval_end <= now
    return "overdue" if over else "fetch"


def waiting_of(visit: PortalVisit) -> tuple[str, datetime | None] | None:
    """Whom it waits for, in a word of the catalogues, and until when; None where nothing needs saying.

    A legal hold is told as anything else that a person must look at: whether a customer may know is counsel's to say.
    """
    waiting = visit.state.waiting_for if visit.state else None
    if waiting is None or visit.has_ended:
        return None
    words = {WaitKind.HOLD: "task", WaitKind.DATE: ""}
    if visit.state is not None and visit.state.accepted:  # they have done it: only the date is left
        words[WaitKind.CUSTOMER] = ""
    word = words.get(waiting.kind, waiting.kind.value)
    return (word, waiting.until) if word else None


def allowed(visit: PortalVisit, update: str) -> bool:
    """Whether the customer may send this now; the validator has the last word."""
    return not visit.has_ended and refused(update, Actor(id=CUSTOMER), standing(visit)) is None


def way_back(visit: PortalVisit) -> str | None:
    """The update by which they stay: `withdraw`, `reinstate` or `resume`; None where none can be sent."""
    return next((update for update in BACK if allowed(visit, update)), None)


def standing(visit: PortalVisit) -> CaseState:
    """The case as its workflow tells it; where nobody answers, as it was recorded."""
    if visit.state is not None:
        return visit.state
    row = visit.case
    about = {"case": row["id"], "account": row["account"], "mode": row["mode"], "stage": row["stage"]}
    return CaseState(**about, cause=cause_of(row), opened_at=row["opened_at"], requested_by=row["manager"])


def cause_of(row: Mapping[str, object]) -> Cause | None:
    """That of an eject, as it was asked for or recorded."""
    state = row["state"] if isinstance(row["state"], dict) else {}
    told = state.get("cause") or (state.get("request") or {}).get("cause")
    return Cause(told) if told else None


def is_for_cause(visit: PortalVisit) -> bool:
    """Whether we put them out: then nothing is offered, asked or chosen. Source: DOMAIN messages.3, messages.5."""
    return manner(visit.mode, cause_of(visit.case)) == FOR_CAUSE
