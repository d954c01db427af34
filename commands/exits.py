"""Starts an exit, and shows where exits stand."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AccountArgument, As, Json, MaybeCause, MaybeDay, MaybeLanguage, ResumeDay
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused
from models.vocabulary import Channel, Mode, Reason

if TYPE_CHECKING:
    from connectors.opening import Connections

_SECONDS_BETWEEN_LOOKS = 0.2
_SECONDS_FOR_A_PLAN = 30.0


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(start)
    app.command("list")(list_exits)
    app.command()(status)


def start(
    account: AccountArgument,
    *,
    reason: Annotated[Reason, typer.Option(help="Why the customer leaves.")],
    mode: Annotated[Mode, typer.Option(help="How the account leaves.")] = Mode.STOP,
    effective: MaybeDay = None,
    resume: ResumeDay = None,
    cause: MaybeCause = None,
    language: MaybeLanguage = None,
    channel: Annotated[Channel | None, typer.Option(help="Of the messages; else the contact's.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Return once the plan waits for its approval.")] = False,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Start an exit or a pause; an account that already leaves, or pauses, answers with its case."""
    from commands.beginning import Asked, begin
    from commands.session import case_of, connections
    from commands.standing import look, print_standing, standing
    from commands.wishes import refuse_contradictions

    refuse_contradictions((mode,), resume, cause)
    at = connections()
    began = begin(at, Asked(account, who, mode, reason, effective, language, channel, resume, cause))
    if wait:
        _await_plan(at, account)
    row = case_of(at, account)
    case = standing(row, look(at, row) if wait or not began else None)
    if as_json:
        show(case)
        return
    say("begun; farewell status shows the plan to approve" if began else _under_way(case))
    print_standing(case)


def list_exits(
    running: Annotated[bool, typer.Option("--running", help="Only those that haven't ended.")] = False,
    as_json: Json = False,
) -> None:
    """List exits, newest first."""
    from commands.session import connections
    from commands.standing import mode_words, stage_words, standing, waits

    rows = [row for row in connections().cases.cases() if not running or row["ended_at"] is None]
    cases = [standing(row) for row in rows]
    if as_json:
        show(cases)
    elif not cases:
        say("no exits; farewell start ACCOUNT --reason … begins one")
    else:
        shown = [[c["case"], stage_words(c), mode_words(c), (c["effective_date"] or "")[:10], waits(c)] for c in cases]
        console().print(table(("case", "stage", "mode", "effective", "waits for"), shown))


def status(account: AccountArgument, as_json: Json = False) -> None:
    """Say where an exit stands, and who or what it waits for."""
    from commands.session import case_of, connections
    from commands.standing import look, print_standing, standing
    from commands.watched import print_watched, watched

    at = connections()
    row = case_of(at, account)
    case, after = standing(row, look(at, row)), watched(at, row)
    if as_json:
        show({**case, "watched": after})
    else:
        print_standing(case)
        print_watched(after)


def _under_way(case: Mapping[str, Any]) -> str:
    """What the account does already, and how to have it otherwise."""
    doing = "pauses" if case["mode"] == Mode.PAUSE else "leaves"
    return f"{case['account']} already {doing}; another way out: farewell change-mode {case['account']}"


def _await_plan(at: "Connections", account: str) -> None:
    """Returns once the case waits for somebody, or has ended."""
    from commands.session import case_of

    until = time.monotonic() + _SECONDS_FOR_A_PLAN
    while time.monotonic() < until:
        row = case_of(at, account)
        if row["ended_at"] is not None or (row["state"] or {}).get("waiting_for"):
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    what = f"{account} has begun, but no worker made its plan within {_SECONDS_FOR_A_PLAN:.0f} s"
    raise Refused(Exit.OUTSIDE, what, "start one: farewell up, or farewell-worker")
