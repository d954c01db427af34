"""The attachments of a package: copied on the server's side, read back, and never silently left out."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from activities.package_paths import safe_paths
from activities.package_place import PackagePlace
from activities.package_text import NULL, csv_line, quoted
from activities.pulse import beat
from activities.together import Together
from connectors.errors import ConnectorError, NotFound, Rejected, Unauthorized
from models.exporting import PackagedFile
from models.package import Attached

INDEX_COLUMNS = ("key", "path", "size_bytes", "sha256", "missing")
NOT_FOUND, NOT_READABLE, OUTSIDE = "not found", "not readable", "outside of the account's files"
COPIES_AT_ONCE = 4


def index(attached: Iterable[Attached]) -> bytes:
    """The list of the files as CSV, those that are missing too."""
    return b"".join([csv_line(INDEX_COLUMNS), *(csv_line(_entry(each)) for each in attached)])


class Attachments:
    """The files of one set. A second run copies what doesn't stand yet, and reads all of it back."""

    def __init__(self, place: PackagePlace, bucket: str, folder: str) -> None:
        """`bucket` is the product's, `folder` where the copies go within the bag."""
        self._place, self._bucket, self._folder = place, bucket, f"{folder}/"
        self._together = Together(COPIES_AT_ONCE, lambda: beat(folder, len(self._attached)))
        self._attached: dict[str, Attached] = {}
        self._there: Mapping[str, int] = {}
        self._copied: Mapping[str, int] = {}

    def copied(self, prefix: str, listed: Iterable[str]) -> tuple[Attached, ...]:
        """Every file under `prefix`, and every key that is `listed` somewhere: copied, or missing and why.

        Only what the bucket's own listing shows is copied: a key that a row holds may be made to lead elsewhere.
        """
        objects = self._place.objects
        self._there = dict(objects.list(self._bucket, prefix))
        paths = safe_paths(key.removeprefix(prefix) for key in self._there)
        targets = {key: f"{self._folder}{paths[key.removeprefix(prefix)]}" for key in self._there}
        self._copied = self._standing({*targets.values()})
        self._together.each(lambda key: self._take(key, targets[key]), targets)
        for key in listed:
            if key not in self._there:
                self._attached[key] = Attached(key=key, missing=NOT_FOUND if key.startswith(prefix) else OUTSIDE)
        return tuple(self._attached[key] for key in sorted(self._attached))

    def _standing(self, wanted: set[str]) -> Mapping[str, int]:
        """Sizes of the copies by path; those that no file has any more go, with whatever begins like them."""
        standing = self._listing()
        strays = standing.keys() - wanted
        for path in strays:
            self._place.erase(path)
        return self._listing() if strays else standing

    def _listing(self) -> dict[str, int]:
        place = self._place
        listed = place.objects.list(place.bucket, place.key(self._folder))
        return {key.removeprefix(place.prefix): size for key, size in listed}

    def _take(self, key: str, path: str) -> None:
        self._together.check()
        self._attached[key] = Attached(key=key, **self._copy(key, path))

    def _copy(self, key: str, path: str) -> dict[str, Any]:
        """A copy appears whole or not at all, so one of the same size is that of an attempt before."""
        target = (self._place.bucket, self._place.key(path))
        try:
            if self._copied.get(path) != self._there[key]:
                self._place.objects.copy((self._bucket, key), target)
        except (NotFound, Rejected, Unauthorized) as no:
            return {"missing": self._why(key, no)}
        return {"file": self._weighed(path)}

    def _why(self, key: str, no: ConnectorError) -> str:
        """What hinders reading this one file is told; what hinders writing at all isn't its fault."""
        try:
            next(iter(self._place.objects.read(self._bucket, key)), b"")
        except NotFound:
            return NOT_FOUND
        except (Rejected, Unauthorized):
            return NOT_READABLE
        raise no from None

    def _weighed(self, path: str) -> PackagedFile:
        digest, size = hashlib.sha256(), 0
        for chunk in self._place.objects.read(self._place.bucket, self._place.key(path)):
            self._together.check()
            digest.update(chunk)
            size += len(chunk)
        return PackagedFile(path=path, size_bytes=size, sha256=digest.hexdigest())


def _entry(each: Attached) -> list[str]:
    found = [each.file.path, str(each.file.size_bytes), each.file.sha256] if each.file else [NULL, NULL, NULL]
    missing = quoted(each.missing) if each.missing else NULL
    return [quoted(each.key), *(cell if cell == NULL else quoted(cell) for cell in found), missing]
