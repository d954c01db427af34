"""Tells a case's story from its ledger, to somebody who has never seen a workflow engine. Source: DOMAIN audit.1."""

import textwrap
from collections.abc import Sequence
from datetime import UTC, tzinfo
from itertools import groupby

from commands.story_words import ACTIONS, ASKED, FOLLOW_UPS, MANY, NO_SUBJECT, ORDINALS, STAGES, STAYED, WHO
from models.ledger import LedgerEntry
from models.vocabulary import MailKind, Stage
from rules.chain import first_fault

_WIDTH = 110
_LATER = frozenset({MailKind.THANKS, MailKind.SURVEY_REMINDER, MailKind.COME_BACK})
_ENDINGS = frozenset(STAGES[end] for end in STAYED)


def tell(entries: Sequence[LedgerEntry], zone: tzinfo | None = None) -> str:
    """How it ended, then what happened stage by stage, the follow-ups last; times in `zone`, or in UTC.

    Retries are folded into the attempt that counted, runs of one action into one line.
    """
    if not entries:
        return "The ledger of this case is empty."
    zone = zone or UTC
    lines = [_summary(entries, zone)]
    for heading, chapter in _chapters([entry for entry in entries if not _follows_up(entry)]):
        told = _told(chapter, zone)
        lines += ["", heading, *told] if told or heading in _ENDINGS else []
    if told := _told([entry for entry in entries if _follows_up(entry)], zone):
        lines += ["", FOLLOW_UPS, *told]
    return "\n".join([*lines, "", _verdict(entries)])


def _summary(entries: Sequence[LedgerEntry], zone: tzinfo) -> str:
    """Who left or paused, from when to when, how it ended."""
    account = entries[0].case.rpartition("-")[0]
    asked = f"The exit of {account} was asked for on {_day(entries[0], zone)}"
    paused = next((e for e in entries if e.stage == Stage.PAUSED), None)
    if paused:
        asked = f"{account} paused on {_day(paused, zone)}"
    closed = next((e for e in entries if (e.action, e.outcome) == ("close_case", "done")), None)
    if closed:
        gone = f"{asked}, and {account} was gone on {_day(closed, zone)}"
        return f"{gone}: its data erased and counted again, the certificate signed, the evidence sealed."
    ended = next((e for e in entries if e.stage in STAYED), None)
    if ended:
        return f"{asked}, and {account} stayed: on {_day(ended, zone)} {STAYED[ended.stage]}."
    last = [entry for entry in entries if not _follows_up(entry)][-1:]
    where = "".join(f" Where it stands: {STAGES.get(entry.stage, entry.stage)}." for entry in last)
    return f"{asked}.{where}"


def _follows_up(entry: LedgerEntry) -> bool:
    """Whether it is of the follow-ups, which run beside the stages and outlive them."""
    return entry.action in {"plan_follow_ups", "end_follow_ups", "stop_follow_ups"} or entry.subject in _LATER


def _chapters(entries: Sequence[LedgerEntry]) -> list[tuple[str, list[LedgerEntry]]]:
    """The entries by stage, in the order in which the case came to them: what runs beside a later one is told there.

    After a pause a case may come to the same stages once more: then its record says so.
    """
    chapters, ever, since_pause = list[list[LedgerEntry]](), set[str](), set[str]()
    for entry in entries:
        recorded = entry.action == "record_stage"
        if entry.stage not in ever or (recorded and entry.stage not in since_pause):
            chapters.append([])
            since_pause = {entry.stage, *(() if entry.stage == Stage.PAUSED else since_pause)}
        ever.add(entry.stage)
        chapters[-1].append(entry)
    return [(STAGES.get(chapter[0].stage, chapter[0].stage), chapter) for chapter in chapters]


def _told(entries: list[LedgerEntry], zone: tzinfo) -> list[str]:
    """A line for each entry that counts, or for a run of them."""
    runs = [list(run) for _, run in groupby(_counted(entries), key=_kind)]
    return [
        line for run in runs for line in _wrapped(f"{run[0].at.astimezone(zone):%Y-%m-%d %H:%M %Z}", _sentence(run))
    ]


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
    smooth = entry.action in MANY and entry.outcome == "done" and entry.attempt == 1
    return (entry.actor, entry.action, None if smooth else entry.seq)


def _sentence(run: list[LedgerEntry]) -> str:
    entry = run[0]
    who, what = WHO.get(entry.actor, entry.actor), ACTIONS.get(entry.action, entry.action.replace("_", " "))
    if len(run) > 1:
        return f"{who} {MANY[entry.action].format(len(run))}: {', '.join(each.subject for each in run)}"
    if entry.outcome == "refused":
        return f"{who} asked to {ASKED.get(entry.action, entry.action.replace('_', ' '))} and was refused by a rule"
    failed = ": FAILED" if entry.outcome == "failed" else ""
    return f"{who} {what}{_subject(entry)}{failed}{_attempts(entry)}"


def _subject(entry: LedgerEntry) -> str:
    if entry.subject == NO_SUBJECT:
        return ""
    return f" ({entry.subject.replace('_', ' ') if entry.action == 'send_message' else entry.subject})"


def _attempts(entry: LedgerEntry) -> str:
    if entry.attempt == 1:
        return ""
    if entry.attempt < len(ORDINALS):
        return f", at the {ORDINALS[entry.attempt]} attempt"
    return f", at attempt {entry.attempt}"


def _day(entry: LedgerEntry, zone: tzinfo) -> str:
    return entry.at.astimezone(zone).strftime("%-d %B %Y")


def _wrapped(at: str, sentence: str) -> list[str]:
    start = f"  {at}  "
    return textwrap.wrap(
        sentence,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _verdict(entries: Sequence[LedgerEntry]) -> str:
    fault = first_fault(entry.model_dump(mode="json") for entry in entries)
    if fault:
        return f"THE CHAIN IS BROKEN at entry {fault.seq}: {fault.why}."
    return f"The chain of {len(entries)} entries verifies; its head is {entries[-1].entry_sha256}."
