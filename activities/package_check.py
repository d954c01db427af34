"""Reads a package back from the bucket and says what differs from what was written. Nothing found: it's whole."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from activities.pack import MANIFEST, TAG_MANIFEST
from activities.package_description import DATA
from activities.package_parts import PackageParts
from activities.package_place import PackagePlace
from activities.package_rows import rows_of
from activities.pulse import beat
from activities.together import Together
from connectors.errors import NotFound
from models.exporting import PackagedFile

DESCRIPTION = f"{DATA}datapackage.json"
READERS = 2  # one that waits for the bucket, one that reckons


def manifest_entries(manifest: bytes) -> dict[str, str]:
    """The digests of a manifest by path."""
    lines = (line.partition("  ") for line in manifest.decode(errors="replace").splitlines())
    return {path: digest for digest, _, path in lines}


class PackageCheck:
    """One reading of all of a package. `weighed` is what was really read, by path."""

    def __init__(self, place: PackagePlace, parts: PackageParts) -> None:
        """`parts` are what should be there."""
        self._place, self._parts = place, parts
        self._together = Together(READERS, lambda: beat(len(self.weighed)))
        self.weighed: dict[str, PackagedFile] = {}

    def findings(self) -> Iterator[str]:
        """Every file against the manifests, the listing, the description, and the source's own count."""
        tags = manifest_entries(self._get(TAG_MANIFEST))
        listed = {**tags, **manifest_entries(self._get(MANIFEST))}
        self._together.each(self._weigh, listed)
        for path, digest in listed.items():
            yield from self._differs(path, digest)
        yield from self._unlisted({*listed, TAG_MANIFEST})
        for resource in self._resources():
            yield from self._misdescribed(resource)
        yield from self._unlike_the_source()

    def _weigh(self, path: str) -> None:
        """What isn't there isn't weighed."""
        digest, sizes = hashlib.sha256(), [0]

        def told() -> Iterator[bytes]:
            for chunk in self._place.objects.read(self._place.bucket, self._place.key(path)):
                self._together.check()
                digest.update(chunk)
                sizes[0] += len(chunk)
                yield chunk

        chunks = told()
        try:
            rows = rows_of(path, chunks)
            for _ in chunks:  # what can't be unpacked, or has no rows, is read to its end all the same
                pass
        except NotFound:
            return
        self.weighed[path] = PackagedFile(path=path, size_bytes=sizes[0], sha256=digest.hexdigest(), rows=rows)

    def _differs(self, path: str, digest: str) -> Iterator[str]:
        read = self.weighed.get(path)
        if read is None:
            yield f"{path} is in the manifest, but not in the bucket"
        elif read.sha256 != digest:
            yield f"{path} has SHA-256 {read.sha256[:12]}…, the manifest says {digest[:12]}…"

    def _unlisted(self, listed: set[str]) -> Iterator[str]:
        for key, _ in self._place.objects.list(self._place.bucket, self._place.prefix):
            path = key.removeprefix(self._place.prefix)
            if path not in listed:
                yield f"{path} is in the bucket, but not in the manifest"

    def _misdescribed(self, resource: dict[str, Any]) -> Iterator[str]:
        read = self.weighed.get(DATA + resource["path"])
        if read is None:
            yield f"{resource['name']} is described, but its file isn't in the manifest"
        elif (read.size_bytes, read.rows) != (resource["bytes"], resource["rows"]):
            said = f"{resource['bytes']} bytes and {resource['rows']} rows"
            yield f"{read.path} has {read.size_bytes} bytes and {read.rows} rows, its description says {said}"
        elif f"sha256:{read.sha256}" != resource["hash"]:
            yield f"{read.path} has another SHA-256 than its description says"

    def _resources(self) -> list[dict[str, Any]]:
        """Those of the description; a damaged one is a finding by its digest already."""
        try:
            resources: list[dict[str, Any]] = json.loads(self._get(DESCRIPTION))["resources"]
        except (ValueError, KeyError, NotFound):
            return []
        return resources

    def _unlike_the_source(self) -> Iterator[str]:
        """The source itself isn't asked again: it was, at the very instant of the rows, and may have moved on."""
        for file in self._parts.files():
            if file.path not in self.weighed:
                yield f"{file.path} was written, but isn't in the manifest"
        for table in self._parts.tables.tables:
            read = self.weighed.get(table.file.path)
            if read and read.rows != table.counted:
                yield f"{read.path} has {read.rows} rows, {table.table} had {table.counted}"

    def _get(self, path: str) -> bytes:
        return self._place.objects.get(self._place.bucket, self._place.key(path))
