"""The suite of the port ObjectStore, on a real server."""

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from connectors import s3, s3_erase, s3_parts
from connectors.errors import Conflict, ConnectorError, NotFound, Rejected, Unauthorized, Unavailable
from connectors.s3 import S3ObjectStore
from devstack.s3 import EVIDENCE, EXPORTS, FILES
from devstack.stack import EmbeddedStack
from models.package import Uploaded

MIB = 1024 * 1024
PRECONDITION: Any = {"HTTPStatusCode": 412}
PART = 5 * MIB
Uploads = Callable[[str], list[str]]


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
def client(endpoint: str) -> Any:
    return boto3.Session().client("s3", endpoint_url=endpoint)


@pytest.fixture
def uploads(client: Any) -> Uploads:
    """The keys of the unfinished uploads under a prefix."""

    def found(prefix: str) -> list[str]:
        listed = client.list_multipart_uploads(Bucket=EXPORTS, Prefix=prefix)
        return [upload["Key"] for upload in listed.get("Uploads", [])]

    return found


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}/"


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311 — the same bytes each time


def blocks(body: bytes, until: int | None = None) -> Iterator[bytes]:
    """The body in blocks of an odd size; fails before the byte `until`."""
    for start in range(0, len(body), 1_000_003):
        if until is not None and start + 1_000_003 > until:
            raise Unavailable("product", "gone")
        yield body[start : start + 1_000_003]


def attempt_alone(objects: S3ObjectStore, key: str, body: bytes) -> ConnectorError | None:
    try:
        objects.upload(EXPORTS, key, blocks(body))
    except (Conflict, Unavailable) as lost:
        return lost
    return None


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


@pytest.mark.parametrize("refusals", [1, 3])
def test_a_refusal_where_nothing_stands_is_tried_again_and_no_conflict(
    objects: S3ObjectStore, prefix: str, refusals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As two attempts meet that are refused both."""
    refused, put = [], objects._client.put_object

    def meeting(**fields: Any) -> Any:
        if len(refused) < refusals:
            refused.append(fields["Key"])
            raise ClientError({"Error": {"Code": "PreconditionFailed"}, "ResponseMetadata": PRECONDITION}, "PutObject")
        return put(**fields)

    monkeypatch.setattr(objects._client, "put_object", meeting)
    monkeypatch.setattr(s3.time, "sleep", lambda _: None)
    if refusals == 1:
        objects.put(EXPORTS, f"{prefix}met", b"one", once=True)
        assert objects.get(EXPORTS, f"{prefix}met") == b"one"
    else:
        with pytest.raises(Unavailable):
            objects.put(EXPORTS, f"{prefix}met", b"one", once=True)


@pytest.mark.parametrize("size", [0, 5, 8 * 1024 * 1024, 30 * 1024 * 1024 + 1])
def test_an_upload_of_any_size_reads_back_equal(objects: S3ObjectStore, prefix: str, size: int) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    objects.upload(EXPORTS, f"{prefix}stream", blocks(body))
    assert objects.get(EXPORTS, f"{prefix}stream") == body
    list(objects.erase(EXPORTS, prefix))


@pytest.mark.parametrize("size", [0, 5, PART, 2 * PART + 1])
def test_a_second_run_sends_nothing_and_tells_the_same(objects: S3ObjectStore, prefix: str, size: int) -> None:
    body, told = noise(size), []
    first = objects.upload(EXPORTS, f"{prefix}twice", blocks(body), finishing=told.append)
    again = objects.upload(EXPORTS, f"{prefix}twice", blocks(body), finishing=told.append)
    assert (first.sent_bytes, first.kept_bytes, first.size_bytes) == (size, 0, size)
    assert first.sha256 == hashlib.sha256(body).hexdigest()
    assert again == first.model_copy(update={"sent_bytes": 0, "kept_bytes": size})
    assert told == [first, again]
    assert objects.stands(EXPORTS, f"{prefix}twice", size, first.checksum)
    assert not objects.stands(EXPORTS, f"{prefix}twice", size + 1, first.checksum)
    assert not objects.stands(EXPORTS, f"{prefix}twice", size, "A" + first.checksum)
    assert not objects.stands(EXPORTS, f"{prefix}nothing", size, first.checksum)
    list(objects.erase(EXPORTS, prefix))


@pytest.mark.parametrize("other", [b"", b"short", noise(PART), noise(2 * PART + 2), b"x" * (2 * PART + 1)])
def test_an_object_is_never_overwritten_by_other_bytes(objects: S3ObjectStore, prefix: str, other: bytes) -> None:
    body, told = noise(2 * PART + 1), []
    objects.upload(EXPORTS, f"{prefix}mine", blocks(body))
    with pytest.raises(Conflict):
        objects.upload(EXPORTS, f"{prefix}mine", blocks(other), finishing=told.append)
    assert told == []
    assert objects.get(EXPORTS, f"{prefix}mine") == body
    list(objects.erase(EXPORTS, prefix))


def test_an_upload_goes_on_where_the_last_attempt_ended(objects: S3ObjectStore, uploads: Uploads, prefix: str) -> None:
    body = noise(5 * PART + 1)
    undisturbed = objects.upload(EXPORTS, f"{prefix}undisturbed", blocks(body))
    for until in (3 * PART + 5, 4 * PART + 5):
        with pytest.raises(Unavailable):
            objects.upload(EXPORTS, f"{prefix}resumed", blocks(body, until))
        assert list(objects.list(EXPORTS, f"{prefix}resumed")) == []
        assert len(uploads(f"{prefix}resumed")) == 1
    resumed = objects.upload(EXPORTS, f"{prefix}resumed", blocks(body))
    assert resumed.kept_bytes >= PART
    assert resumed.sent_bytes + resumed.kept_bytes == len(body)
    assert (resumed.sha256, resumed.checksum, resumed.parts) == (undisturbed.sha256, undisturbed.checksum, 6)
    assert objects.get(EXPORTS, f"{prefix}resumed") == body
    assert uploads(prefix) == []
    list(objects.erase(EXPORTS, prefix))


def test_an_upload_with_a_hostile_key_is_found_again(objects: S3ObjectStore, uploads: Uploads, prefix: str) -> None:
    body, key = noise(5 * PART + 1), f"{prefix}ñ ü%41&?+<>'\"/b\u202ec"
    with pytest.raises(Unavailable):
        objects.upload(EXPORTS, key, blocks(body, 4 * PART + MIB))
    assert uploads(prefix) == [key]
    assert objects.upload(EXPORTS, key, blocks(body)).kept_bytes >= PART
    assert objects.get(EXPORTS, key) == body
    assert uploads(prefix) == []
    list(objects.erase(EXPORTS, prefix))


def test_a_part_that_has_changed_since_is_sent_anew(objects: S3ObjectStore, prefix: str) -> None:
    old = noise(4 * PART + 1)
    new = old[:PART] + b"!" + old[PART + 1 :]
    with pytest.raises(Unavailable):
        objects.upload(EXPORTS, f"{prefix}key", blocks(old, 4 * PART))
    resumed = objects.upload(EXPORTS, f"{prefix}key", blocks(new))
    assert resumed.kept_bytes <= 3 * PART
    assert objects.get(EXPORTS, f"{prefix}key") == new
    list(objects.erase(EXPORTS, prefix))


def test_a_body_that_has_shrunk_below_a_part_leaves_no_upload(
    objects: S3ObjectStore, uploads: Uploads, prefix: str
) -> None:
    with pytest.raises(Unavailable):
        objects.upload(EXPORTS, f"{prefix}key", blocks(noise(3 * PART), 2 * PART))
    objects.upload(EXPORTS, f"{prefix}key", blocks(b"little"))
    assert uploads(prefix) == []
    assert objects.get(EXPORTS, f"{prefix}key") == b"little"


def test_of_several_unfinished_uploads_the_fullest_is_gone_on_with_and_all_are_swept(
    objects: S3ObjectStore, client: Any, uploads: Uploads, prefix: str
) -> None:
    body, key = noise(6 * PART), f"{prefix}key"
    with pytest.raises(Unavailable):
        objects.upload(EXPORTS, key, blocks(body, 5 * PART + 5))
    for name in (key, f"{key}-neighbour"):
        client.create_multipart_upload(Bucket=EXPORTS, Key=name, ChecksumAlgorithm="SHA256")
    assert objects.upload(EXPORTS, key, blocks(body)).kept_bytes > 0
    assert uploads(prefix) == [f"{key}-neighbour"]
    list(objects.erase(EXPORTS, prefix))


def test_parts_grow_with_their_number_up_to_a_limit(
    objects: S3ObjectStore, client: Any, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert s3_parts.limit_bytes() == 191_000 * MIB
    monkeypatch.setattr(s3_parts, "SIZES", ((1, 5 * MIB), (2, 6 * MIB), (4, 7 * MIB)))
    body, key = noise(25 * MIB), f"{prefix}grown"
    uploaded = objects.upload(EXPORTS, key, blocks(body))
    sizes = [client.head_object(Bucket=EXPORTS, Key=key, PartNumber=n)["ContentLength"] for n in (1, 2, 3, 4)]
    assert sizes == [5 * MIB, 6 * MIB, 7 * MIB, 7 * MIB]
    assert uploaded.parts == 4
    assert objects.get(EXPORTS, key) == body
    with pytest.raises(Rejected, match="more than 0 GiB"):
        objects.upload(EXPORTS, f"{prefix}beyond", blocks(body + b"!"))
    list(objects.erase(EXPORTS, prefix))


def test_two_live_uploads_of_a_key_end_in_one_whole_object(
    objects: S3ObjectStore, uploads: Uploads, prefix: str
) -> None:
    body = noise(5 * PART)
    start = threading.Barrier(2)

    def attempt() -> Uploaded | Unavailable:
        start.wait()
        try:
            return objects.upload(EXPORTS, f"{prefix}both", blocks(body))
        except Unavailable as swept:  # by the quicker one: to be tried again
            return swept

    with ThreadPoolExecutor(2) as pool:
        ends = [future.result() for future in [pool.submit(attempt) for _ in range(2)]]
    whole = {end.checksum for end in ends if isinstance(end, Uploaded)}
    assert len(whole) == 1
    assert objects.get(EXPORTS, f"{prefix}both") == body
    assert objects.upload(EXPORTS, f"{prefix}both", blocks(body)).sent_bytes == 0
    assert uploads(prefix) == []
    list(objects.erase(EXPORTS, prefix))


def test_of_two_live_uploads_with_other_bytes_one_wins_whole(objects: S3ObjectStore, prefix: str) -> None:
    bodies = (noise(3 * PART), b"x" * (3 * PART))
    start = threading.Barrier(2)

    def attempt(body: bytes) -> ConnectorError | None:
        start.wait()
        return attempt_alone(objects, f"{prefix}both", body)

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(attempt, bodies))
    while all(ends):  # each had sent parts over the other's: the next try sorts it out
        ends = [attempt_alone(objects, f"{prefix}both", body) for body in bodies]
    assert ends.count(None) == 1
    assert objects.get(EXPORTS, f"{prefix}both") == bodies[ends.index(None)]
    list(objects.erase(EXPORTS, prefix))


def test_a_link_downloads_under_its_name_for_a_while(objects: S3ObjectStore, prefix: str) -> None:
    objects.put(EXPORTS, f"{prefix}a b", b"for you")
    link = objects.link(EXPORTS, f"{prefix}a b", 2, 'Ñandú/../"x"\r\n.csv.gz')
    answer = httpx.get(link)
    assert (answer.status_code, answer.content) == (200, b"for you")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Nandu_..__x___.csv.gz\"; filename*=UTF-8''%C3%91and%C3%BA_..__x___.csv.gz"
    )
    assert httpx.get(link.replace("a%20b", "a%20c")).status_code == 403
    while httpx.get(link).status_code == 200:
        continue
    assert httpx.get(link).status_code == 403
    for seconds in (0, 301):
        with pytest.raises(Rejected):
            objects.link(EXPORTS, f"{prefix}a b", seconds, "a")


@pytest.mark.parametrize(("setting", "expected"), [("AES256", "AES256"), ("none", None)])
def test_all_that_is_written_is_encrypted_as_the_setting_says(
    endpoint: str, client: Any, prefix: str, setting: str, expected: str | None
) -> None:
    objects = S3ObjectStore.connect(endpoint, setting)
    body = noise(PART + 1)
    objects.put(EXPORTS, f"{prefix}put", b"1")
    objects.put(EXPORTS, f"{prefix}once", b"1", once=True)
    objects.upload(EXPORTS, f"{prefix}small", [b"1"])
    objects.upload(EXPORTS, f"{prefix}large", blocks(body))
    objects.copy((EXPORTS, f"{prefix}large"), (EXPORTS, f"{prefix}copy"))
    keys = [key for key, _ in objects.list(EXPORTS, prefix)]
    assert len(keys) == 5
    for key in keys:
        assert client.head_object(Bucket=EXPORTS, Key=key).get("ServerSideEncryption") == expected
    assert objects.get(EXPORTS, f"{prefix}copy") == body
    list(objects.erase(EXPORTS, prefix))


def test_a_copy_is_equal(objects: S3ObjectStore, prefix: str) -> None:
    objects.put(FILES, f"{prefix}a file", b"attached")
    objects.copy((FILES, f"{prefix}a file"), (EXPORTS, f"{prefix}copy"))
    assert objects.get(EXPORTS, f"{prefix}copy") == b"attached"


def test_a_copy_keeps_the_checksum_and_a_large_one_leaves_no_upload(
    objects: S3ObjectStore, client: Any, uploads: Uploads, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = noise(2 * PART + 1)
    made = objects.upload(FILES, f"{prefix}source", blocks(body))
    objects.copy((FILES, f"{prefix}source"), (EXPORTS, f"{prefix}kept"))
    assert objects.stands(EXPORTS, f"{prefix}kept", made.size_bytes, made.checksum)
    monkeypatch.setattr(s3.LARGE_COPY, "multipart_threshold", PART)
    monkeypatch.setattr(s3.LARGE_COPY, "multipart_chunksize", PART)
    client.create_multipart_upload(Bucket=EXPORTS, Key=f"{prefix}in parts")
    objects.copy((FILES, f"{prefix}source"), (EXPORTS, f"{prefix}in parts"))
    assert objects.get(EXPORTS, f"{prefix}in parts") == body
    assert uploads(prefix) == []
    list(objects.erase(FILES, prefix))
    list(objects.erase(EXPORTS, prefix))


def test_erase_takes_versions_markers_and_uploads_and_may_run_twice(
    objects: S3ObjectStore, client: Any, prefix: str
) -> None:
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


def test_erase_counts_each_object_once_however_its_versions_fall_into_batches(
    objects: S3ObjectStore, client: Any, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_erase, "AT_ONCE", 3)
    monkeypatch.setattr(s3_erase, "UPLOADS_A_BATCH", 1)
    for name in "abcde":
        for body in (b"1", b"2", b"3"):
            objects.put(EVIDENCE, f"{prefix}{name}", body)
        client.delete_object(Bucket=EVIDENCE, Key=f"{prefix}{name}")
    client.create_multipart_upload(Bucket=EVIDENCE, Key=f"{prefix}upload")
    batches = list(objects.erase(EVIDENCE, prefix))
    assert batches[0] == 0  # the upload
    assert len(batches) > 6
    assert sum(batches) == 5
    assert "Versions" not in client.list_object_versions(Bucket=EVIDENCE, Prefix=prefix)


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
