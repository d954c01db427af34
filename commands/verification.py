"""Verifies a fetched package: a folder, no server, settings or database. Source: CONTRACTS, Export package."""

import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bagit

from activities.package_rows import rows_of

DATA, DESCRIPTION, TAG_MANIFEST = "data/", "data/datapackage.json", "tagmanifest-sha256.txt"
_CHUNK_BYTES = 1024 * 1024
# What bagit finds is returned as findings; without a handler it would print it, too.
logging.getLogger("bagit").addHandler(logging.NullHandler())


def verify_bag(folder: Path) -> list[str]:
    """What is wrong with a package, a line each; nothing means that every byte and every row is there."""
    if not (folder / TAG_MANIFEST).is_file():
        return [f"{folder} holds no finished package: {TAG_MANIFEST} is missing"]
    try:
        bag = bagit.Bag(str(folder))
    except (bagit.BagError, ValueError) as error:
        return [f"{folder} is no bag: {error}"]
    found = [*_lost_or_added(bag), *_changed(folder, bag), *_misdescribed(folder)]
    return found or list(_no_bag(bag))


def _lost_or_added(bag: Any) -> Iterator[str]:
    lost, added = bag.compare_manifests_with_fs()
    yield from (f"{path} is missing" for path in sorted(lost))
    yield from (f"{path} doesn't belong to the package" for path in sorted(added))


def _no_bag(bag: Any) -> Iterator[str]:
    """What else BagIt asks for; last, for its first finding (the sum of all sizes) names no file."""
    try:
        bag.validate(completeness_only=True)
    except bagit.BagValidationError as error:
        yield from (str(detail) for detail in error.details or [error])


def _changed(folder: Path, bag: Any) -> Iterator[str]:
    """Every file against both manifests."""
    for path, digests in sorted(bag.entries.items()):
        file = folder / path
        if file.is_file() and digests.get("sha256") != (found := _sha256(file)):
            yield f"{path} was changed: its SHA-256 is {found[:12]}…, not {str(digests.get('sha256'))[:12]}…"


def _misdescribed(folder: Path) -> Iterator[str]:
    try:
        resources = json.loads((folder / DESCRIPTION).read_bytes())["resources"]
        for resource in resources:
            yield from _differs(folder, DATA + resource["path"], resource)
    except OSError as error:
        yield f"{DESCRIPTION} can't be read: {error.strerror}"
    except (ValueError, KeyError, TypeError):
        yield f"{DESCRIPTION} is no description of a package"


def _differs(folder: Path, path: str, resource: dict[str, Any]) -> Iterator[str]:
    file = folder / path
    if not file.resolve().is_relative_to((folder / DATA).resolve()):
        yield f"{path} lies outside of the package"
    elif not file.is_file():
        yield f"{path} is described, but isn't there"
    elif file.stat().st_size != resource["bytes"]:
        yield f"{path} has {file.stat().st_size} bytes, not {resource['bytes']}"
    elif f"sha256:{_sha256(file)}" != resource["hash"]:
        yield f"{path} has another SHA-256 than its description says"
    elif (rows := rows_of(path, _chunks(file))) != resource["rows"]:
        yield f"{path} has {rows} rows, not {resource['rows']}"


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            yield chunk
