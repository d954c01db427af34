"""Signed requests out, against a receiver on loopback that is down, slow, wrong, or hostile. Source: TRUST 10, 18."""

import base64
import hmac
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256

import httpx2
import pytest
from sqlalchemy import Engine
from standardwebhooks.webhooks import Webhook
from starlette.responses import JSONResponse, RedirectResponse, Response

from connectors.builtin.access import BuiltinAccess
from connectors.errors import (
    Conflict,
    ConnectorError,
    NotFound,
    RateLimited,
    Rejected,
    Timeout,
    Unauthorized,
    Unavailable,
)
from connectors.webhooks import sender as sending
from connectors.webhooks.access import WebhookAccess
from connectors.webhooks.sender import LARGEST_BYTES, Sender
from tests.contract.sample_access import add_access
from tests.contract.sample_account import AT, add_account
from tests.contract.webhook_receiver import SECRET, Receiver, running_receiver

OTHER_SECRET = "whsec_" + base64.b64encode(b"another one of thirty-two bytes.").decode()
KEY = "acme-1:gate_credentials:-:1"


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture
def receiver(running: Receiver) -> Receiver:
    running.faults, running.requests, running.secret = [], [], SECRET
    return running


def sender(receiver: Receiver, secret: str = SECRET) -> Sender:
    return Sender(receiver.url, secret, "access", embedded=True)


def ask(receiver: Receiver, *faults: Response, secret: str = SECRET) -> dict[str, object]:
    receiver.faults = [lambda answer=each: answer for each in faults]
    return sender(receiver, secret).ask("access.free", {"account": "acme"}, KEY)


@contextmanager
def saying(*parts: bytes) -> Iterator[str]:
    """A server that says these bytes to whoever comes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        thread.join()


def test_the_vector_of_standard_webhooks() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, libraries, the vector that all of them share."""
    signer = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_leaves_is_signed_as_the_standard_says(receiver: Receiver) -> None:
    ask(receiver, JSONResponse({}))
    ((headers, body),) = receiver.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < timedelta(minutes=5).total_seconds()
    message = json.loads(body)
    assert (message["type"], message["data"]) == ("access.free", {"account": "acme"})
    assert datetime.fromisoformat(message["timestamp"]).tzinfo is not None


def test_an_effect_is_the_same_message_at_every_attempt_and_another_effect_is_another(receiver: Receiver) -> None:
    for kind, key in (("access.free", KEY), ("access.free", KEY), ("access.gate", KEY), ("access.free", f"{KEY}0")):
        receiver.faults = [lambda: JSONResponse({})]
        sender(receiver).ask(kind, {}, key)
    first, again, *others = (headers["webhook-id"] for headers, _ in receiver.requests)
    assert first == again
    assert len({first, *others}) == 1 + len(others)


def test_a_question_of_what_is_now_is_a_new_message_each_time(receiver: Receiver) -> None:
    access = WebhookAccess(sender(receiver))
    for _ in range(2):
        receiver.faults = [lambda: JSONResponse({"counts": {"session": 1}})]
        assert access.open("acme") == {"session": 1}
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 2


def test_each_class_of_credentials_is_a_message_of_its_own(receiver: Receiver) -> None:
    """One effect gates them all: a receiver that knows the message by its id would close the first class only."""
    for kind in ("session", "api_key"):
        receiver.faults = [lambda: JSONResponse({"count": 1, "reference": "job-7"})]
        receipt = WebhookAccess(sender(receiver)).gate("acme", kind, KEY, AT)
        assert receipt.reference == "job-7"
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (408, Timeout),
        (409, Conflict),
        (410, NotFound),
        (413, Rejected),
        (422, Rejected),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
    ],
)
def test_an_answer_that_is_no_success_is_told_as_what_it_is_and_nothing_is_tried_again_inside(
    receiver: Receiver, status: int, error: type[ConnectorError]
) -> None:
    with pytest.raises(error) as told:
        ask(receiver, JSONResponse({"code": "not_yet", "error": "Lucía Gil is still signed in"}, status))
    assert type(told.value) is error
    assert f"{status}: not_yet" in told.value.what
    assert "Lucía" not in str(told.value) + told.value.fix
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [429, 425, 503])
def test_whoever_asks_to_slow_down_is_heeded(receiver: Receiver, status: int) -> None:
    with pytest.raises(RateLimited) as told:
        ask(receiver, Response(status_code=status, headers={"retry-after": "7"}))
    assert told.value.retry_after == timedelta(seconds=7)


def test_a_date_to_come_again_is_heeded_too_for_an_hour_at_most(receiver: Receiver) -> None:
    soon, late, past = (datetime.now(UTC) + timedelta(minutes=n) for n in (10, 600, -10))
    waits = []
    for at in (format_datetime(soon, usegmt=True), format_datetime(late, usegmt=True), format_datetime(past), "soon"):
        with pytest.raises(RateLimited) as told:
            ask(receiver, Response(status_code=429, headers={"retry-after": at}))
        waits.append(told.value.retry_after)
    assert timedelta(minutes=5) < waits[0] <= timedelta(minutes=10)
    assert waits[1:] == [timedelta(hours=1), timedelta(0), None]


def test_a_redirect_is_never_followed(receiver: Receiver) -> None:
    with pytest.raises(Rejected, match="redirect"):
        ask(receiver, RedirectResponse(receiver.url, 307), JSONResponse({}))
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"7", b'"x"', b"\xff\xfe", b"[" * 100_000, b"{"])
def test_an_answer_that_is_no_json_object_is_refused(receiver: Receiver, body: bytes) -> None:
    with pytest.raises(Rejected, match="no JSON object"):
        ask(receiver, Response(body))


@pytest.mark.parametrize("answer", [{}, {"count": -1}, {"count": "three"}, {"count": 1.5}, {"counts": 1}])
def test_an_answer_of_another_form_names_the_field(receiver: Receiver, answer: dict[str, object]) -> None:
    receiver.faults = [lambda: JSONResponse(answer)]
    with pytest.raises(Rejected, match=r"answer to access\.free is of another form: count"):
        WebhookAccess(sender(receiver)).free("acme", KEY, AT)


def test_a_class_that_nobody_knows_is_refused(receiver: Receiver) -> None:
    receiver.faults = [lambda: JSONResponse({"counts": {"back_door": 1}})]
    with pytest.raises(Rejected, match=r"access\.counts"):
        WebhookAccess(sender(receiver)).counts("acme")


def test_an_answer_without_end_is_cut_off(receiver: Receiver) -> None:
    with pytest.raises(Rejected, match="larger than"):
        ask(receiver, Response(b" " * (LARGEST_BYTES + 1)))


def test_a_receiver_that_is_down_is_told(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(Unavailable, match="can't be reached"):
        Sender(f"http://127.0.0.1:{port}/hook", SECRET, "access", embedded=True).ask("ping", {}, "1")


def test_a_slow_receiver_is_waited_for_only_so_long(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    asked, released = threading.Event(), threading.Event()

    def late() -> Response:
        asked.set()
        released.wait(20)
        return JSONResponse({})

    receiver.faults = [late]
    with pytest.raises(Timeout):
        sender(receiver).ask("ping", {}, "1")
    released.set()
    assert asked.is_set()


def test_a_receiver_that_drips_its_headers_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    hung_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not hung_up.wait(0.01):
                    try:
                        connection.sendall(b"x: y\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(Timeout):
            Sender(f"http://127.0.0.1:{listening.getsockname()[1]}/", SECRET, "access", embedded=True).ask("p", {}, "1")
        hung_up.set()
        thread.join()


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", b"no HTTP\r\n\r\n"],
    ids=["nothing", "half an answer", "no HTTP"],
)
def test_a_receiver_that_breaks_off_is_asked_again_later(said: bytes) -> None:
    with saying(said) as url, pytest.raises(Unavailable):
        Sender(url, SECRET, "access", embedded=True).ask("ping", {}, "1")


def test_of_a_receiver_that_answers_twice_the_first_answer_counts() -> None:
    answers = [b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(b), b) for b in (b'{"count": 1}', b'{"x": 2}')]
    with saying(b"".join(answers)) as url:
        assert Sender(url, SECRET, "access", embedded=True).ask("ping", {}, "1") == {"count": 1}


def test_trust_18_a_wrong_secret_is_refused_by_the_receiver(receiver: Receiver) -> None:
    with pytest.raises(Unauthorized) as told:
        ask(receiver, JSONResponse({}), secret=OTHER_SECRET)
    assert "same secret" in told.value.fix


def test_trust_18_while_a_secret_is_replaced_both_receivers_are_served(receiver: Receiver) -> None:
    for receiver.secret in (SECRET, OTHER_SECRET):
        assert ask(receiver, JSONResponse({"count": 2}), secret=f"{SECRET} {OTHER_SECRET}") == {"count": 2}


def test_trust_18_a_message_replayed_later_is_refused_by_the_receiver(receiver: Receiver) -> None:
    ask(receiver, JSONResponse({}))
    ((headers, body),) = receiver.requests
    old = datetime.now(UTC) - timedelta(minutes=6)
    signed = Webhook(SECRET).sign(headers["webhook-id"], old, body.decode())
    replayed = {**headers, "webhook-timestamp": str(int(old.timestamp())), "webhook-signature": signed}
    assert httpx2.post(receiver.url, content=body, headers=replayed).status_code == 401
    forged = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    assert httpx2.post(receiver.url, content=body, headers=forged).status_code == 401


def test_an_answer_that_is_lost_leaves_the_effect_done_and_the_next_attempt_finds_it_so(
    receiver: Receiver, sqlite_engine: Engine
) -> None:
    account, system = add_account(sqlite_engine), BuiltinAccess(sqlite_engine)
    add_access(sqlite_engine, account)
    receiver.access = system

    def lost() -> Response:
        system.gate(account, "session", KEY, AT)
        return Response(status_code=502)

    receiver.faults = [lost]
    access = WebhookAccess(sender(receiver))
    with pytest.raises(Unavailable):
        access.gate(account, "session", KEY, AT)
    assert access.gate(account, "session", KEY, AT).count == 1
    assert access.free(account, KEY, AT).count == 1
    first, again, _ = (headers["webhook-id"] for headers, _ in receiver.requests)
    assert first == again


def test_nothing_of_a_message_is_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.faults = [lambda: JSONResponse({"ways": ["session"], "name": "Lucía"})]
    WebhookAccess(sender(receiver)).admits("acme-of-nobody", "f" * 64)
    ((headers, _),) = receiver.requests
    for secret in ("f" * 64, "acme-of-nobody", "Lucía", SECRET[6:], headers["webhook-signature"]):
        assert secret not in caplog.text


def test_the_probes_token_is_in_no_error(receiver: Receiver) -> None:
    receiver.faults = [lambda: JSONResponse({"code": "f" * 40, "token": "f" * 64}, 422)]
    with pytest.raises(Rejected) as told:
        WebhookAccess(sender(receiver)).admits("acme", "f" * 64)
    assert "f" * 64 not in str(told.value) + told.value.fix


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(receiver, JSONResponse({"count": 1})) == {"count": 1}
