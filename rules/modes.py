"""From one way out to another. Source: DOMAIN modes.4."""

from models.account import Actor
from models.case import CaseState
from models.refusal import Refusal
from models.vocabulary import Cause, Mode

_ORDER = tuple(Mode)  # from the mildest on


def change_refused(mode: Mode, cause: Cause | None, actor: Actor, state: CaseState) -> Refusal | None:
    """Why this case can't go on in that mode, or None: pause, stop, eject, never backwards. Source: DOMAIN modes.4."""
    if mode is state.mode:
        return _no("same_mode", f"it is a {mode} already", "another date: farewell reschedule ACCOUNT --to")
    if _ORDER.index(mode) < _ORDER.index(state.mode):
        why = f"{_a(state.mode)} never becomes {_a(mode)}"
        return _no("backwards", why, "take it back (farewell withdraw), then start anew")
    return _cause_refused(mode, cause, actor)


def _cause_refused(mode: Mode, cause: Cause | None, actor: Actor) -> Refusal | None:
    """An eject needs a recorded cause, and the customer knows but one. Source: DOMAIN modes.3."""
    if mode is not Mode.EJECT:
        return _no("cause", f"{_a(mode)} has no cause", "leave --cause out") if cause else None
    if cause is None:
        return _no("cause", "an eject needs a cause", f"say why: --cause {'|'.join(Cause)}")
    if actor.is_customer and cause is not Cause.CUSTOMER_DEMAND:
        return _no("cause", "the customer can only ask to leave at once", f"--cause {Cause.CUSTOMER_DEMAND}")
    return None


def _a(mode: Mode) -> str:
    return f"an {mode}" if mode is Mode.EJECT else f"a {mode}"


def _no(code: str, why: str, fix: str) -> Refusal:
    return Refusal(code=code, why=why, fix=fix)
