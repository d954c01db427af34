"""Tells a case's story from its ledger, to somebody who has never seen a workflow engine. Source: DOMAIN audit.1."""

import textwrap
from collections.abc import Sequence
from datetime import UTC, tzinfo

from commands.story_chapters import Line, chapters, follows_up
from commands.story_words import STAGES, STAYED
from models.ledger import LedgerEntry
from models.vocabulary import Stage
from rules.chain import first_fault

_WIDTH = 110
EMPTY = "The ledger of this case is empty."


def tell(entries: Sequence[LedgerEntry], zone: tzinfo | None = None) -> str:
    """How it ended, then what happened stage by stage, the follow-ups last; times in `zone`, or in UTC."""
    if not entries:
        return EMPTY
    lines = [summary(entries, zone or UTC)]
    for heading, told in chapters(entries, zone or UTC):
        lines += ["", heading, *(line for each in told for line in _wrapped(each))]
    return "\n".join([*lines, "", verdict(entries)])


def summary(entries: Sequence[LedgerEntry], zone: tzinfo) -> str:
    """Who left or paused, from when to when, how it ended."""
    account = entries[0].case.rpartition("-")[0]
    asked = f"The exit of {account} was asked for on {_day(entries[0], zone)}"
    paused = next((e for e in entries if e.stage == Stage.PAUSED), None)
    if paused:
        asked = f"{account} paused on {_day(paused, zone)}"
    closed = next((e for e in entries if (e.action, e.outcome) == ("close_case", "done")), None)
    if closed:
        return f"{asked}, and {account} was gone on {_day(closed, zone)}: {_proven(entries)}.{_since(entries, zone)}"
    ended = next((e for e in entries if e.stage in STAYED), None)
    if ended:
        return f"{asked}, and {account} stayed: on {_day(ended, zone)} {STAYED[ended.stage]}."
    last = [entry for entry in entries if not follows_up(entry)][-1:]
    where = "".join(f" Where it stands: {STAGES.get(entry.stage, entry.stage)}." for entry in last)
    return f"{asked}.{where}"


def verdict(entries: Sequence[LedgerEntry]) -> str:
    """Whether the chain holds, and its head."""
    fault = first_fault(entry.model_dump(mode="json") for entry in entries)
    if fault:
        return f"THE CHAIN IS BROKEN at entry {fault.seq}: {fault.why}."
    return f"The chain of {len(entries)} entries verifies; its head is {entries[-1].entry_sha256}."


def _proven(entries: Sequence[LedgerEntry]) -> str:
    """What was done to the end, and nothing that no entry tells of."""
    done = {entry.action for entry in entries if entry.outcome == "done"}
    key = "its own key destroyed, " if "destroy_account_key" in done else ""
    return f"its data erased and counted again, {key}the certificate signed, the evidence sealed"


def _since(entries: Sequence[LedgerEntry], zone: tzinfo) -> str:
    sealed = [entry for entry in entries if (entry.action, entry.outcome) == ("seal_supplement", "done")]
    if not sealed:
        return ""
    many = f"{len(sealed)} supplements were" if len(sealed) > 1 else "one supplement was"
    return f" Since then {many} sealed, the last on {_day(sealed[-1], zone)}."


def _day(entry: LedgerEntry, zone: tzinfo) -> str:
    return entry.at.astimezone(zone).strftime("%-d %B %Y")


def _wrapped(line: Line) -> list[str]:
    start = f"  {line.at}  "
    return textwrap.wrap(
        line.what,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
