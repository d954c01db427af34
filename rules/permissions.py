"""Who may send what, when: CONTRACTS, Updates, as one table."""

from models.account import Actor
from models.case import CaseState
from models.payload import Payload
from models.refusal import Refusal
from models.vocabulary import ENDS, Role, Stage
from rules.manner import FOR_CAUSE, manner

S = Stage
_BEFORE_FREEZE = (S.REQUESTED, S.APPROVAL, S.NOTICE, S.TRANSITION)
_REPLANNING = (S.APPROVAL, S.NOTICE, S.TRANSITION)
_UNDOABLE = (S.FREEZE, S.EXPORT, S.DEPROVISION, S.TERMINATE, S.SETTLE, S.RETRIEVAL)
_RETRIEVAL = (S.SETTLE, S.RETRIEVAL)  # the statement closes beside the window
_GATED = (*_REPLANNING, S.PAUSED, *_RETRIEVAL)
_TILL_GOODBYE = (*_BEFORE_FREEZE, S.PAUSED, *_UNDOABLE)
_TURNS = frozenset({"withdraw", "reinstate", "reschedule", "change_mode"})
_ANY = tuple(stage for stage in Stage if stage not in ENDS)


class Permission(Payload):
    """In which stages, by which roles, and whether the customer may too."""

    stages: tuple[Stage, ...]
    roles: tuple[Role, ...]
    customer: bool = False


_MANAGER = (Role.ACCOUNT_MANAGER,)
_COMPLIANCE = (Role.COMPLIANCE,)
_DECIDERS = (Role.APPROVER, Role.COMPLIANCE)

PERMISSIONS: dict[str, Permission] = {
    "approve": Permission(stages=_GATED, roles=_DECIDERS),
    "refuse": Permission(stages=_GATED, roles=_DECIDERS),
    "withdraw": Permission(stages=_BEFORE_FREEZE, roles=_MANAGER, customer=True),
    "reinstate": Permission(stages=_UNDOABLE, roles=_MANAGER, customer=True),
    "resume": Permission(stages=(S.PAUSED,), roles=_MANAGER, customer=True),
    "reschedule": Permission(stages=(*_REPLANNING, S.PAUSED), roles=_MANAGER, customer=True),
    "change_mode": Permission(stages=(*_REPLANNING, S.PAUSED), roles=_MANAGER, customer=True),
    "accept_export": Permission(stages=_RETRIEVAL, roles=_MANAGER, customer=True),
    "waive_export": Permission(stages=_RETRIEVAL, roles=_COMPLIANCE),
    "extend": Permission(stages=(S.TRANSITION, *_RETRIEVAL), roles=_MANAGER, customer=True),
    "place_hold": Permission(stages=_ANY, roles=_COMPLIANCE),
    "confirm_hold": Permission(stages=_ANY, roles=_COMPLIANCE),
    "release_hold": Permission(stages=_ANY, roles=_COMPLIANCE),
    "resolve_task": Permission(stages=_ANY, roles=tuple(Role)),
    "answer_offer": Permission(stages=_TILL_GOODBYE, roles=_MANAGER, customer=True),
    "set_contact_preference": Permission(stages=_TILL_GOODBYE, roles=_MANAGER, customer=True),
}


def refused(update: str, actor: Actor, state: CaseState) -> Refusal | None:
    """Why this update may not be sent by this person in this stage, or None."""
    permission = PERMISSIONS[update]
    if state.stage not in permission.stages:
        return _wrong_stage(update, state)
    if state.undo is not None and update not in {"resolve_task", "place_hold", "confirm_hold", "release_hold"}:
        return Refusal(code="undoing", why="the case is being undone", fix="watch it: farewell watch ACCOUNT")
    if permission.customer and actor.is_customer:
        return _put_out(update, state)
    if not set(permission.roles) & set(actor.roles):
        needed = " or ".join(role.value for role in permission.roles)
        return Refusal(code="role", why=f"{actor.id} may not {words(update)}", fix=f"it needs the role {needed}")
    return None


def _put_out(update: str, state: CaseState) -> Refusal | None:
    """Whom we put out for a cause of ours doesn't let themselves in again. Source: DOMAIN modes.3.

    While that is only planned, their own exit is still theirs, and nobody hears of it. Source: DOMAIN messages.5.
    """
    plan = state.agreed or state.proposed
    cause = plan.cause if plan else state.cause
    if update not in _TURNS or cause is None or manner(state.mode, cause) != FOR_CAUSE:
        return None
    return Refusal(
        code="put_out", why=f"the customer can't {words(update)} an eject for cause", fix="the account manager can"
    )


def _wrong_stage(update: str, state: CaseState) -> Refusal:
    if update in {"withdraw", "reinstate"}:
        return _too_late(update, state)
    return Refusal(
        code="stage",
        why=f"{words(update)} isn't possible in stage {state.stage}",
        fix="see what is: farewell status ACCOUNT",
    )


def _too_late(update: str, state: CaseState) -> Refusal:
    if state.stage in ENDS:
        return Refusal(code="ended", why=f"the case has ended: {state.stage}", fix="start a new one: farewell start")
    if state.stage in {Stage.ERASE, Stage.CERTIFY}:
        why = "erasure has started: from here nothing can be undone"
        return Refusal(
            code="past_the_pivot", why=why, fix="the customer's own package can be restored as a new account"
        )
    other = "reinstate" if update == "withdraw" else "withdraw"
    other = "resume" if state.stage is Stage.PAUSED else other
    why = f"{update} isn't possible in stage {state.stage}"
    return Refusal(code="stage", why=why, fix=f"use: farewell {other} ACCOUNT")


def words(update: str) -> str:
    """The update's name as people say it."""
    return update.replace("_", " ")
