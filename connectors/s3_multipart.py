"""Unfinished uploads as the server has them: found again, gone on with, completed, swept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.errors import Conflict, NotFound, Unavailable
from connectors.s3_errors import s3_errors
from connectors.s3_parts import Part, checksum_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


@dataclass(frozen=True)
class Target:
    """The object to be written. `encryption` is what S3 calls it."""

    client: "S3Client"
    bucket: str
    key: str
    encryption: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> dict[str, str]:
        """How requests name it."""
        return {"Bucket": self.bucket, "Key": self.key}

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"


class Standing(NamedTuple):
    """A part that the server has; not every server says its SHA-256."""

    size_bytes: int
    etag: str
    checksum: str


class Brought(NamedTuple):
    """A part that the server has now; `kept` if it had it before."""

    number: int
    etag: str
    digest: bytes
    size_bytes: int
    kept: bool


class Multipart:
    """One upload in parts."""

    def __init__(self, target: Target, upload_id: str, standing: Mapping[int, Standing]) -> None:
        """`standing` are the parts that are there, by number."""
        self._target, self.standing = target, standing
        self._upload: Any = {**target.place, "UploadId": upload_id}

    def bring(self, part: Part) -> Brought:
        """Sends a part, unless it's there; safe in several threads.

        Raises:
            Unavailable: the upload is gone: a quicker attempt has finished, and the next try finds its object.
        """
        found = self.standing.get(part.number)
        kept = found is not None and _same(found, part)
        etag = found.etag if found and kept else self._send(part)
        return Brought(part.number, etag, part.digest, len(part.body), kept)

    def complete(self, brought: Sequence[Brought]) -> None:
        """Makes the object of its parts, in order.

        Raises:
            Conflict: an object is there, or this one came out with other bytes. NotFound: the upload is gone.
        """
        ours = checksum_of([part.digest for part in brought])
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": part.number, "ETag": part.etag, "ChecksumSHA256": checksum_of([part.digest])}
            for part in brought
        ]
        with s3_errors(f"writing {self._target}"):
            made = self._target.client.complete_multipart_upload(
                **self._upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        if made.get("ChecksumSHA256", ours) != ours:
            raise Conflict("s3", f"{self._target} came out with other bytes", "erase it and export again")

    def _send(self, part: Part) -> str:
        doing = f"writing {self._target}, part {part.number}"
        try:
            with s3_errors(doing):
                answer = self._target.client.upload_part(
                    **self._upload, PartNumber=part.number, Body=part.content, ChecksumSHA256=part.checksum
                )
        except NotFound:
            raise Unavailable("s3", f"{doing}: another attempt finished first") from None
        return str(answer["ETag"])


def resumed(target: Target) -> Multipart:
    """The unfinished upload of that key with the most parts, the newest of equals; or a new one."""
    found = list(_unfinished(target))
    return max(found, key=lambda upload: len(upload.standing)) if found else _made(target)


def sweep(target: Target) -> None:
    """Aborts what attempts left of this key; once it's published: before, two live ones would abort each other."""
    for key, upload_id in uploads(target.client, target.bucket, target.key):
        if key == target.key:
            abort(target.client, target.bucket, key, upload_id)


def uploads(client: "S3Client", bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Key and id of every unfinished upload under the prefix, the newest of a key last."""
    with s3_errors(f"listing uploads of {bucket}/{prefix}"):
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
            for entry in sorted(page.get("Uploads", []), key=lambda entry: (entry["Key"], entry["Initiated"])):
                yield entry["Key"], entry["UploadId"]


def abort(client: "S3Client", bucket: str, key: str, upload_id: str) -> None:
    """Aborts an upload; one that is gone is fine."""
    try:
        with s3_errors(f"aborting an upload of {bucket}/{key}"):
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except NotFound:
        return


def _made(target: Target) -> Multipart:
    place: Any = target.place
    with s3_errors(f"writing {target}"):
        made = target.client.create_multipart_upload(**place, ChecksumAlgorithm="SHA256", **target.encryption)
    return Multipart(target, made["UploadId"], {})


def _unfinished(target: Target) -> Iterator[Multipart]:
    """The newest first."""
    for key, upload_id in reversed(list(uploads(target.client, target.bucket, target.key))):
        try:
            if key == target.key:
                yield Multipart(target, upload_id, _parts(target, upload_id))
        except NotFound:  # swept by a twin since it was listed
            continue


def _parts(target: Target, upload_id: str) -> dict[int, Standing]:
    with s3_errors(f"listing the parts of {target}"):
        pages = target.client.get_paginator("list_parts").paginate(
            Bucket=target.bucket, Key=target.key, UploadId=upload_id
        )
        return {
            part["PartNumber"]: Standing(part["Size"], part["ETag"], part.get("ChecksumSHA256", ""))
            for page in pages
            for part in page.get("Parts", [])
        }


def _same(found: Standing, part: Part) -> bool:
    if found.size_bytes != len(part.body):
        return False
    if found.checksum:
        return found.checksum == part.checksum
    return found.etag.strip('"') == part.md5
