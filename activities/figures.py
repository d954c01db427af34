"""What mails tell in figures: the package, the purge, whom we asked to erase, and what is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from models.effects import PurgeResult
from models.payload import Payload
from models.plan import Commitments, Duties
from models.vocabulary import PROCESSORS


class Packaged(Payload):
    """The verified package, in the customer's words: `files` are their own, not those that describe the package.

    `missing` ones couldn't be read, and the package names them.
    """

    tables: int
    rows: int
    files: int
    size_bytes: int
    missing: int = 0


class Erased(Payload):
    """What the purge came to, over all data sets."""

    data_sets: int
    rows: int
    kept: int


class Asked(Payload):
    """A sub-processor that was asked to erase, by its `about` in every language, and whether it has confirmed."""

    about: dict[str, str]
    confirmed: bool


class Retained(Payload):
    """Data sets that are kept on one ground until one day, each by its `about` in every language."""

    sets: tuple[dict[str, str], ...]
    ground: str
    until: datetime


def retained(commitments: Commitments, about: Mapping[str, Mapping[str, str]]) -> tuple[Retained, ...]:
    """What is kept, the soonest to go first, sets of one ground and one day together; `about` describes each set."""
    kept = sorted((duty for duty in commitments.data_sets if duty.until), key=_grounds)
    return tuple(
        Retained(
            sets=tuple(dict(about.get(duty.name) or {"": duty.name}) for duty in duties), ground=ground, until=until
        )
        for (until, ground), duties in groupby(kept, key=_grounds)
    )


def _grounds(duty: Duties) -> tuple[Any, str]:
    return duty.until, duty.ground or ""


def packaged(documents: Sequence[Mapping[str, Any]]) -> Packaged | None:
    """By the newest of these manifests."""
    if not documents:
        return None
    manifest = documents[-1]
    return Packaged(
        tables=len(manifest["data_sets"]),
        rows=manifest["rows"],
        files=sum(each["files"] for each in manifest["file_sets"]),
        size_bytes=manifest["size_bytes"],
        missing=manifest.get("missing", 0),
    )


def erased(documents: Sequence[Mapping[str, Any]]) -> Erased | None:
    """What sub-processors were asked for is told apart."""
    told = [PurgeResult.model_validate(each) for each in documents]
    results = [each for each in told if not each.name.startswith(PROCESSORS)]
    if not results:
        return None
    return Erased(
        data_sets=len(results), rows=sum(each.erased for each in results), kept=sum(each.kept for each in results)
    )
