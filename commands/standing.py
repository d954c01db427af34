"""Where a case stands, as a person and as a script read it."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from commands.printing import console, say, table
from models.vocabulary import ENDS, Mode, Stage

if TYPE_CHECKING:
    from temporalio.client import Client

    from connectors.opening import Connections
    from models.case import Agreed, CaseState

_SECONDS_FOR_AN_ANSWER = 2.0


def standing(row: Mapping[str, Any], live: "CaseState | None" = None) -> dict[str, Any]:
    """A case as scripts read it: what its workflow says now, else what was last recorded.

    `resume_date` is that of a pause, `cause` that of an eject; `to_approve` is the gate that waits and the hash that an
    approval must name, `proposed` a plan that would take the place of the one in force. Source: issue 2, The commands.
    """
    effective = row["effective_date"]
    told = _recorded(row) if live is None else _told(live)
    return {
        "case": row["id"],
        "account": row["account"],
        "stage": told["stage"],
        "mode": told["mode"],
        "cause": told["cause"],
        "effective_date": told["effective_date"] or (effective.isoformat() if effective else None),
        "resume_date": told["resume_date"],
        "plan_hash": told["plan_hash"],
        "waiting_for": told["waiting_for"],
        "tasks": told["tasks"],
        "workflow_id": row["workflow_id"],
        "to_approve": told["to_approve"],
        "proposed": told["proposed"],
    }


def look(at: "Connections", row: Mapping[str, Any]) -> "CaseState | None":
    """What the running case answers; None where it has ended, or nobody answers at once."""
    return None if row["ended_at"] is not None else asyncio.run(_asked(at, str(row["workflow_id"])))


async def ask(client: "Client", workflow: str) -> "CaseState | None":
    """What the case answers by this client; None where nobody does at once, or its key is gone: see the read model."""
    from temporalio.client import WorkflowQueryFailedError
    from temporalio.service import RPCError

    from connectors.errors import Gone
    from models.case import CaseState

    try:
        async with asyncio.timeout(_SECONDS_FOR_AN_ANSWER):
            state: CaseState = await client.get_workflow_handle(workflow).query("case", result_type=CaseState)
    except (RPCError, WorkflowQueryFailedError, TimeoutError, Gone):
        return None
    return state


def print_standing(case: Mapping[str, Any]) -> None:
    """Prints a case for people, with what they can do next."""
    say(f"{case['case']}  {stage_words(case)}  mode {mode_words(case)}, {dates_words(case)}")
    if case["waiting_for"]:
        say(f"waits for {waits(case)}: {case['waiting_for']['why']}")
    if case["stage"] in ENDS:
        say(f"how it went: farewell audit {case['case']}")
    if case["proposed"]:
        say(f"planned instead: mode {mode_words(case['proposed'])}, {dates_words(case['proposed'])}")
    if case["to_approve"]:
        gate, digest = case["to_approve"]["gate"], case["to_approve"]["hash"]
        say(f"approve: farewell approve {case['account']} --gate {gate} --hash {digest} --as PERSON")
    if case["tasks"]:
        rows = [[t["id"], t["kind"], t["owner"], _cause(t), t["fix"]] for t in case["tasks"]]
        console().print(table(("task", "kind", "owner", "cause", "what to do"), rows))


def _cause(task: Mapping[str, Any]) -> str:
    """A team's says by when, too; a midnight is the end of the day before."""
    if not task.get("due"):
        return str(task["cause"])
    until = datetime.fromisoformat(task["due"]) - timedelta(microseconds=1)
    late = "; overdue, and told" if task.get("told", 0) > 1 else ""
    return f"{task['cause']} (until {until.date()}{late})"


def stage_words(case: Mapping[str, Any]) -> str:
    """The stage; a pause says until when. Source: DOMAIN modes.1."""
    if case["stage"] == Stage.PAUSED:
        return f"paused until {_day(case['resume_date'])}"
    return str(case["stage"])


def mode_words(case: Mapping[str, Any]) -> str:
    """The way out; an eject says why. Source: DOMAIN modes.3."""
    cause = f" ({case['cause'].replace('_', ' ')})" if case["cause"] else ""
    return f"{case['mode']}{cause}"


def dates_words(case: Mapping[str, Any]) -> str:
    """From when on, and until when where it ends by itself."""
    if case["mode"] == Mode.PAUSE:
        until = f" until {_day(case['resume_date'])}" if case["resume_date"] else ""
        return f"from {_day(case['effective_date'])}{until}"
    return f"effective {_day(case['effective_date'])}"


def waits(case: Mapping[str, Any]) -> str:
    """Whom or what it waits for, and until when."""
    waiting = case["waiting_for"]
    if not waiting:
        return ""
    until = f", until {_day(waiting['until'])}" if waiting.get("until") else ""
    return f"{waiting['who']}{until}"


def _recorded(row: Mapping[str, Any]) -> dict[str, Any]:
    """While an account pauses, it waits for the day on which it resumes."""
    state = row.get("state") or {}
    request, waiting = state.get("request") or {}, state.get("waiting_for") or {}
    kept = {name: state.get(name) for name in ("plan_hash", "waiting_for", "effective_date")}
    return {
        "stage": row["stage"],
        "mode": row["mode"],
        "tasks": state.get("tasks") or [],
        "cause": state.get("cause") or request.get("cause") if row["mode"] == Mode.EJECT else None,
        "resume_date": waiting.get("until") if row["stage"] == Stage.PAUSED else None,
        "to_approve": None,
        "proposed": None,
        **kept,
    }


def _told(live: "CaseState") -> dict[str, Any]:
    """The dates are those in force; the hash is that of the plan that waits for its approval, if one does."""
    plan, in_force = live.proposed or live.agreed, live.agreed or live.proposed
    return {
        **live.model_dump(mode="json", include={"stage", "waiting_for", "tasks"}),
        **_way(in_force),
        "mode": live.mode.value,
        "plan_hash": plan.hash if plan else None,
        "to_approve": _to_approve(live),
        "proposed": _way(live.proposed) if live.agreed and live.proposed else None,
    }


def _way(plan: "Agreed | None") -> dict[str, Any]:
    dates = plan.dates if plan else {}
    return {
        "mode": plan.mode.value if plan else None,
        "cause": plan.cause if plan else None,
        "effective_date": _written(dates.get("effective_date")),
        "resume_date": _written(dates.get("resume")),
    }


def _to_approve(live: "CaseState") -> dict[str, str] | None:
    from models.vocabulary import Gate
    from rules.gates import gate_digest

    if live.proposed and live.proposed.blockers:
        return None  # nobody can
    for gate in (Gate.PLAN, Gate.ERASURE):
        digest = gate_digest(gate, live)
        if digest is not None:
            return {"gate": gate.value, "hash": digest}
    return None


async def _asked(at: "Connections", workflow: str) -> "CaseState | None":
    from connectors.errors import Unavailable
    from connectors.temporal import connect_temporal

    try:
        async with asyncio.timeout(_SECONDS_FOR_AN_ANSWER):
            return await ask(await connect_temporal(at.keys), workflow)
    except (Unavailable, TimeoutError):
        return None


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _day(at: str | None) -> str:
    return at[:10] if at else "not planned yet"
