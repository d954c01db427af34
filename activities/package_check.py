"""Reads a package back from the bucket and says what differs from what was written. Nothing found: it's whole."""

import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from activities.pack import MANIFEST, TAG_MANIFEST
from activities.package_description import DATA
from activities.package_place import PackagePlace
from activities.package_table import GZIP, RowCounter
from connectors.errors import NotFound
from models.effects import PackagedFile

DESCRIPTION = f"{DATA}datapackage.json"
_INDEX = re.compile(DATA + r"files/[^/]+\.csv")
_UNPACKED_AT_ONCE = 4 * 1024 * 1024


def manifest_entries(manifest: bytes) -> dict[str, str]:
    """The digests of a manifest by path."""
    lines = (line.partition("  ") for line in manifest.decode(errors="replace").splitlines())
    return {path: digest for digest, _, path in lines}


class PackageCheck:
    """One reading of all of a package. `weighed` is what was really read, by path."""

    def __init__(self, place: PackagePlace, beat: Callable[[], object]) -> None:
        """`beat` is called for every megabyte."""
        self._place, self._beat = place, beat
        self.weighed: dict[str, PackagedFile] = {}

    def findings(self) -> Iterator[str]:
        """Every file against the manifests, the listing and the description."""
        tags = manifest_entries(self._get(TAG_MANIFEST))
        payload = manifest_entries(self._get(MANIFEST))
        for path, digest in {**tags, **payload}.items():
            yield from self._differs(path, digest)
        yield from self._unlisted({*tags, *payload, TAG_MANIFEST})
        for resource in self._resources():
            yield from self._misdescribed(resource)

    def _differs(self, path: str, digest: str) -> Iterator[str]:
        try:
            read = self._weigh(path)
        except NotFound:
            yield f"{path} is in the manifest, but not in the bucket"
            return
        self.weighed[path] = read
        if read.sha256 != digest:
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
        except (ValueError, KeyError):
            return []
        return resources

    def _weigh(self, path: str) -> PackagedFile:
        digest, sizes = hashlib.sha256(), [0]
        rows = _rows_in(path, self._told(path, digest.update, sizes))
        return PackagedFile(path=path, size_bytes=sizes[0], sha256=digest.hexdigest(), rows=rows)

    def _told(self, path: str, update: Callable[[bytes], None], sizes: list[int]) -> Iterator[bytes]:
        """The chunks of a file, weighed on their way."""
        for chunk in self._place.objects.read(self._place.bucket, self._place.key(path)):
            self._beat()
            update(chunk)
            sizes[0] += len(chunk)
            yield chunk

    def _get(self, path: str) -> bytes:
        return self._place.objects.get(self._place.bucket, self._place.key(path))


def _rows_in(path: str, chunks: Iterator[bytes]) -> int | None:
    """The rows of a table, None for other files; -1 when it can't be unpacked. Reads to the end in any case."""
    rows = rows_of(path, chunks)
    for _ in chunks:
        pass
    return rows


def rows_of(path: str, chunks: Iterable[bytes]) -> int | None:
    """The rows of a table or an index of files, None for other files; -1 when it can't be unpacked."""
    if path.startswith(f"{DATA}tables/"):
        chunks = _unpacked(chunks)
    elif not _INDEX.fullmatch(path):
        return None
    counter = RowCounter()
    try:
        for piece in chunks:
            counter.feed(piece)
    except zlib.error:
        return -1
    return counter.rows


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Gunzips, of one or more members, a bounded piece at a time."""
    unpacking = zlib.decompressobj(wbits=GZIP)
    for chunk in chunks:
        left = chunk
        while left:
            yield unpacking.decompress(left, _UNPACKED_AT_ONCE)
            left = unpacking.unconsumed_tail or unpacking.unused_data
            if unpacking.eof:
                unpacking = zlib.decompressobj(wbits=GZIP)
    yield unpacking.flush()
