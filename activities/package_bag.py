"""What makes files a package: the description, the README and BagIt's tag files, the tag manifest last.

Source: CONTRACTS, Export package; RFC 8493.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activities.pack import TAG_MANIFEST, Weight, pretty, tags, weigh
from activities.package_check import DESCRIPTION
from activities.package_description import DATA, described
from activities.package_place import PackagePlace
from activities.package_words import Readme
from connectors.errors import NotFound
from models.effects import PackagedFile
from models.package import FilesPart, TablePart


class PackageParts:
    """All parts of a package, as they were written."""

    def __init__(self, tables: Sequence[TablePart], file_sets: Sequence[FilesPart]) -> None:
        """In the order of the plan."""
        self.tables, self.file_sets = tables, file_sets

    def files(self) -> list[PackagedFile]:
        """Every file of the payload but the description and the README."""
        return [
            *(part.file for part in self.tables),
            *(part.index for part in self.file_sets),
            *(copy for part in self.file_sets for copy in part.copies),
        ]


def is_committed(place: PackagePlace) -> bool:
    """Whether its tag manifest stands."""
    try:
        place.objects.get(place.bucket, place.key(TAG_MANIFEST))
    except NotFound:
        return False
    return True


def commit(
    place: PackagePlace, parts: PackageParts, readme: Readme, about: dict[str, dict[str, str]], at: datetime
) -> None:
    """Writes what describes the parts. The tag manifest, written once, is the commit point.

    Raises:
        Conflict: another package was committed in this place.
    """
    words = {name: said.get(readme.language, "") for name, said in about.items()}
    described_files = {
        DESCRIPTION: pretty(described(readme.case, at, parts.tables, parts.file_sets, words)),
        readme.path: readme.written(parts.tables, parts.file_sets, words),
    }
    weights = {file.path: Weight(file.sha256, file.size_bytes) for file in parts.files()}
    weights |= {path: weigh(body) for path, body in described_files.items()}
    bag = {**described_files, **tags(weights, readme.case, at)}
    last = bag.pop(TAG_MANIFEST)
    for path, body in bag.items():
        place.put(path, body)
    place.objects.put(place.bucket, place.key(TAG_MANIFEST), last, once=True)


def summary(
    place: PackagePlace, parts: PackageParts, weighed: dict[str, PackagedFile], generation: int, at: datetime
) -> dict[str, Any]:
    """A verified package in figures: those of `PackageRef`, and per part. `weighed` is what was read back."""
    payload = [file for path, file in weighed.items() if path.startswith(DATA)]
    tag_manifest = place.objects.get(place.bucket, place.key(TAG_MANIFEST))
    return {
        "location": place.location,
        "digest": f"sha256:{weigh(tag_manifest).sha256}",
        "generation": generation,
        "rows": sum(part.file.rows or 0 for part in parts.tables),
        "files": len(payload),
        "size_bytes": sum(file.size_bytes for file in payload),
        "verified_at": at.isoformat(),
        "data_sets": [{"name": part.name, **part.file.model_dump(mode="json")} for part in parts.tables],
        "file_sets": [_files_summary(part) for part in parts.file_sets],
    }


def _files_summary(part: FilesPart) -> dict[str, Any]:
    return {
        "name": part.name,
        "files": len(part.copies),
        "missing": len(part.attached) - len(part.copies),
        "size_bytes": sum(file.size_bytes for file in part.copies),
        "index_sha256": part.index.sha256,
    }
