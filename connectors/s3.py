"""S3 by boto3. Retries are Temporal's alone: the SDK tries once. Source: STACK, S3."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from boto3 import Session
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from connectors import s3_erase, s3_sealed, s3_upload
from connectors.errors import Conflict, NotFound, Rejected, Unavailable
from connectors.s3_errors import code, s3_errors
from connectors.s3_link import attachment
from connectors.s3_multipart import Target, sweep
from models.package import Uploaded

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS, READ_SECONDS = 5, 60
CHUNK_BYTES = 1024 * 1024
LONGEST_LINK_SECONDS = 300
_KMS_KEY = "aws:kms:"
# Beyond, a copy goes in parts; below, S3 keeps the checksums of the source.
LARGE_COPY = TransferConfig(multipart_threshold=1024**3, multipart_chunksize=128 * 1024**2, use_threads=False)


class S3ObjectStore:
    """Any S3. One client is shared by all threads."""

    def __init__(self, client: "S3Client", encryption: str = "none") -> None:
        """`client` should try once and time out; `connect` makes such a one, and says of `encryption`."""
        self._client, self._encryption = client, _encryption(encryption)

    @classmethod
    def connect(cls, endpoint_url: str | None, encryption: str = "AES256") -> Self:
        """A store at the endpoint (None: AWS), with credentials by the AWS SDK's chain. Opens no connection yet.

        `encryption` at rest is `AES256`, `aws:kms`, `aws:kms:<key id>` or `none`.
        """
        config = Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1},
            # What is long bears its SHA-256 in a header, which is signed: signing would hash it a second time.
            s3={"addressing_style": "path", "payload_signing_enabled": False},
        )
        with s3_errors(f"opening {endpoint_url or 'AWS'}"):
            # A session of its own: the default one remembers the environment of whoever came first.
            return cls(Session().client("s3", endpoint_url=endpoint_url, config=config), encryption)

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

    def upload(
        self, bucket: str, key: str, body: Iterable[bytes], *, finishing: Callable[[Uploaded], None] | None = None
    ) -> Uploaded:
        """Streams, and goes on where an earlier attempt ended. See `s3_upload`.

        Raises:
            Conflict: other bytes stand there.
        """
        return s3_upload.upload(self._target(bucket, key), body, finishing or _nothing)

    def stands(self, bucket: str, key: str, size_bytes: int, checksum: str) -> bool:
        """Whether this very object stands there, by the server's own checksum of it."""
        return s3_upload.standing(self._target(bucket, key)) == (size_bytes, checksum)

    def link(self, bucket: str, key: str, seconds: int, filename: str) -> str:
        """A presigned link that downloads the object under that name.

        Raises:
            Rejected: for longer than 300 seconds.
        """
        if not 0 < seconds <= LONGEST_LINK_SECONDS:
            raise Rejected("s3", f"a link for {seconds} seconds", f"ask for 1 to {LONGEST_LINK_SECONDS}")
        params = {"Bucket": bucket, "Key": key, "ResponseContentDisposition": attachment(filename)}
        with s3_errors(f"making a link to {bucket}/{key}"):
            return self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Copies on the server's side; a large one in parts, and a second run does it anew.

        Raises:
            Unavailable: the source was changed meanwhile.
        """
        doing = f"copying {'/'.join(source)}"
        try:
            with s3_errors(doing):
                found = self._client.head_object(Bucket=source[0], Key=source[1])
                how = {"CopySourceIfMatch": found["ETag"], "ChecksumAlgorithm": "SHA256", **self._encryption}
                self._client.copy({"Bucket": source[0], "Key": source[1]}, *target, ExtraArgs=how, Config=LARGE_COPY)
        except Conflict:
            raise Unavailable("s3", f"{doing}: it was changed meanwhile") from None
        if found["ContentLength"] >= LARGE_COPY.multipart_threshold:
            sweep(self._target(*target))

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

    def sealed(self, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Keys and bytes as they were first written. See `s3_sealed`."""
        return s3_sealed.sealed(self._client, bucket, prefix)

    def erase(self, bucket: str, prefix: str) -> Iterator[int]:
        """Deletes every version, marker and upload under the prefix; how many objects (keys), by batch.

        Raises:
            Rejected: the server kept some, a locked one for example.
        """
        return s3_erase.erase(self._client, bucket, prefix)

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

    def _target(self, bucket: str, key: str) -> Target:
        return Target(self._client, bucket, key, self._encryption)

    def _make(self, bucket: str, *, locked: bool) -> None:
        region = self._client.meta.region_name
        # AWS wants every region named but its first.
        place: Any = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        with s3_errors(f"making bucket {bucket}"):
            self._client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked, **place)

    def _put(self, bucket: str, key: str, body: bytes, extra: Mapping[str, Any]) -> None:
        with s3_errors(f"writing {bucket}/{key}"):
            self._client.put_object(
                Bucket=bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256", **self._encryption, **extra
            )

    def _put_once(self, bucket: str, key: str, body: bytes, extra: Mapping[str, Any]) -> None:
        """If-None-Match; a refusal is fine when our own earlier attempt stands there.

        Two live attempts may be refused both, or one while the other is still at it: so it's tried again, and where
        nothing stands in the end that is no conflict.
        """
        for wait in (0.0, 0.2, 1.0):
            time.sleep(wait)
            if self._written(bucket, key, body, extra):
                return
        if self._found(bucket, key) is None:
            raise Unavailable("s3", f"writing {bucket}/{key}: refused, but nothing stands there")
        raise Conflict("s3", f"writing {bucket}/{key}: other bytes stand there")

    def _written(self, bucket: str, key: str, body: bytes, extra: Mapping[str, Any]) -> bool:
        """Whether it stands now, by us or by another attempt at the same."""
        try:
            self._put(bucket, key, body, {"IfNoneMatch": "*", **extra})
        except Conflict:
            return self._found(bucket, key) == body
        return True

    def _found(self, bucket: str, key: str) -> bytes | None:
        try:
            return self.get(bucket, key)
        except NotFound:
            return None

    def _has_lock(self, bucket: str) -> bool:
        try:
            answer = self._client.get_object_lock_configuration(Bucket=bucket)
        except ClientError as error:
            if code(error) == "ObjectLockConfigurationNotFoundError":
                return False
            raise
        return answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled"


def _encryption(setting: str) -> dict[str, Any]:
    """The setting as S3 wants it with everything that is written."""
    if setting == "none":
        return {}
    if setting.startswith(_KMS_KEY):
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": setting.removeprefix(_KMS_KEY)}
    return {"ServerSideEncryption": setting}


def _nothing(_: Uploaded) -> None:
    """Whoever doesn't ask needn't know."""
