"""Why an offer may not be answered now, and what its acceptance gives a person to do. Source: DOMAIN messages.4."""

from datetime import datetime, timedelta
from typing import Any

from models.case import Agreed, CaseState
from models.offers import Offer
from models.refusal import Refusal
from models.updates import AnswerOffer
from models.vocabulary import STAYING, OfferKind
from rules.leaving import BEFORE_FREEZE
from rules.manner import FOR_CAUSE, manner

PROMISE = "keep_promise"
"""The step whose task is to keep what was promised."""
BY_PEOPLE = frozenset({*STAYING, OfferKind.REFUND, OfferKind.PERSON} - {OfferKind.PAUSE})
"""What somebody of ours must do, once it's accepted; the others are done by the case."""
MOVED = ("retrieval_end", "erasure", "backups_expire")
"""The dates that a longer window moves."""


def answer_of(offer: Offer, *, accepted: bool) -> dict[str, Any]:
    """What the case must know of an answer to this offer: fields of `AnswerOffer`."""
    days = offer.terms.days if offer.kind is OfferKind.EXTENDED_RETRIEVAL else None
    about = {"offer": offer.id, "accepted": accepted, "kind": offer.kind}
    return {**about, "until": offer.until, "days": days or 0}


def answer_refused(word: AnswerOffer, state: CaseState, now: datetime) -> Refusal | None:
    """Why this answer comes too late or a second time, or None. A no is never too late. Source: DOMAIN messages.4."""
    if state.offer is not None:
        said = "accepted" if state.offer_accepted else "declined"
        return Refusal(code="answered", why=f"the offer was {said} already", fix="nothing is asked twice")
    if not word.accepted:
        return None
    if word.until is not None and word.until <= now:
        why = f"the offer stood until {word.until:%Y-%m-%d %H:%M %Z}".rstrip()
        return Refusal(code="offer_over", why=why, fix="the account manager may still agree on something by hand")
    if word.kind in STAYING:
        return _cannot_stay(word, state)
    if word.kind is OfferKind.EXTENDED_RETRIEVAL and word.days <= 0:
        return Refusal(code="no_days", why="it names no days", fix="see: farewell offer show ACCOUNT")
    return None


def _cannot_stay(word: AnswerOffer, state: CaseState) -> Refusal | None:
    """Who accepts takes the exit back: so it's refused where that would be."""
    if word.actor.is_customer and _put_out(state):
        why = "the customer can't take back an eject for cause"
        return Refusal(code="put_out", why=why, fix="the account manager can: farewell withdraw ACCOUNT")
    if state.stage not in BEFORE_FREEZE:
        why = "the account has ended, so nobody can stay by accepting an offer any more"
        return Refusal(code="too_late", why=why, fix="come back first: farewell reinstate ACCOUNT")
    return None


def _put_out(state: CaseState) -> bool:
    """Whether we end the account for a cause of ours, by the plan in force, else the one that is proposed."""
    plan = state.agreed or state.proposed
    cause = plan.cause if plan else state.cause
    return cause is not None and manner(state.mode, cause) == FOR_CAUSE


def with_more_time(agreed: Agreed, days: int) -> Agreed:
    """The plan with its retrieval window longer by so many days, and all that comes after it later by as many."""
    by = timedelta(days=days)
    dates = {name: at + by if name in MOVED else at for name, at in agreed.dates.items()}
    later = {"reminder_at": agreed.reminder_at + by, "silence_at": agreed.silence_at + by}
    return agreed.model_copy(update={"dates": dates, **later})
