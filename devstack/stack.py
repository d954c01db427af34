"""The embedded stack: Temporal, S3 and SMTP on loopback, all state under one folder."""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack.files import write_whole
from devstack.keys import make_keys
from devstack.lock import HomeLock
from devstack.mailbox import Mailbox
from devstack.ports import LOOPBACK, remembered_ports
from devstack.processes import Child, Ended, wait_until_healthy
from devstack.s3 import ObjectStorage, bucket_settings
from devstack.server import Server
from devstack.temporal import TemporalServer

SERVERS: tuple[type[Server], ...] = (ObjectStorage, TemporalServer, Mailbox)

_TRIES = 3


class EmbeddedStack:
    """`async with EmbeddedStack(home) as stack:` starts the servers, and ends them whatever happens.

    A setting that the user has made wins; where it is a server's address, that server isn't started. State
    survives kill -9 of the servers and of us. Enter it in the main thread (see `Child`).

    Attributes:
        home: the folder of all state, absolute.
        environment: the settings by which everything finds the stack, also in `<home>/environment`, which stays
            after the stop. It has the last word over `os.environ`: what the user has set is in it already.
        metrics_port: Temporal's, for `temporal.actions`; None with a Temporal of the user's own.
        ui_url: Temporal's pages; None with a Temporal of the user's own.
        web_port: where the customers' pages are served once `devstack.running` does.
        pids: the servers' process ids by name.

    Raises:
        Conflict: another stack holds the home.
        Unavailable: a server doesn't start.
    """

    def __init__(self, home: Path) -> None:
        """Starts nothing yet."""
        self.home = home.resolve()
        self.environment: dict[str, str] = {}
        self.metrics_port: int | None = None
        self.ui_url: str | None = None
        self.web_port = 0
        self.pids: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ExitStack() as locked:
            lock = locked.enter_context(HomeLock(self.home))
            for left in reversed(range(_TRIES)):
                try:
                    locked.push(await self._open(lock))
                except Ended:
                    # Somebody took a port between our look and the server's start. It may be free again at once, and
                    # people remember addresses: other ports only for the last try.
                    if not left:
                        raise
                    if left == 1:
                        (self.home / "stack.json").unlink(missing_ok=True)
                else:
                    break
            self._opened = locked.pop_all()
        return self

    async def _open(self, lock: HomeLock) -> ExitStack:
        """Starts all servers; closing what it answers ends them."""
        self._take_web_port()
        with ExitStack() as opened:
            servers = [self._server(kind) for kind in SERVERS if kind.address_setting not in os.environ]
            await self._start(servers, opened, lock)
            self._tell(servers)
            return opened.pop_all()

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._opened.close)

    def describe(self) -> dict[str, str]:
        """The settings that the stack would have, written to `<home>/environment`; starts nothing."""
        self._take_web_port()
        self._tell([self._server(kind) for kind in SERVERS if kind.address_setting not in os.environ])
        return self.environment

    def _server(self, kind: type[Server]) -> Server:
        ports = remembered_ports(self.home / "stack.json", kind.name, kind.port_names, kind.port_twin)
        server = kind(self.home, ports)
        if isinstance(server, TemporalServer):
            server.codec_url = f"{self._public_url.rstrip('/')}/codec"
        return server

    def _take_web_port(self) -> None:
        """Before the servers: the page of one of them names it."""
        self.web_port = remembered_ports(self.home / "stack.json", "web", ("http",))["http"]

    @property
    def _public_url(self) -> str:
        return os.environ.get("FAREWELL_PUBLIC_URL", f"http://{LOOPBACK}:{self.web_port}")

    async def _start(self, servers: list[Server], opened: ExitStack, lock: HomeLock) -> None:
        """All at once, then waits for one after the other: it takes as long as the slowest."""
        children = []
        for server in servers:
            child = Child(server.name, server.command(), self.home / server.name, [lock.descriptor])
            children.append(opened.enter_context(child))
            self.pids[server.name] = child.pid
        # Closing asks all of them, the last one first, before it waits for any: they end side by side.
        for child in children:
            opened.callback(child.ask_to_stop)
        for server, child in zip(servers, children, strict=True):
            await wait_until_healthy(child, server.probe, server.not_yet)

    def _tell(self, servers: list[Server]) -> None:
        for server in servers:
            if isinstance(server, TemporalServer):
                self.metrics_port, self.ui_url = server.metrics_port, server.ui_url
        self.environment = self._settings(servers)
        write_whole(self.home / "environment", _as_dotenv(self.environment).encode())

    def _settings(self, servers: list[Server]) -> dict[str, str]:
        ours = {
            "FAREWELL_DATABASE_URL": f"sqlite:///{self.home / 'farewell.db'}",
            "FAREWELL_PRODUCT_DATABASE_URL": f"sqlite:///{self.home / 'product.db'}",
            **bucket_settings(),
            **make_keys(self.home / "keys"),
            "FAREWELL_PUBLIC_URL": self._public_url,
            **({"FAREWELL_TEMPORAL_UI_URL": self.ui_url} if self.ui_url else {}),
            "FAREWELL_EMBEDDED": "1",
        }
        settings = {name: os.environ.get(name, value) for name, value in ours.items()}
        for server in servers:
            settings |= server.settings()
        outside = {kind.address_setting for kind in SERVERS} - settings.keys()
        return settings | {name: os.environ[name] for name in sorted(outside)}


def _as_dotenv(settings: dict[str, str]) -> str:
    return "".join(f"{name}={_quoted(value)}\n" for name, value in sorted(settings.items()))


def _quoted(value: str) -> str:
    """In single quotes: the one form in which shells and python-dotenv expand nothing."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
