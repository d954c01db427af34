"""Which message a source is of, by its name; and what is said of one that is wrong."""

from functools import cache
from typing import NamedTuple

from activities.catalogue import TEMPLATES
from models.vocabulary import MailKind
from rules.manner import PAUSING

OF_A_PAUSE = frozenset({MailKind.PAUSED, MailKind.RESUME_REMINDER})


class Fault(NamedTuple):
    """What is wrong in which line of which file (0: all of it), and how to mend it."""

    file: str
    line: int
    what: str
    fix: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.what} ({self.fix})"


def kind_of(name: str) -> MailKind | None:
    """The kind that a source is of, or None: it's a part of others."""
    word = name.rpartition("/")[2].partition(".")[0]
    is_part = name.rpartition("/")[2].removesuffix(".md") not in _kinds_by_name()
    return None if is_part else MailKind(word) if word in set(MailKind) else MailKind.NOTICE


@cache
def _kinds_by_name() -> frozenset[str]:
    """`thanks`, `goodbye.for_cause`, and the script for any kind."""
    manners = {path.name.split(".")[1] for path in TEMPLATES.glob("en/*.*.md")}
    return frozenset({"any", *MailKind, *(f"{kind}.{manner}" for kind in MailKind for manner in manners)})


def manner_of(name: str) -> str:
    """The manner in which it is written: `pause`, `for_cause`, or empty."""
    parts = name.rpartition("/")[2].split(".")
    if parts[0] in OF_A_PAUSE:
        return PAUSING
    return parts[1] if len(parts) > 2 else ""  # noqa: PLR2004  # kind, manner, md
