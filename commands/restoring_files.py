"""The attachments of a package, back into the product's bucket under their old keys, never over other bytes."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from connectors.errors import Rejected
from connectors.ports.storage import ObjectStore
from connectors.product_restore_rows import csv_rows

INDEX_COLUMNS = ("key", "path", "size_bytes", "sha256", "missing")
_BLOCK_BYTES = 1024 * 1024
_FILES = Path("data", "files")


class Attachment(NamedTuple):
    """A file of the package, and the key that it had."""

    key: str
    file: Path
    size_bytes: int
    sha256: str


class Attachments:
    """Those of the package in `folder`, listed by `indexes`; `bucket` is the product's. Nothing is remembered."""

    def __init__(self, objects: ObjectStore, bucket: str, folder: Path, indexes: tuple[str, ...]) -> None:
        """The paths of `indexes` are relative to `data/`."""
        self._objects, self._bucket = objects, bucket
        self._folder, self._indexes = folder, indexes

    def conflicts(self) -> list[str]:
        """Keys under which other bytes stand, a line each."""
        other = (each for each in self._all() if self._stands(each) is False)
        return [f"{self._bucket}/{each.key}: another file stands under this key" for each in other]

    def upload(self) -> None:
        """Brings those that aren't there; raises Conflict."""
        for each in self._all():
            if not self._stands(each):
                self._objects.upload(self._bucket, each.key, _blocks(each.file))

    def _all(self) -> Iterator[Attachment]:
        for path in self._indexes:
            with (self._folder / "data" / path).open("rb") as lines:
                for key, file, size_bytes, sha256, _ in csv_rows(lines, INDEX_COLUMNS):
                    if key and file:
                        yield Attachment(key, self._within(file), int(size_bytes or 0), sha256 or "")

    def _within(self, path: str) -> Path:
        file = (self._folder / path).resolve()
        if not file.is_relative_to((self._folder / _FILES).resolve()):
            raise Rejected("export package", f"{path} lies outside of its files", "restore a package of Farewell's")
        return file

    def _stands(self, attachment: Attachment) -> bool | None:
        """Whether it's these bytes that stand under the key; None: nothing does."""
        listed = self._objects.list(self._bucket, attachment.key)
        sizes = [size for key, size in listed if key == attachment.key]
        if not sizes:
            return None
        return sizes == [attachment.size_bytes] and self._digest(attachment.key) == attachment.sha256

    def _digest(self, key: str) -> str:
        digest = hashlib.sha256()
        for chunk in self._objects.read(self._bucket, key):
            digest.update(chunk)
        return digest.hexdigest()


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from iter(partial(opened.read, _BLOCK_BYTES), b"")
