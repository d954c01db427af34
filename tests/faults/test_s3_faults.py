"""What the wire and the server do to an upload: each has its error, and the next call goes on where this one ended."""

import ctypes
import multiprocessing
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import boto3
import pytest

from connectors import s3
from connectors.errors import ConnectorError, RateLimited, Rejected, Timeout, Unauthorized, Unavailable
from connectors.s3 import S3ObjectStore
from connectors.s3_flight import IN_FLIGHT
from devstack.s3 import EXPORTS
from devstack.stack import EmbeddedStack
from models.package import Uploaded
from tests.faults.s3_proxy import Fault, Handler, Proxy, answering, cut_in_the_middle, hold, lose_the_answer, proxy_to

MIB = 1024 * 1024
PART = 5 * MIB
PARTS = 7
BODY = random.Random(7).randbytes((PARTS - 1) * PART + MIB)  # noqa: S311 — the same in each process


def blocks() -> Iterator[bytes]:
    for start in range(0, len(BODY), MIB):
        yield BODY[start : start + MIB]


@pytest.fixture
def endpoint(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in stack.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return stack.environment["FAREWELL_S3_ENDPOINT_URL"]


@pytest.fixture
def proxy(endpoint: str) -> Iterator[Proxy]:
    with proxy_to(endpoint) as between:
        yield between


@pytest.fixture
def key(endpoint: str) -> Iterator[str]:
    """Afterwards exactly one object and no upload of that key must be there."""
    name = f"{uuid4().hex}/table"
    yield name
    direct = S3ObjectStore.connect(endpoint)
    assert list(direct.list(EXPORTS, name)) == [(name, len(BODY))]
    assert direct.get(EXPORTS, name) == BODY
    assert "Uploads" not in boto3.Session().client("s3", endpoint_url=endpoint).list_multipart_uploads(
        Bucket=EXPORTS, Prefix=name
    )
    assert sum(direct.erase(EXPORTS, name)) == 1


FAULTS: dict[str, tuple[str, Fault, type[ConnectorError]]] = {
    "a part meets 500": ("part 3", answering(500, "InternalError"), Unavailable),
    "a part meets 503 SlowDown": ("part 3", answering(503, "SlowDown", Retry_After="7"), RateLimited),
    "a part is cut in the middle": ("part 3", cut_in_the_middle, Unavailable),
    "a part's answer is lost": ("part 3", lose_the_answer, Unavailable),
    "a part was hurt on the way": ("part 3", answering(400, "BadDigest"), Unavailable),
    "a part was overwritten by another attempt": ("complete", answering(400, "InvalidPart"), Unavailable),
    "the last part meets 500": (f"part {PARTS}", answering(500, "InternalError"), Unavailable),
    "completing meets 500": ("complete", answering(500, "InternalError"), Unavailable),
    "completing fails after 200": ("complete", answering(200, "InternalError"), Unavailable),
    "completing meets another write": ("complete", answering(409, "ConditionalRequestConflict"), Unavailable),
    "completing is cut": ("complete", cut_in_the_middle, Unavailable),
    "completing's answer is lost": ("complete", lose_the_answer, Unavailable),
    "the bucket is full": ("part 5", answering(507, "InsufficientStorage"), Rejected),
    "the quota is used up": ("part 5", answering(403, "QuotaExceeded"), Rejected),
    "the clock is wrong": ("create", answering(403, "RequestTimeTooSkewed"), Rejected),
    "the token has ended": ("part 2", answering(400, "ExpiredToken"), Unauthorized),
    "the server can't encrypt": ("create", answering(501, "NotImplemented"), Rejected),
    "the list of uploads meets 500": ("list uploads", answering(500, "InternalError"), Unavailable),
}


@pytest.mark.parametrize("name", FAULTS)
def test_after_a_fault_the_next_call_goes_on_where_it_ended(proxy: Proxy, key: str, name: str) -> None:
    where, fault, kind = FAULTS[name]
    proxy.plan(where, fault)
    objects = S3ObjectStore.connect(proxy.url)
    with pytest.raises(ConnectorError) as raised:
        objects.upload(EXPORTS, key, blocks())
    assert type(raised.value) is kind
    again = objects.upload(EXPORTS, key, blocks())
    assert again.size_bytes == again.sent_bytes + again.kept_bytes == len(BODY)
    assert proxy.part_bytes() - len(BODY) <= IN_FLIGHT * PART


def test_a_server_that_asks_to_slow_down_says_for_how_long(proxy: Proxy, key: str) -> None:
    objects = S3ObjectStore.connect(proxy.url)
    for code, seconds, expected in (("SlowDown", "7", 7), ("ServiceUnavailable", "5", 5), ("SlowDown", "9" * 30, 3600)):
        proxy.plan("part 1", answering(503, code, Retry_After=seconds))
        with pytest.raises(RateLimited) as raised:
            objects.upload(EXPORTS, key, blocks())
        assert raised.value.retry_after == timedelta(seconds=expected)
    objects.upload(EXPORTS, key, blocks())


def test_a_server_that_never_answers_is_left(proxy: Proxy, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "READ_SECONDS", 1)
    proxy.plan("part 3", hold)
    with pytest.raises(Timeout):
        S3ObjectStore.connect(proxy.url).upload(EXPORTS, key, blocks())
    assert S3ObjectStore.connect(proxy.url).upload(EXPORTS, key, blocks()).kept_bytes >= 2 * PART


@pytest.mark.parametrize(
    "answer", [answering(301, "PermanentRedirect"), answering(400, "AuthorizationHeaderMalformed")], ids=["301", "400"]
)
def test_a_wrong_region_says_which_setting(proxy: Proxy, key: str, answer: Fault) -> None:
    objects = S3ObjectStore.connect(proxy.url)
    proxy.plan("create", answer)
    with pytest.raises(Rejected) as raised:
        objects.upload(EXPORTS, key, blocks())
    assert "AWS_REGION" in raised.value.fix
    objects.upload(EXPORTS, key, blocks())


def test_a_failed_part_stops_the_reading_at_once(proxy: Proxy, key: str) -> None:
    """No more than what was in flight, and the part that was filling, is read after it."""
    objects = S3ObjectStore.connect(proxy.url)
    proxy.plan("part 1", answering(500, "InternalError"))
    read = iter(blocks())
    with pytest.raises(Unavailable):
        objects.upload(EXPORTS, key, read)
    assert next(read, None) is not None
    assert "complete" not in [name for name, _ in proxy.seen]
    objects.upload(EXPORTS, key, blocks())


class Cancelled(BaseException):
    """As Temporal throws it into the thread of an activity."""


def test_a_cancelled_upload_ends_though_nothing_answers_and_is_gone_on_with(proxy: Proxy, key: str) -> None:
    objects = S3ObjectStore.connect(proxy.url)
    for number in (2, 3, 4):
        proxy.plan(f"part {number}", hold)
    ended: list[type[BaseException]] = []

    def attempt() -> None:
        try:
            objects.upload(EXPORTS, key, blocks())
        except Cancelled as error:
            ended.append(type(error))

    thread = threading.Thread(target=attempt)
    thread.start()
    for _ in range(IN_FLIGHT):
        assert proxy.held.acquire(timeout=60)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Cancelled))
    thread.join(timeout=30)
    assert ended == [Cancelled]
    assert not proxy.released.is_set()
    proxy.released.set()
    assert objects.upload(EXPORTS, key, blocks()).kept_bytes == PART


@pytest.mark.parametrize(
    ("fault", "kind"), [(lose_the_answer, Unavailable), (answering(503, "SlowDown"), RateLimited)], ids=["lost", "503"]
)
def test_a_small_object_is_put_once_whatever_the_answer(
    proxy: Proxy, endpoint: str, fault: Fault, kind: type[ConnectorError]
) -> None:
    objects, key = S3ObjectStore.connect(proxy.url), f"{uuid4().hex}/small"
    proxy.plan("put", fault)
    with pytest.raises(kind):
        objects.upload(EXPORTS, key, [b"small"])
    assert objects.upload(EXPORTS, key, [b"small"]).size_bytes == 5
    assert sum(objects.erase(EXPORTS, key)) == 1


@pytest.mark.parametrize(
    ("setting", "method", "key_id"),
    [
        ("AES256", "AES256", None),
        ("aws:kms", "aws:kms", None),
        ("aws:kms:alias/exports", "aws:kms", "alias/exports"),
        ("none", None, None),
    ],
)
def test_every_write_asks_for_the_encryption_of_the_setting(
    proxy: Proxy, endpoint: str, setting: str, method: str | None, key_id: str | None
) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def refuse(handler: Handler) -> None:
        sent = handler.headers.get
        asked.append((sent("x-amz-server-side-encryption"), sent("x-amz-server-side-encryption-aws-kms-key-id")))
        answering(503, "SlowDown")(handler)

    objects, prefix = S3ObjectStore.connect(proxy.url, setting), f"{uuid4().hex}/"
    S3ObjectStore.connect(endpoint).put(EXPORTS, f"{prefix}source", b"1")
    proxy.plan("put", refuse, refuse, refuse)
    proxy.plan("create", refuse)
    for write in (
        lambda: objects.put(EXPORTS, f"{prefix}a", b"1"),
        lambda: objects.upload(EXPORTS, f"{prefix}a", [b"1"]),
        lambda: objects.upload(EXPORTS, f"{prefix}a", blocks()),
        lambda: objects.copy((EXPORTS, f"{prefix}source"), (EXPORTS, f"{prefix}a")),
    ):
        with pytest.raises(RateLimited):
            write()
    assert asked == [(method, key_id)] * 4
    assert sum(objects.erase(EXPORTS, prefix)) == 1


def _uploading(endpoint: str, key: str) -> None:
    S3ObjectStore.connect(endpoint).upload(EXPORTS, key, blocks())


def test_after_sigkill_in_the_middle_only_what_was_in_flight_is_sent_again(proxy: Proxy, key: str) -> None:
    for number in (4, 5, 6):
        proxy.plan(f"part {number}", hold)
    process = multiprocessing.get_context("spawn").Process(target=_uploading, args=(proxy.url, key))
    process.start()
    for _ in range(IN_FLIGHT):
        assert proxy.held.acquire(timeout=60)
    process.kill()
    process.join()
    proxy.released.set()
    told: list[Uploaded] = []
    uploaded = S3ObjectStore.connect(proxy.url).upload(EXPORTS, key, blocks(), finishing=told.append)
    assert told == [uploaded]
    assert uploaded.kept_bytes == 3 * PART
    assert proxy.part_bytes() - len(BODY) == IN_FLIGHT * PART
