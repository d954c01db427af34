"""The gates: who may approve what, and the six that guard the pivot. Source: CONTRACTS, Gates; DOMAIN audit.3."""

from collections.abc import Sequence
from datetime import datetime

from models.account import Actor
from models.case import Agreed, Approval, CaseState
from models.ledger import digest
from models.payload import Payload
from models.refusal import Refusal
from models.vocabulary import Gate, Mode, Role, TaskKind, TaskOutcome


class PivotFacts(Payload):
    """What the six gates look at."""

    window_over: bool
    export_verified: bool
    accepted_or_waived: bool
    statement_closed: bool
    no_hold: bool
    erasure_approved: bool


PIVOT_GATES: dict[str, str] = {
    "window_over": "the retrieval window is still open",
    "export_verified": "no package has been verified by re-reading the bucket",
    "accepted_or_waived": "the customer has neither accepted the package nor waived it",
    "statement_closed": "the final statement isn't closed, or a difference in it isn't accepted",
    "no_hold": "a legal hold stands",
    "erasure_approved": "erasure isn't approved by enough people",
}


def closed_gates(facts: PivotFacts) -> tuple[str, ...]:
    """The names of the gates that are still closed; empty means that erasure may start."""
    return tuple(name for name in PIVOT_GATES if not getattr(facts, name))


def erasure_digest(plan_hash: str, manifest_digest: str, statement_digest: str) -> str:
    """What the erasure gate binds to: a new package or statement needs new approval."""
    return digest({"plan": plan_hash, "manifest": manifest_digest, "statement": statement_digest})


def gate_digest(gate: Gate, state: CaseState) -> str | None:
    """The digest that an approval at this gate must name now, or None while there is nothing to approve."""
    if gate is Gate.PLAN:
        return state.proposed.hash if state.proposed else None
    if state.agreed is None or state.package is None or state.statement_digest is None:
        return None
    return erasure_digest(state.agreed.hash, state.package.digest, state.statement_digest)


def approved(gate: Gate, digest_now: str | None, approvals: Sequence[Approval], required: int) -> bool:
    """Whether enough people said yes to exactly this; at `erasure` one of them is of compliance."""
    valid = [a for a in approvals if a.gate is gate and a.digest == digest_now]
    enough = len({a.person for a in valid}) >= required
    return enough and (gate is Gate.PLAN or any(Role.COMPLIANCE in a.roles for a in valid))


def approval_refused(gate: Gate, offered: str, actor: Actor, state: CaseState, at: datetime) -> Refusal | None:
    """Why this person may not say yes to this now, or None. Never the requester, never twice. DOMAIN audit.3."""
    now = gate_digest(gate, state)
    if now is None:
        return _no("nothing_to_approve", f"nothing waits at gate {gate}", "see: farewell status ACCOUNT")
    if offered != now:
        return _no(
            "stale_hash", "the hash is not that of what waits for approval now", f"read it again, then use {now}"
        )
    unfit = _unfit(state.proposed, at) if gate is Gate.PLAN and state.proposed else None
    return unfit or _not_theirs(gate, now, actor, state)


def _unfit(plan: Agreed, at: datetime) -> Refusal | None:
    """Why nobody may say yes to this plan any more. An eject waits for no date: its own has passed. DOMAIN modes.3."""
    again = "plan another: farewell reschedule ACCOUNT --to"
    if plan.mode is not Mode.EJECT and plan.dates["effective_date"] <= at:
        return _no("too_late", "the plan's effective date has passed", again)
    if plan.approval_until <= at:
        return _no("expired", "the time to approve this plan is over", again)
    if plan.blockers:
        fix = "see how to mend it: farewell preview ACCOUNT; then plan again: farewell reschedule ACCOUNT --to"
        return _no("blocked", f"the plan is blocked: {', '.join(plan.blockers)}", fix)
    return None


def _not_theirs(gate: Gate, now: str, actor: Actor, state: CaseState) -> Refusal | None:
    if actor.id == state.requested_by or (gate is Gate.PLAN and actor.id == state.proposed_by):
        return _no("own_request", f"{actor.id} asked for this exit and can't approve it", "ask another approver")
    if gate is Gate.PLAN and Role.APPROVER not in actor.roles:
        return _no("not_an_approver", f"{actor.id} is no approver", "ask somebody with the role approver")
    if gate is Gate.ERASURE and not {Role.APPROVER, Role.COMPLIANCE} & set(actor.roles):
        return _no("not_an_approver", f"{actor.id} is neither approver nor compliance", "ask one of them")
    if any(a.gate is gate and a.person == actor.id and a.digest == now for a in state.approvals):
        return _no("twice", f"{actor.id} has already approved this", "somebody else must be the next")
    return None


def _no(code: str, why: str, fix: str) -> Refusal:
    return Refusal(code=code, why=why, fix=fix)


def task_refused(task_id: str, outcome: TaskOutcome, actor: Actor, state: CaseState) -> Refusal | None:
    """Why this person may not end this task so, or None. A gate is never skipped. Source: TRUST 2, 12."""
    task = next((t for t in state.tasks if t.id == task_id), None)
    if task is None:
        return _no("no_such_task", f"there is no open task {task_id}", "see: farewell status ACCOUNT")
    if task.owner not in actor.roles:
        return _no("role", f"task {task_id} is for {task.owner}, which {actor.id} is not", f"ask one of {task.owner}")
    if outcome is TaskOutcome.SKIP and task.gate:
        return _no("gate", f"{task.step} guards a gate and can't be skipped", "retry it once the cause is mended")
    tried = task.kind is TaskKind.STEP_FAILED or (task.kind is TaskKind.HOLD_REVIEW and task.blocking)
    if outcome is TaskOutcome.RETRY and not tried:
        return _no("outcome", f"there is nothing to try again in a task of kind {task.kind}", "use --outcome done")
    if outcome is TaskOutcome.DONE and tried:
        return _no("outcome", "a failed step is retried or skipped, not declared done", "use --outcome retry")
    return None
