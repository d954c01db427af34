"""A ledger by stage, in sentences. Source: DOMAIN audit.1."""

from collections.abc import Sequence
from datetime import tzinfo
from itertools import groupby
from typing import NamedTuple

from commands.story_words import (
    ACTIONS,
    ASK_PROCESSOR,
    ASKED,
    FOLLOW_UPS,
    MANY,
    NO_SUBJECT,
    ORDINALS,
    STAGES,
    STAYED,
    SUBJECTS,
    WHO,
)
from models.ledger import LedgerEntry
from models.vocabulary import PROCESSORS, MailKind, Stage

_LATER = frozenset({MailKind.THANKS, MailKind.SURVEY_REMINDER, MailKind.COME_BACK})
_THEIRS = frozenset({"plan_follow_ups", "end_follow_ups", "stop_follow_ups"})
_ENDINGS = frozenset(STAGES[end] for end in STAYED)


class Line(NamedTuple):
    """What happened at an instant, which is written in the clock of the reader."""

    at: str
    what: str


class Chapter(NamedTuple):
    """A stage of the case, and what happened in it."""

    heading: str
    lines: list[Line]


NOT_WRITTEN = {
    "later": "kept a message to the customer for an hour at which it may arrive",
    "skipped": "did not write to the customer",
    "to_call": "left a message to the customer for somebody to say on the phone",
}
ANSWERED = {"reply": "answered a message", "opt_out": "opted out", "complaint": "complained of a message"}
_OF_MESSAGES = frozenset({"send_message", "note_call", "message_heard"})
"""Their subject is a kind of message, and what became of it."""


def chapters(entries: Sequence[LedgerEntry], zone: tzinfo) -> list[Chapter]:
    """By stage, in the order in which the case came to them: what runs beside a later one is told there.

    Retries are folded into the attempt that counted, runs of one action into one line.
    """
    by_stage = _by_stage([entry for entry in entries if not follows_up(entry)])
    later = (FOLLOW_UPS, [entry for entry in entries if follows_up(entry)])
    told = [Chapter(heading, _told(chapter, zone)) for heading, chapter in (*by_stage, later)]
    return [chapter for chapter in told if chapter.lines or chapter.heading in _ENDINGS]


def follows_up(entry: LedgerEntry) -> bool:
    """Whether it is of the follow-ups, which run beside the stages and outlive them."""
    lets_go = entry.action == "release_key" and entry.stage != Stage.CLOSED  # the closing lets go of its own
    return lets_go or entry.action in _THEIRS or entry.subject in _LATER


def _by_stage(entries: Sequence[LedgerEntry]) -> list[tuple[str, list[LedgerEntry]]]:
    """After a pause a case may come to the same stages once more: then its record says so."""
    chapters, ever, since_pause = list[list[LedgerEntry]](), set[str](), set[str]()
    for entry in entries:
        recorded = entry.action == "record_stage"
        if entry.stage not in ever or (recorded and entry.stage not in since_pause):
            chapters.append([])
            since_pause = {entry.stage, *(() if entry.stage == Stage.PAUSED else since_pause)}
        ever.add(entry.stage)
        chapters[-1].append(entry)
    return [(STAGES.get(chapter[0].stage, chapter[0].stage), chapter) for chapter in chapters]


def _told(entries: list[LedgerEntry], zone: tzinfo) -> list[Line]:
    """A line for each entry that counts, or for a run of them."""
    runs = [list(run) for _, run in groupby(_counted(entries), key=_kind)]
    return [Line(f"{run[0].at.astimezone(zone):%Y-%m-%d %H:%M %Z}", _sentence(run)) for run in runs]


def _counted(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """Without what the headings say, and without the attempts that a later attempt at the same replaced."""
    return [
        entry
        for place, entry in enumerate(entries)
        if not _said_by_heading(entry) and not _replaced(entry, entries[place + 1 :])
    ]


def _said_by_heading(entry: LedgerEntry) -> bool:
    return (entry.action, entry.outcome) == ("record_stage", "done")


def _replaced(entry: LedgerEntry, later: list[LedgerEntry]) -> bool:
    """Whether the next entry of the same effect is its next attempt; a fresh start begins with attempt 1."""
    following = next((e for e in later if (e.action, e.subject) == (entry.action, entry.subject)), None)
    return following is not None and following.attempt > entry.attempt


def _kind(entry: LedgerEntry) -> tuple[object, ...]:
    """What makes a run: all that was done at once in the same way; anything else stands alone."""
    smooth = _action(entry) in MANY and entry.outcome == "done" and entry.attempt == 1
    return (entry.actor, _action(entry), None if smooth else entry.seq)


def _action(entry: LedgerEntry) -> str:
    """To purge a sub-processor is to ask it."""
    asks = entry.action == "purge" and entry.subject.startswith(PROCESSORS)
    return ASK_PROCESSOR if asks else entry.action


def _sentence(run: list[LedgerEntry]) -> str:
    entry, action = run[0], _action(run[0])
    who, what = WHO.get(entry.actor, entry.actor), ACTIONS.get(action, action.replace("_", " "))
    if len(run) > 1:
        return (
            f"{who} {MANY[action].format(len(run))}: {', '.join(each.subject.removeprefix(PROCESSORS) for each in run)}"
        )
    if entry.outcome == "refused":
        return f"{who} asked to {ASKED.get(action, action.replace('_', ' '))} and was refused by a rule"
    failed = ": FAILED" if entry.outcome == "failed" else ""
    if entry.action == "send_message" and ":" in entry.subject:
        what = NOT_WRITTEN.get(entry.subject.split(":")[1], what)
    elif entry.action == "message_heard":
        what = ANSWERED.get(entry.subject.rpartition(":")[2], what)
    return f"{who} {what}{_subject(entry)}{failed}{_attempts(entry)}"


def _subject(entry: LedgerEntry) -> str:
    if entry.subject == NO_SUBJECT:
        return ""
    if entry.action in _OF_MESSAGES:
        return f" ({entry.subject.replace('_', ' ').replace(':', ', ')})"
    return f" ({SUBJECTS.get(entry.subject, entry.subject).removeprefix(PROCESSORS)})"


def _attempts(entry: LedgerEntry) -> str:
    if entry.attempt == 1:
        return ""
    if entry.attempt < len(ORDINALS):
        return f", at the {ORDINALS[entry.attempt]} attempt"
    return f", at attempt {entry.attempt}"
