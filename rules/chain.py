"""The ledger's chain, recomputed. Source: DOMAIN audit.2; CONTRACTS, Forms."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from models.ledger import FIRST_PREVIOUS, entry_sha256


class Fault(NamedTuple):
    """The first entry, by its place in the ledger from 1, where the chain doesn't hold, and why."""

    seq: int
    why: str


def first_fault(entries: Iterable[dict[str, Any]], begins: int = 1, previous: str = FIRST_PREVIOUS) -> Fault | None:
    """Where a chain of entries, as JSON and in order, first breaks, or None.

    It begins with entry `begins`, after the one whose hash is `previous`. A cut tail is no break of the chain: the
    signed head tells of it.
    """
    for place, entry in enumerate(entries, start=begins):
        why = _fault(entry, place, previous)
        if why:
            return Fault(place, why)
        previous = entry["entry_sha256"]
    return None


def _fault(entry: dict[str, Any], place: int, previous: str) -> str | None:
    if entry.get("seq") != place:
        return f"entry {entry.get('seq')} stands in the place of entry {place}"
    if entry.get("prev_sha256") != previous:
        return "it doesn't follow the entry before it"
    try:
        content = entry_sha256(entry)
    except ValueError:  # a number that canonical JSON doesn't carry, so none that we wrote
        content = None
    return None if content and entry.get("entry_sha256") == content else "its content isn't what its hash says"
