"""What a command prints: for people, or with `--json` one stable object."""

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_WIDTH_WHEN_PIPED = 160


def say(text: str) -> None:
    """Prints lines for people."""
    print(clean(text), flush=True)  # a reader of a pipe waits for it, too


def show(value: Any) -> None:
    """Prints one JSON value, on one line."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def clean(text: str) -> str:
    """The text without control characters: a name from a file must not steer a terminal."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) != "Cc")


def console() -> "Console":
    """A console that wraps to the terminal, and stays wide in a pipe."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else _WIDTH_WHEN_PIPED, highlight=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> "Table":
    """A plain table; the columns named in `right` hold numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, justify="right" if column in right else "left", overflow="fold")  # never cut off
    for row in rows:
        drawn.add_row(*(Text(clean("" if cell is None else str(cell))) for cell in row))
    return drawn
