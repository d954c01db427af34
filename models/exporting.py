"""What the export is asked, and what it answers."""

from typing import Self

from pydantic import model_validator

from models.case import PackageRef
from models.payload import EffectRequest, Payload

TRIALS_FROM = 1001


"""Trial exports count from here, so that no place, key or workflow id of theirs is ever that of a case's package."""


class ExportRequest(Payload):
    """The input of `ExportWorkflow`. `plan_hash` tells which plan's data sets are meant.

    A `trial` is made while the account is live: it proves the way, and nothing of the case waits for it.
    """

    case: str
    account: str
    generation: int
    plan_hash: str
    trial: bool = False

    @model_validator(mode="after")
    def _counted_apart(self) -> Self:
        if self.trial != (self.generation >= TRIALS_FROM):
            raise ValueError(f"generation {self.generation}: trials, and only they, count from {TRIALS_FROM}")
        return self


class PackageRequest(EffectRequest):
    """An effect on the package of this generation."""

    plan_hash: str

    @property
    def is_trial(self) -> bool:
        """Whether the package is that of a trial."""
        return self.generation >= TRIALS_FROM


class PackagePlan(Payload):
    """The names of the parts, in the order of the inventory."""

    data_sets: tuple[str, ...]
    file_sets: tuple[str, ...]


class PartRequest(PackageRequest):
    """One file set, by `subject`."""


class PackagedFile(Payload):
    """One file of the package. `path` is relative to the bag; `rows` is None for attachments."""

    path: str
    size_bytes: int
    sha256: str
    rows: int | None = None


class PartResult(Payload):
    """What one part came to; attachments, and which are `missing`, are listed in the package, not here."""

    name: str
    files: int
    rows: int
    size_bytes: int
    missing: int = 0


class TablesResult(Payload):
    """All data sets and reference sets, in the order of the plan."""

    parts: tuple[PartResult, ...]


class CommitRequest(PackageRequest):
    """Writes what describes the parts, the tag manifest last."""

    parts: tuple[PartResult, ...]


class PackageResult(Payload):
    """A package that was read back, rehashed and recounted."""

    package: PackageRef
