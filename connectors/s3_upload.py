"""A streamed multipart upload: bounded memory, parts checked by SHA-256, nothing left of a failed one."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from connectors.errors import NotFound, Unavailable
from connectors.s3_errors import s3_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_BYTES = 8 * 1024 * 1024
IN_FLIGHT = 3  # so at most five parts are in memory: these, the one being read and the one read ahead

_Part: TypeAlias = "CompletedPartTypeDef"


def upload(client: "S3Client", bucket: str, key: str, body: BinaryIO) -> None:
    """Uploads all of `body`; one smaller than a part goes as it is. The caller's thread reads the body."""
    first, second = _part(body), _part(body)
    if not second:
        with s3_errors(f"writing {bucket}/{key}"):
            client.put_object(Bucket=bucket, Key=key, Body=first, ChecksumAlgorithm="SHA256")
        return
    _Multipart(client, bucket, key).send(first, second, body)


class _Multipart:
    """One upload of several parts."""

    def __init__(self, client: "S3Client", bucket: str, key: str) -> None:
        self._client, self._bucket, self._key = client, bucket, key
        self._doing = f"writing {bucket}/{key}"
        with s3_errors(self._doing):
            made = client.create_multipart_upload(Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256")
        self._id = made["UploadId"]

    def send(self, first: bytes, second: bytes, rest: BinaryIO) -> None:
        """Sends the parts and completes; whatever interrupts it (a cancellation too) aborts.

        Raises:
            Unavailable: another live attempt was quicker and has swept this one away; the next try begins anew.
        """
        try:
            self._complete(self._sent(_parts(first, second, rest)))
        except NotFound:
            raise Unavailable("s3", f"{self._doing}: another attempt finished first") from None
        except BaseException:
            abort(self._client, self._bucket, self._key, self._id)
            raise
        self._sweep()

    def _sent(self, parts: Iterator[bytes]) -> "list[_Part]":
        done: list[_Part] = []
        flying: deque[Future[_Part]] = deque()
        with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="s3-part") as pool:
            for number, part in enumerate(parts, 1):
                flying.append(pool.submit(self._send_part, number, part))
                if len(flying) >= IN_FLIGHT:
                    done.append(flying.popleft().result())
            done.extend(future.result() for future in flying)
        return done

    def _send_part(self, number: int, part: bytes) -> "_Part":
        with s3_errors(f"{self._doing}, part {number}"):
            answer = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._id,
                PartNumber=number,
                Body=part,
                ChecksumAlgorithm="SHA256",
            )
        return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": answer["ChecksumSHA256"]}

    def _complete(self, parts: "list[_Part]") -> None:
        with s3_errors(self._doing):
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._id, MultipartUpload={"Parts": parts}
            )

    def _sweep(self) -> None:
        """What killed attempts left of this key. Not earlier: two live attempts would abort each other for ever."""
        for key, upload_id in uploads(self._client, self._bucket, self._key):
            if key == self._key:
                abort(self._client, self._bucket, key, upload_id)


def uploads(client: "S3Client", bucket: str, prefix: str) -> list[tuple[str, str]]:
    """Key and id of every unfinished upload under the prefix."""
    with s3_errors(f"listing uploads of {bucket}/{prefix}"):
        pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
        return [(entry["Key"], entry["UploadId"]) for page in pages for entry in page.get("Uploads", [])]


def abort(client: "S3Client", bucket: str, key: str, upload_id: str) -> None:
    """Aborts an upload; one that is gone is fine."""
    try:
        with s3_errors(f"aborting an upload of {bucket}/{key}"):
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except NotFound:
        return


def _parts(first: bytes, second: bytes, rest: BinaryIO) -> Iterator[bytes]:
    yield first
    yield second
    while part := _part(rest):
        yield part


def _part(body: BinaryIO) -> bytes:
    return body.read(PART_BYTES)
