"""The story of a case as a PDF: what happened, then the ledger entry by entry. Source: DOMAIN audit.1."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any

from activities.printing_press import breakable, pressed
from commands.printing import clean
from commands.story import summary, verdict
from commands.story_chapters import Chapter, chapters
from models.ledger import LedgerEntry

WORDS = {
    "page": "Page",
    "when": "When",
    "what": "What happened",
    "table": "The ledger, entry by entry",
    "chain": "Whether anything was changed",
    "seq": "No.",
    "at": "At (UTC)",
    "actor": "Who",
    "action": "Did",
    "subject": "To what",
    "outcome": "Outcome",
    "hash": "Hash",
}
HOW = (
    "Each entry was written as it happened and holds the SHA-256 of the one before it, so nothing can be changed, "
    "taken out or put in without breaking the chain. The evidence that was sealed names its length and head, signed; "
    "to compare: farewell audit verify. The hashes below are the first twelve characters of each entry's own."
)
_SHOWN = 12


def print_story(entries: Sequence[LedgerEntry], zone: tzinfo) -> bytes:
    """Dated by the last entry and not by the clock, so that equal entries give equal bytes."""
    case = entries[0].case
    title = f"The exit of {case.rpartition('-')[0]}"
    paper = {
        "words": WORDS,
        "title": title,
        "foot": f"Audit · {breakable(case)}",
        "company": "Farewell",
        "language": "en",
        "country": "GB",
        "about": _about(entries),
        "opening": _said(summary(entries, zone)),
        "chapters": [_chapter(each) for each in chapters(entries, zone)],
        "verdict": breakable(verdict(entries)),
        "how": HOW,
        "entries": [_row(entry) for entry in entries],
    }
    return pressed("story", paper, entries[-1].at)


def _about(entries: Sequence[LedgerEntry]) -> list[dict[str, str]]:
    told = {
        "Case": breakable(entries[0].case),
        "Entries in its ledger": str(len(entries)),
        "First entry": f"{entries[0].at.astimezone(UTC):%Y-%m-%d %H:%M %Z}",
        "Last entry": f"{entries[-1].at.astimezone(UTC):%Y-%m-%d %H:%M %Z}",
    }
    return [{"label": label, "value": value} for label, value in told.items()]


def _chapter(chapter: Chapter) -> dict[str, Any]:
    lines = [{"at": line.at, "what": _said(line.what)} for line in chapter.lines]
    return {"heading": _said(chapter.heading), "lines": lines}


def _row(entry: LedgerEntry) -> dict[str, str]:
    cells = {name: _said(str(getattr(entry, name))) for name in ("seq", "actor", "action", "subject", "outcome")}
    outcome = entry.outcome if entry.attempt == 1 else f"{entry.outcome}, attempt {entry.attempt}"
    return {
        **cells,
        "outcome": outcome,
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "hash": entry.entry_sha256[:_SHOWN],
    }


def _said(text: str) -> str:
    return breakable(clean(text))
