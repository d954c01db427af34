"""What a person says to a running case: every update of CONTRACTS, one command each."""

import uuid
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AccountArgument, As, Day, Json, MaybeCause, Why
from commands.printing import say, show
from models.vocabulary import Gate, Mode, TaskOutcome

if TYPE_CHECKING:
    from models.payload import Personal
    from models.updates import Answer, Command

GateOption = Annotated[Gate, typer.Option("--gate", help="Which gate.")]
Evidence = Annotated[str, typer.Option("--evidence", help="What shows it: a letter, a ticket.")]

_OF_FOLLOW_UPS = "F"
"""What the ids of tasks after the goodbye begin with."""


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (approve, refuse, withdraw, reinstate, resume, reschedule, accept, waive, extend, resolve):
        app.command()(command)
    app.command("change-mode")(change_mode)


def approve(
    account: AccountArgument,
    *,
    gate: GateOption,
    digest: Annotated[str, typer.Option("--hash", help="What is approved: the hash that status shows.")],
    who: As = None,
    as_json: Json = False,
) -> None:
    """Say yes at a gate, to exactly this hash."""
    from models.updates import Approve

    _send(account, who, "approve", Approve, as_json, gate=gate, hash=digest)


def refuse(account: AccountArgument, gate: GateOption, reason: Why, who: As = None, as_json: Json = False) -> None:
    """Say no at a gate."""
    from models.updates import Refuse

    _send(account, who, "refuse", Refuse, as_json, gate=gate, reason=_personal(reason))


def withdraw(account: AccountArgument, reason: Why = "", who: As = None, as_json: Json = False) -> None:
    """Stay after all: takes the exit back before the freeze."""
    _undo(account, who, "withdraw", reason, as_json)


def reinstate(account: AccountArgument, reason: Why = "", who: As = None, as_json: Json = False) -> None:
    """Come back: undoes what was done after the freeze, until erasure begins."""
    _undo(account, who, "reinstate", reason, as_json)


def resume(account: AccountArgument, reason: Why = "", who: As = None, as_json: Json = False) -> None:
    """End a pause before its date: everything is given back at once."""
    _undo(account, who, "resume", reason, as_json)


def reschedule(account: AccountArgument, to: Day, who: As = None, as_json: Json = False) -> None:
    """Move the effective date, once the new plan is approved; in a pause the day on which it ends, at once."""
    from models.updates import Reschedule

    _send(account, who, "reschedule", Reschedule, as_json, to=to)


def change_mode(
    account: AccountArgument,
    *,
    mode: Annotated[
        Mode, typer.Option(help="The other way out: from a pause a stop or an eject, from a stop an eject.")
    ],
    cause: MaybeCause = None,
    reason: Why = "",
    who: As = None,
    as_json: Json = False,
) -> None:
    """Leave in another way: a new plan, which needs approvals of its own; until then the old one stands."""
    from models.updates import ChangeMode

    about = {"mode": mode, "cause": cause, "reason": _personal(reason)}
    _send(account, who, "change_mode", ChangeMode, as_json, **about)


def accept(account: AccountArgument, evidence: Evidence = "", who: As = None, as_json: Json = False) -> None:
    """The customer has the package and accepts it."""
    from models.updates import RetrievalWord

    _send(account, who, "accept_export", RetrievalWord, as_json, evidence=_personal(evidence))


def waive(account: AccountArgument, evidence: Evidence, who: As = None, as_json: Json = False) -> None:
    """The customer does without the package, by written word."""
    from models.updates import RetrievalWord

    _send(account, who, "waive_export", RetrievalWord, as_json, evidence=_personal(evidence))


def extend(account: AccountArgument, to: Day, who: As = None, as_json: Json = False) -> None:
    """A later end of transition or retrieval: the midnight with which that day begins, at the customer's."""
    from models.updates import Extend

    _send(account, who, "extend", Extend, as_json, until=_midnight(account, to))


def resolve(
    account: AccountArgument,
    *,
    task: Annotated[str, typer.Argument(help="The task's id, as status shows it.")],
    outcome: Annotated[TaskOutcome, typer.Option(help="How it ends.")],
    reason: Why = "",
    who: As = None,
    as_json: Json = False,
) -> None:
    """End a task: try the step again, skip it with a reason, or it is done."""
    from models.updates import ResolveTask

    about = {"task": task, "outcome": outcome, "reason": _personal(reason)}
    if task.startswith(_OF_FOLLOW_UPS):
        tell(_to_follow_ups(account, who, about), as_json=as_json)
    else:
        _send(account, who, "resolve_task", ResolveTask, as_json, **about)


def tell(answer: "Answer", *, as_json: bool) -> None:
    """Prints what an update answered."""
    if as_json:
        show(answer.model_dump(mode="json"))
    else:
        say(f"{answer.case}: {answer.text}")


def _undo(account: str, who: str | None, update: str, reason: str, as_json: bool) -> None:
    from models.updates import Undo

    _send(account, who, update, Undo, as_json, reason=_personal(reason))


def _send(account: str, who: str | None, update: str, kind: type["Command"], as_json: bool, **fields: Any) -> None:
    from commands.sending import send

    tell(send(account, who, update, kind, **fields), as_json=as_json)


def _to_follow_ups(account: str, who: str | None, about: dict[str, Any]) -> "Answer":
    """To who writes after the goodbye: a case that has ended may still have a call to make."""
    from commands.sending import deliver_to, follow_up_of
    from commands.session import acting, case_of, connections
    from models.updates import ResolveTask

    at = connections()
    case = case_of(at, account)
    word = ResolveTask(actor=acting(at, who), key=uuid.uuid4().hex, **about)
    return deliver_to(at, case, follow_up_of(case), "resolve_task", word)


def _personal(text: str) -> "Personal":
    from models.payload import Personal

    return Personal(text=text)


def _midnight(account: str, day: date) -> Any:
    from commands.session import connections, facts_of
    from rules.dates import midnight

    return midnight(day, facts_of(connections(), account).account.timezone)
