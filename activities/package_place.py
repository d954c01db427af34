"""Where a package lies, and what is kept beside it until it's dropped. Source: CONTRACTS, Export package."""

from typing import TypeVar

from activities.pulse import beat
from connectors.errors import NotFound, Rejected
from connectors.ports.storage import ObjectStore
from models.exporting import PackagedFile, PackageRequest
from models.payload import Payload

Part = TypeVar("Part", bound=Payload)


class PackagePlace:
    """One generation of a case's package. Paths are relative to the bag's root."""

    def __init__(self, objects: ObjectStore, bucket: str, request: PackageRequest) -> None:
        """`bucket` is the export bucket."""
        self.objects, self.bucket = objects, bucket
        self._folder = f"{request.account}/{request.case}/{request.generation}"
        self.prefix = f"{self._folder}/"
        self.location = f"s3://{bucket}/{self.prefix}"

    def key(self, path: str) -> str:
        """The key of a file of the bag."""
        return self.prefix + path

    def put(self, path: str, body: bytes) -> None:
        """Writes a small file of the bag."""
        self.objects.put(self.bucket, self.key(path), body)

    def stands(self, file: PackagedFile, checksum: str) -> bool:
        """Whether this very file stands there."""
        return self.objects.stands(self.bucket, self.key(file.path), file.size_bytes, checksum)

    def erase(self, path: str) -> None:
        """Erases every file whose path begins so, with its unfinished uploads."""
        for _ in self.objects.erase(self.bucket, self.key(path)):
            beat()

    def keep(self, name: str, part: Payload) -> None:
        """Keeps what is known of a part, outside the bag."""
        self.objects.put(self.bucket, self._part_key(name), part.model_dump_json().encode())

    def kept(self, name: str, kind: type[Part]) -> Part | None:
        """What was kept of a part, if anything was."""
        try:
            return kind.model_validate_json(self.objects.get(self.bucket, self._part_key(name)))
        except NotFound:
            return None

    def part(self, name: str, kind: type[Part]) -> Part:
        """What is known of a part.

        Raises:
            Rejected: it was never finished.
        """
        part = self.kept(name, kind)
        if part is None:
            raise Rejected("export package", f"{name} was never exported", "export again")
        return part

    def drop(self) -> None:
        """Erases the bag and what is kept beside it; the tag manifest goes with it, so nothing half stays valid."""
        self.erase("")
        for _ in self.objects.erase(self.bucket, f"{self._folder}.parts/"):
            beat()

    def _part_key(self, name: str) -> str:
        return f"{self._folder}.parts/{name}.json"
