"""What makes files a package: the description, the README and BagIt's tag files, the tag manifest last.

Source: CONTRACTS, Export package; RFC 8493.
"""

from datetime import datetime
from typing import Any

from activities.pack import TAG_MANIFEST, Weight, pretty, tags, weigh
from activities.package_check import DESCRIPTION
from activities.package_description import DATA, described
from activities.package_parts import PackageParts
from activities.package_place import PackagePlace
from activities.package_words import Readme
from connectors.errors import NotFound
from models.exporting import PackagedFile
from models.package import FilesPart


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
        Rejected: a table isn't what was proven; another attempt has changed it meanwhile.
    """
    parts.refuse_changed(place)
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
        "instant": parts.tables.instant,
        "rows": sum(part.file.rows or 0 for part in parts.tables.tables),
        "files": len(payload),
        "missing": sum(part.missing for part in parts.file_sets),
        "size_bytes": sum(file.size_bytes for file in payload),
        "verified_at": at.isoformat(),
        "data_sets": [{"name": part.name, **part.file.model_dump(mode="json")} for part in parts.tables.tables],
        "file_sets": [_files_summary(part) for part in parts.file_sets],
    }


def _files_summary(part: FilesPart) -> dict[str, Any]:
    return {
        "name": part.name,
        "files": len(part.copies),
        "missing": part.missing,
        "size_bytes": sum(file.size_bytes for file in part.copies),
        "index_sha256": part.index.sha256,
    }
