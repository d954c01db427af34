"""What lies in a verified package: by its own manifests, and only if they are those that were verified."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from connectors.errors import Rejected
from connectors.ports.storage import ObjectStore

MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
KINDS = ("about", "tables", "files", "proof")
_PAYLOAD, _TABLES, _FILES = "data/", "data/tables/", "data/files/"
_SET_DEPTH = 3  # data/files/<set>/…
_CHANGED = ("the package isn't the one that was verified", "find out who changed it: farewell export verify LOCATION")


class PackageFile(NamedTuple):
    """A file of the package; `number` is its line in its manifest."""

    path: str
    size_bytes: int
    sha256: str
    number: int

    @property
    def kind(self) -> str:
        """`about` what describes the others, `tables`, `files`, or `proof`: BagIt's own."""
        for kind, prefix in (("tables", _TABLES), ("files", _FILES), ("about", _PAYLOAD)):
            if self.path.startswith(prefix):
                return kind
        return "proof"

    @property
    def subject(self) -> str:
        """How the ledger names it: attachments by their set and number, for their names may name people."""
        if self.kind != "files":
            return self.path
        return f"{'/'.join(self.path.split('/')[:_SET_DEPTH])}#{self.number}"


class Contents(NamedTuple):
    """A package's files by path, in the order of `KINDS`."""

    bucket: str
    prefix: str
    files: Mapping[str, PackageFile]

    @property
    def size_bytes(self) -> int:
        """All of it."""
        return sum(file.size_bytes for file in self.files.values())


def contents_of(objects: ObjectStore, manifest: Mapping[str, Any]) -> Contents:
    """The contents of the package that the document `manifest` tells of.

    Raises:
        NotFound: it is gone.
        Rejected: its tag manifest or its manifest isn't what was verified, or a file is missing.
    """
    bucket, _, prefix = str(manifest["location"]).removeprefix("s3://").partition("/")
    tag_manifest = objects.get(bucket, prefix + TAG_MANIFEST)
    listed = objects.get(bucket, prefix + MANIFEST)
    tags = {path: sha256 for sha256, path in _lines(tag_manifest)}
    if _sha256(tag_manifest) != str(manifest["digest"]).removeprefix("sha256:") or _sha256(listed) != tags[MANIFEST]:
        raise Rejected("export package", *_CHANGED)
    digests = [*((sha256, path) for sha256, path in _lines(listed)), *((sha256, path) for path, sha256 in tags.items())]
    digests.append((_sha256(tag_manifest), TAG_MANIFEST))
    sizes = {key.removeprefix(prefix): size for key, size in objects.list(bucket, prefix)}
    if missing := [path for _, path in digests if path not in sizes]:
        raise Rejected("export package", f"{len(missing)} files are missing", _CHANGED[1])
    found = [PackageFile(path, sizes[path], sha256, number) for number, (sha256, path) in enumerate(digests, 1)]
    return Contents(bucket, prefix, {file.path: file for file in sorted(found, key=_order)})


def _lines(manifest: bytes) -> Iterator[tuple[str, str]]:
    """SHA-256 and path; what the manifest spells with % is spelt out. Source: RFC 8493, 2.1.3."""
    for line in manifest.decode().split("\n"):
        sha256, _, path = line.partition("  ")
        if path:
            yield sha256, _within(path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%"))


def _within(path: str) -> str:
    """Whoever unpacks the ZIP must not write elsewhere."""
    if path.startswith("/") or ".." in path.split("/"):
        raise Rejected("export package", f"{path!r} would lie outside of it", _CHANGED[1])
    return path


def _order(file: PackageFile) -> tuple[int, str]:
    return KINDS.index(file.kind), file.path


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
