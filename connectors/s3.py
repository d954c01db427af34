"""S3 by boto3. Retries are Temporal's alone: the SDK tries once. Source: STACK, S3."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from boto3 import Session
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from connectors import s3_upload
from connectors.errors import Conflict, NotFound, Rejected
from connectors.s3_errors import code, s3_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS, READ_SECONDS = 5, 60
CHUNK_BYTES = 1024 * 1024
_DELETED_AT_ONCE = 1000


class S3ObjectStore:
    """Any S3. One client is shared by all threads."""

    def __init__(self, client: "S3Client") -> None:
        """`client` should try once and time out; `connect` makes such a one."""
        self._client = client

    @classmethod
    def connect(cls, endpoint_url: str | None) -> Self:
        """A store at the endpoint (None: AWS), with credentials by the AWS SDK's chain. Opens no connection yet."""
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
        )
        with s3_errors(f"opening {endpoint_url or 'AWS'}"):
            # A session of its own: the default one remembers the environment of whoever came first.
            return cls(Session().client("s3", endpoint_url=endpoint_url, config=config))

    def put(self, bucket: str, key: str, body: bytes, *, once: bool = False) -> None:
        """Writes with a SHA-256 checksum.

        Raises:
            Conflict: with `once`, when other bytes stand there.
        """
        if once:
            self._put_once(bucket, key, body, {})
        else:
            self._put(bucket, key, body, {})

    def put_locked(self, bucket: str, key: str, body: bytes, until: datetime) -> None:
        """Writes once; nobody deletes or shortens it before `until`.

        Raises:
            Conflict: other bytes stand there.
        """
        self._put_once(bucket, key, body, {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until})

    def upload(self, bucket: str, key: str, body: BinaryIO) -> None:
        """Streams; the last writer of a key wins, and a failed upload leaves nothing."""
        s3_upload.upload(self._client, bucket, key, body)

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Copies on the server's side, in parts when it's large."""
        with s3_errors(f"copying {'/'.join(source)}"):
            self._client.copy(
                {"Bucket": source[0], "Key": source[1]}, *target, Config=TransferConfig(use_threads=False)
            )

    def get(self, bucket: str, key: str) -> bytes:
        """A small object whole."""
        return b"".join(self.read(bucket, key))

    def read(self, bucket: str, key: str) -> Iterator[bytes]:
        """An object in chunks of 1 MiB; the checksum it was written with is checked on the way."""
        with s3_errors(f"reading {bucket}/{key}"):
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            try:
                while chunk := body.read(CHUNK_BYTES):
                    yield chunk
            finally:
                body.close()

    def list(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes in bytes, in order of the keys."""
        with s3_errors(f"listing {bucket}/{prefix}"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for entry in page.get("Contents", []):
                    yield entry["Key"], entry["Size"]

    def erase(self, bucket: str, prefix: str) -> int:
        """Deletes every version, marker and upload under the prefix; answers how many objects (keys) there were.

        Raises:
            Rejected: the server kept some, a locked one for example.
        """
        for key, upload_id in s3_upload.uploads(self._client, bucket, prefix):
            s3_upload.abort(self._client, bucket, key, upload_id)
        erased: set[str] = set()
        with s3_errors(f"erasing {bucket}/{prefix}"):
            versions = self._versions(bucket, prefix)
            while batch := list(islice(versions, _DELETED_AT_ONCE)):
                self._delete(bucket, batch)
                erased.update(entry["Key"] for entry in batch)
        return len(erased)

    def check(self, bucket: str, *, locked: bool) -> None:
        """Asks the server.

        Raises:
            NotFound, Unauthorized: no such bucket, or not for us.
            Rejected: no Object Lock though `locked`.
        """
        with s3_errors(f"looking at bucket {bucket}"):
            self._client.head_bucket(Bucket=bucket)
            if locked and not self._has_lock(bucket):
                raise Rejected("s3", f"bucket {bucket} has no Object Lock", "make the bucket anew with Object Lock")

    def make(self, bucket: str, *, locked: bool) -> bool:
        """Makes a bucket that isn't there, with Object Lock if `locked`, and checks it; whether it made it.

        Raises:
            Rejected: it is there without Object Lock, which can't be added. Unauthorized: not for us.
        """
        try:
            self.check(bucket, locked=locked)
        except NotFound:
            self._make(bucket, locked=locked)
            self.check(bucket, locked=locked)
            return True
        return False

    def _make(self, bucket: str, *, locked: bool) -> None:
        region = self._client.meta.region_name
        # AWS wants every region named but its first.
        place: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        with s3_errors(f"making bucket {bucket}"):
            self._client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked, **place)

    def _put(self, bucket: str, key: str, body: bytes, extra: Mapping[str, Any]) -> None:
        with s3_errors(f"writing {bucket}/{key}"):
            self._client.put_object(Bucket=bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256", **extra)

    def _put_once(self, bucket: str, key: str, body: bytes, extra: Mapping[str, Any]) -> None:
        """If-None-Match; a refusal is fine when our own earlier attempt stands there."""
        try:
            self._put(bucket, key, body, {"IfNoneMatch": "*", **extra})
        except Conflict:
            if not self._stands(bucket, key, body):
                raise

    def _stands(self, bucket: str, key: str, body: bytes) -> bool:
        """Whether these bytes are there; another live attempt may be just about to have written them."""
        for wait in (0.0, 0.2, 1.0):
            time.sleep(wait)
            if any(found == key for found, _ in self.list(bucket, key)) and self.get(bucket, key) == body:
                return True
        return False

    def _versions(self, bucket: str, prefix: str) -> Iterator[dict[str, str]]:
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                yield {"Key": entry["Key"], "VersionId": entry["VersionId"]}

    def _delete(self, bucket: str, batch: Sequence[Mapping[str, str]]) -> None:
        objects: Any = batch  # their TypedDict would be imported for its name alone
        answer = self._client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        if refused := answer.get("Errors"):
            first = refused[0]
            what = f"{len(refused)} versions stay, first {first.get('Key')}: {first.get('Code')}"
            raise Rejected("s3", what, "look at the locks and rights of the bucket")

    def _has_lock(self, bucket: str) -> bool:
        try:
            answer = self._client.get_object_lock_configuration(Bucket=bucket)
        except ClientError as error:
            if code(error) == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"
