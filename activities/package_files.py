"""The attachments of a package: copied on the server's side, read back, and never silently left out."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath

from activities.package_place import PackagePlace
from activities.package_table import csv_line, quoted
from activities.package_values import NULL
from activities.pulse import beat
from connectors.errors import NotFound, Rejected
from models.effects import PackagedFile
from models.package import Attached

INDEX_COLUMNS = ("key", "path", "size_bytes", "sha256", "missing")
# What some file system refuses, or what BagIt and its readers spell in different ways.
_ODD = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\%]|^\.{1,2}$|^$|[ .]$')
_LONGEST = 200  # bytes of a name; file systems end at 255


def safe_paths(names: list[str]) -> dict[str, str]:
    """A path under a folder for every name: the name itself where any file system can hold it and no other needs it."""
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    return {name: _safe(name, taken=name in folders) for name in names}


def index(attached: tuple[Attached, ...]) -> bytes:
    """The list of the files as CSV, those that are missing too."""
    return b"".join([csv_line(INDEX_COLUMNS), *(csv_line(_entry(each)) for each in attached)])


class Attachments:
    """Copies the files of one set, one by one; a second run copies them again to the same places."""

    def __init__(self, place: PackagePlace, bucket: str, folder: str) -> None:
        """`bucket` is the product's, `folder` where the copies go within the bag."""
        self._place, self._bucket, self._folder = place, bucket, folder

    def copied(self, prefix: str, keys: list[str]) -> Iterator[Attached]:
        """Every key of the product's bucket, copied or missing; those outside `prefix` belong to somebody else."""
        paths = safe_paths([key.removeprefix(prefix) for key in keys if key.startswith(prefix)])
        for key in keys:
            beat()
            if key.startswith(prefix):
                yield self._copy(key, f"{self._folder}/{paths[key.removeprefix(prefix)]}")
            else:
                yield Attached(key=key, missing="outside of the account's files")

    def _copy(self, key: str, path: str) -> Attached:
        try:
            self._place.objects.copy((self._bucket, key), (self._place.bucket, self._place.key(path)))
        except NotFound:
            return Attached(key=key, missing="not found")
        except Rejected:
            return Attached(key=key, missing="not readable")
        digest, size = hashlib.sha256(), 0
        for chunk in self._place.objects.read(self._place.bucket, self._place.key(path)):
            beat()
            digest.update(chunk)
            size += len(chunk)
        return Attached(key=key, file=PackagedFile(path=path, size_bytes=size, sha256=digest.hexdigest()))


def _safe(name: str, *, taken: bool) -> str:
    parts = name.split("/")
    fine = all(_ODD.search(part) is None and len(part.encode()) <= _LONGEST for part in parts)
    if fine and not taken and unicodedata.is_normalized("NFC", name):
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:12]
    last = PurePosixPath(_ODD.sub("_", parts[-1]) or "_")
    stem = last.stem.encode()[: _LONGEST // 2].decode(errors="ignore")
    return f"renamed/{mark}-{unicodedata.normalize('NFC', stem)}{last.suffix[:16]}"


def _entry(each: Attached) -> list[str]:
    found = [each.file.path, str(each.file.size_bytes), each.file.sha256] if each.file else [NULL, NULL, NULL]
    missing = quoted(each.missing) if each.missing else NULL
    return [quoted(each.key), *(cell if cell == NULL else quoted(cell) for cell in found), missing]
