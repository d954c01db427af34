"""One message, sent by a process that dies on the way, and by those that come after it; a mail server that tells all."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP as INTERNET
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiosmtpd.controller import Controller
from temporalio.testing import ActivityEnvironment

from connectors.opening import Connections, settings
from devstack.ports import free_ports
from devstack.stack import EmbeddedStack
from models.case import CaseRequest, PlanRequest
from models.effects import MessageRequest, MessageResult
from models.messages import Kept
from models.vocabulary import Channel, MailKind, Mode, Reason, Stage
from tests.faults.dying_worker import NURSERY, Death, Fate, doom
from tests.faults.effects import ACCOUNT, CASE
from worker import case_activities

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)  # a Tuesday morning in Madrid: whatever may arrive may arrive now
SOON, LATER = timedelta(seconds=10), timedelta(minutes=3)
WITHIN = "the server has it, its answer is on the way"


class Post:
    """An SMTP server: each message that it took, in order; `then` happens once it has one, before it says so."""

    def __init__(self) -> None:
        self.url = ""
        self.taken: list[tuple[str, str]] = []
        self.then: Callable[[], None] = lambda: None
        self.answers: list[str] = []  # to recipients; the first is used up first, then all are welcome

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message_id = str(message_from_bytes(envelope.content, policy=INTERNET)["Message-ID"]).strip("<>")
        self.taken.append((message_id, hashlib.sha256(envelope.content).hexdigest()))
        await asyncio.to_thread(self.then)
        return "250 OK"

    def times(self, message_id: str) -> int:
        return sum(each == message_id for each, _ in self.taken)

    def forms(self, message_id: str) -> int:
        """In how many forms it came: a repeat must have equal bytes."""
        return len({digest for each, digest in self.taken if each == message_id})


@contextmanager
def post_office() -> Iterator[Post]:
    """Serves until the block ends."""
    post, (port,) = Post(), free_ports(1)
    controller = Controller(post, hostname="127.0.0.1", port=port, ready_timeout=10)
    controller.start()
    post.url = f"smtp://127.0.0.1:{port}"
    try:
        yield post
    finally:
        controller.stop()


class Sender:
    """Sends messages of one case, by processes that die and by this one."""

    def __init__(self, home: Path, post: Post) -> None:
        self.at, self.post, self._home = Connections(settings()), post, home
        self._plan()

    def dies(self, request: MessageRequest, deaths: Sequence[Death] = ()) -> None:
        """Another process tries, and is killed: where it is told to, or within the handing over."""
        life = NURSERY.Process(target=_try, args=(dict(os.environ), request, deaths, self._home / "deaths"))
        self.post.then = (lambda: os.kill(int(life.pid or 0), signal.SIGKILL)) if not deaths else lambda: None
        life.start()
        life.join(60)
        self.post.then = lambda: None
        assert life.exitcode == -signal.SIGKILL, f"it ended with {life.exitcode}"
        life.close()

    def tries(self, request: MessageRequest, after: timedelta) -> MessageResult:
        """What this process answers, so long after the first attempt."""
        return attempt(self.at, request, AT + after)

    def row(self, request: MessageRequest) -> Kept:
        found = self.at.outbox.message(self.id_of(request))
        assert found
        return found

    def id_of(self, request: MessageRequest) -> str:
        domain = self.at.policy.sender.address.rpartition("@")[2]
        return f"{CASE}.{request.kind}.{request.generation}@{domain}"

    def _plan(self) -> None:
        about: dict[str, Any] = {"mode": Mode.STOP, "reason": Reason.PRICE, "requested_by": "ana", "manager": "ana"}
        asked = CaseRequest(case="", account=ACCOUNT, language="es", channel=Channel.EMAIL, **about)
        self.at.cases.open_case(asked, AT)
        self._hash = run(self.at, "make_plan", _about(PlanRequest, "make_plan", mode=Mode.STOP), AT).agreed.hash

    def message(self, kind: MailKind, number: int) -> MessageRequest:
        """The request of a message; each number is another message."""
        about = {"subject": kind.value, "kind": kind, "generation": number, "plan_hash": self._hash}
        return _about(MessageRequest, "send_message", **about)


class Try(NamedTuple):
    """Where the first attempt dies, and what the ones after it find. `gone`: it may have been handed over."""

    death: Death | None
    gone: bool
    settled: bool = False

    def __str__(self) -> str:
        return f"{self.death.port} {self.death.method} {self.death.moment}" if self.death else WITHIN


def _death(port: str, method: str, moment: Any) -> Death:
    return Death(port, method, "", moment)


TRIES = (
    *(Try(_death("outbox", "prepare", moment), gone=False) for moment in ("before", "after")),
    Try(_death("outbox", "leaving", "before"), gone=False),
    Try(_death("outbox", "leaving", "after"), gone=True),
    Try(_death("messenger", "deliver", "before"), gone=True),
    Try(None, gone=True),
    Try(_death("messenger", "deliver", "after"), gone=True),
    Try(_death("outbox", "sent", "before"), gone=True),
    Try(_death("outbox", "sent", "after"), gone=True, settled=True),
)
HANDED_OVER = frozenset(map(str, TRIES[5:]))
"""Those in which the server has it already."""


def attempt(at: Connections, request: MessageRequest, now: datetime) -> MessageResult:
    result: MessageResult = run(at, "send_message", request, now)
    return result


def run(at: Connections, step: str, request: Any, now: datetime) -> Any:
    """An attempt at an activity, at an instant."""
    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info, scheduled_time=now, current_attempt_scheduled_time=now, started_time=now
    )
    return environment.run(next(each for each in case_activities(at) if each.__name__ == step), request)


def _about(form: type[Any], step: str, **fields: Any) -> Any:
    return form(case=CASE, account=ACCOUNT, stage=Stage.NOTICE, step=step, **fields)


def _try(environment: dict[str, str], request: MessageRequest, deaths: Sequence[Death], notes: Path) -> None:
    """The life of a process that sends one message."""
    os.environ.clear()
    os.environ.update(environment)
    at = Connections(settings())
    doom(at, Fate(deaths, notes))
    attempt(at, request, AT)


@contextmanager
def settings_of(home: Path, post: Post) -> Iterator[None]:
    """Of a company without servers, but for this post office."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in EmbeddedStack(home).describe().items():
            patched.setenv(name, value)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patched.delenv(name)
        patched.setenv("AWS_ACCESS_KEY_ID", "nobody's")  # S3 is opened, and never asked
        patched.setenv("AWS_SECRET_ACCESS_KEY", "nobody's")
        patched.setenv("FAREWELL_SMTP_URL", post.url)
        yield
