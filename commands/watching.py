"""Follows an exit live."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from commands.options import AccountArgument, Json
from commands.printing import clean, console, show
from models.vocabulary import Mode, Stage

if TYPE_CHECKING:
    from rich.text import Text

    from connectors.opening import Connections

_SECONDS_BETWEEN_LOOKS = 0.5
_BEGINS = (Stage.REQUESTED, Stage.APPROVAL)
_STOPS = (Stage.NOTICE, Stage.TRANSITION, Stage.FREEZE, Stage.EXPORT, Stage.DEPROVISION, Stage.TERMINATE)
_EJECTS = (Stage.FREEZE, Stage.DEPROVISION, Stage.EXPORT, Stage.TERMINATE)
_ENDS = (Stage.SETTLE, Stage.RETRIEVAL, Stage.ERASE, Stage.CERTIFY, Stage.CLOSED)
# `settle` runs beside `retrieval`; the ends of who stays lie off these ways.
_WAYS = {
    Mode.PAUSE: (*_BEGINS, Stage.NOTICE, Stage.FREEZE, Stage.PAUSED, Stage.RESUMED),
    Mode.STOP: (*_BEGINS, *_STOPS, *_ENDS),
    Mode.EJECT: (*_BEGINS, *_EJECTS, *_ENDS),
}


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(watch)


def watch(account: AccountArgument, as_json: Json = False) -> None:
    """Follow an exit live until it ends, or Ctrl-C; with --json a line for every change."""
    from commands.session import connections

    changes = _changes(connections(), account)
    if as_json:
        for case in changes:
            show(case)
        return
    from rich.live import Live

    with Live(console=console(), refresh_per_second=4) as live:
        for case in changes:
            live.update(_drawn(case))


def _changes(at: "Connections", account: str) -> Iterator[dict[str, Any]]:
    """The case, each time that it differs from before; ends with the case."""
    from commands.session import case_of
    from commands.standing import standing

    before = None
    while True:
        row = case_of(at, account)
        case = standing(row)
        if case != before:
            yield case
        if row["ended_at"] is not None:
            return
        before = case
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _drawn(case: dict[str, Any]) -> "Text":
    from rich.text import Text

    from commands.standing import dates_words, mode_words, waits

    lines = [f"{case['case']}, mode {mode_words(case)}, {dates_words(case)}", "", *_steps(case["mode"], case["stage"])]
    if case["waiting_for"]:
        lines += ["", f"waits for {waits(case)}: {case['waiting_for']['why']}"]
    lines += [f"task {task['id']}: {task['cause']}" for task in case["tasks"]]
    return Text(clean("\n".join(lines)))


def _steps(mode: str, stage: str) -> list[str]:
    """Done, now, next; the signs tell it without colour."""
    way = _WAYS[Mode(mode)]
    if stage not in way:
        return [f"● {stage}"]
    now = way.index(Stage(stage))
    last = now == len(way) - 1
    marks = ["✓" if at < now or last else "●" if at == now else "○" for at in range(len(way))]
    return [f"{mark} {step}" for mark, step in zip(marks, way, strict=True)]
