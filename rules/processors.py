"""Where sub-processors stand: asked how often, confirmed or overdue. Source: DOMAIN erasure.1, stages.3."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from models.processors import Asked, Confirmed

ASKED, CONFIRMED = "processor", "processor_confirmed"
"""The kinds of document that keep each request, and what a person recorded of an answer."""


def standing(name: str, asked: Iterable[Asked], confirmed: Iterable[Confirmed]) -> Asked | None:
    """The last request, with the first confirmation that came by any way; None: never asked."""
    own = sorted((each for each in asked if each.name == name), key=lambda each: each.asked)
    if not own:
        return None
    said = [each.confirmed_at for each in own if each.confirmed_at]
    told = [each.confirmed_at for each in confirmed if each.name == name]
    return own[-1].model_copy(update={"confirmed_at": min((*said, *told), default=None)})


def overdue(asked: Asked, remind_days: int, now: datetime) -> bool:
    """Whether it has left its last request unanswered for longer than the policy waits before it asks again."""
    return asked.confirmed_at is None and now > asked.asked_at + timedelta(days=remind_days)
