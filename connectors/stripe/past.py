"""Orders that were taken back or replaced: a late attempt at one of them changes nothing."""

from hashlib import sha256

from connectors.stripe import marks
from connectors.stripe.marks import Marked

_MOST = 30  # that many fit into one value of metadata


def is_past(one: Marked, key: str) -> bool:
    """Whether the order `key` was taken back or replaced on it."""
    return short(key) in _names(one)


def past(one: Marked, *keys: str) -> dict[str, str]:
    """The metadata that says so of these orders."""
    known = dict.fromkeys([*_names(one), *(short(key) for key in keys if key)])
    return {marks.PAST: " ".join(list(known)[-_MOST:])}


def _names(one: Marked) -> list[str]:
    return marks.of(one).get(marks.PAST, "").split()


def short(key: str) -> str:
    """A key as metadata has room for it, many a value."""
    return sha256(key.encode()).hexdigest()[:12]
