"""The suite of the port ObjectStore, on a real server."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from connectors.errors import Conflict, NotFound, Rejected, Unauthorized, Unavailable
from connectors.s3 import S3ObjectStore
from devstack.s3 import EVIDENCE, EXPORTS, FILES
from devstack.stack import EmbeddedStack


@pytest.fixture
def endpoint(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in stack.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return stack.environment["FAREWELL_S3_ENDPOINT_URL"]


@pytest.fixture
def objects(endpoint: str) -> S3ObjectStore:
    return S3ObjectStore.connect(endpoint)


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}/"


def blocks(body: bytes, until: int | None = None) -> Iterator[bytes]:
    """The body in blocks of an odd size; fails before the byte `until`."""
    for start in range(0, len(body), 1_000_003):
        if until is not None and start + 1_000_003 > until:
            raise Unavailable("product", "gone")
        yield body[start : start + 1_000_003]


def test_what_was_put_is_read_and_listed_in_order(objects: S3ObjectStore, prefix: str) -> None:
    for name in ("b", "a", "ñ ü%&?+"):
        objects.put(EXPORTS, prefix + name, name.encode())
    assert list(objects.list(EXPORTS, prefix)) == [
        (prefix + name, len(name.encode())) for name in ("a", "b", "ñ ü%&?+")
    ]
    assert objects.get(EXPORTS, f"{prefix}ñ ü%&?+") == "ñ ü%&?+".encode()


def test_put_once_takes_the_same_bytes_again_and_refuses_others(objects: S3ObjectStore, prefix: str) -> None:
    objects.put(EXPORTS, f"{prefix}once", b"one", once=True)
    objects.put(EXPORTS, f"{prefix}once", b"one", once=True)
    with pytest.raises(Conflict):
        objects.put(EXPORTS, f"{prefix}once", b"two", once=True)
    assert objects.get(EXPORTS, f"{prefix}once") == b"one"


@pytest.mark.parametrize("size", [0, 5, 8 * 1024 * 1024, 30 * 1024 * 1024 + 1])
def test_an_upload_of_any_size_reads_back_equal(objects: S3ObjectStore, prefix: str, size: int) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    objects.upload(EXPORTS, f"{prefix}stream", blocks(body))
    assert objects.get(EXPORTS, f"{prefix}stream") == body
    list(objects.erase(EXPORTS, prefix))


def test_two_live_uploads_of_a_key_end_in_one_whole_object(objects: S3ObjectStore, prefix: str) -> None:
    body = b"x" * (20 * 1024 * 1024)
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            objects.upload(EXPORTS, f"{prefix}both", blocks(body))
        except (
            Unavailable
        ) as error:  # to be tried again: the slower one's upload was swept: it must not have broken the other's
            errors.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) < 2
    assert objects.get(EXPORTS, f"{prefix}both") == body
    list(objects.erase(EXPORTS, prefix))


def test_a_copy_is_equal(objects: S3ObjectStore, prefix: str) -> None:
    objects.put(FILES, f"{prefix}a file", b"attached")
    objects.copy((FILES, f"{prefix}a file"), (EXPORTS, f"{prefix}copy"))
    assert objects.get(EXPORTS, f"{prefix}copy") == b"attached"


def test_erase_takes_versions_markers_and_uploads_and_may_run_twice(
    objects: S3ObjectStore, endpoint: str, prefix: str
) -> None:
    client = boto3.Session().client("s3", endpoint_url=endpoint)
    for bucket in (EXPORTS, EVIDENCE):  # the second one keeps versions
        for body in (b"1", b"2"):
            objects.put(bucket, f"{prefix}a/b", body)
        objects.put(bucket, f"{prefix}c", b"3")
        client.delete_object(Bucket=bucket, Key=f"{prefix}c")
        objects.put(bucket, f"{prefix[:-1]}-neighbour", b"stays")
        client.create_multipart_upload(Bucket=bucket, Key=f"{prefix}upload")
    assert sum(objects.erase(EXPORTS, prefix)) == 1
    assert sum(objects.erase(EVIDENCE, prefix)) == 2
    for bucket in (EXPORTS, EVIDENCE):
        assert sum(objects.erase(bucket, prefix)) == 0
        versions = client.list_object_versions(Bucket=bucket, Prefix=prefix)
        assert not versions.get("Versions")
        assert not versions.get("DeleteMarkers")
        assert not client.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads")
        assert objects.get(bucket, f"{prefix[:-1]}-neighbour") == b"stays"


def test_a_locked_object_stands_against_other_bytes_and_erasing(objects: S3ObjectStore, prefix: str) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    objects.put_locked(EVIDENCE, f"{prefix}seal", b"sealed", until)
    objects.put_locked(EVIDENCE, f"{prefix}seal", b"sealed", until)
    with pytest.raises(Conflict):
        objects.put_locked(EVIDENCE, f"{prefix}seal", b"forged", until)
    with pytest.raises((Rejected, Unauthorized)):
        list(objects.erase(EVIDENCE, prefix))
    assert objects.get(EVIDENCE, f"{prefix}seal") == b"sealed"


def test_check_tells_what_a_bucket_lacks(objects: S3ObjectStore) -> None:
    objects.check(EXPORTS, locked=False)
    objects.check(EVIDENCE, locked=True)
    with pytest.raises(Rejected, match="no Object Lock"):
        objects.check(EXPORTS, locked=True)
    with pytest.raises(NotFound):
        objects.check("no-such-bucket", locked=False)


def test_what_is_not_there_is_not_found(objects: S3ObjectStore, prefix: str) -> None:
    with pytest.raises(NotFound):
        objects.get(EXPORTS, f"{prefix}nothing")
    with pytest.raises(NotFound):
        objects.copy((FILES, f"{prefix}nothing"), (EXPORTS, f"{prefix}copy"))
    with pytest.raises(NotFound):
        objects.put("no-such-bucket", "key", b"")


def test_wrong_credentials_and_a_dead_server_are_told_apart(endpoint: str) -> None:
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    stranger = boto3.Session().client(
        "s3", endpoint_url=endpoint, aws_access_key_id="who", aws_secret_access_key="knows", config=once
    )
    with pytest.raises(Unauthorized):
        S3ObjectStore(stranger).get(EXPORTS, "key")
    dead = boto3.Session().client("s3", endpoint_url="http://127.0.0.1:1", config=once)
    with pytest.raises(Unavailable):
        S3ObjectStore(dead).get(EXPORTS, "key")
