"""One connection to the mail server, kept between messages and used by all threads in turn."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

import aiosmtplib

_STARTING = Lock()
_RUNNING: list[asyncio.AbstractEventLoop] = []
FRESH_SECONDS = 2.0


class Unheard(OSError):
    """The message was said, and the server's word on it didn't come."""


class Client(aiosmtplib.SMTP):
    """Knows whether it has begun to say a message: from then on, without an answer, nobody knows."""

    saying = False

    async def data(self, *args: Any, **kwargs: Any) -> aiosmtplib.SMTPResponse:
        """As the library's own."""
        self.saying = True
        return await super().data(*args, **kwargs)


Work = Callable[[Client], Awaitable[Any]]


class Line:
    """Whoever comes waits their turn. It lives in a loop of its own, for the library's connection belongs to one."""

    def __init__(self, connect: Callable[[], Client], seconds: float, idle_seconds: float) -> None:
        """`connect` makes a client that isn't connected yet; a use takes `seconds` at most, its turn included."""
        self._new, self._seconds, self._idle_seconds = connect, seconds, idle_seconds
        self._turn = asyncio.Lock()
        self._client: Client | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._used_at = 0.0

    def use(self, work: Work) -> None:
        """Does it over the connection that stands, or a new one.

        Raises:
            Unheard, aiosmtplib.SMTPException, OSError.
        """
        asyncio.run_coroutine_threadsafe(self._used(work), _loop()).result()

    def try_once(self) -> None:
        """Whether a connection could be made now; on one of its own."""
        asyncio.run_coroutine_threadsafe(self._tried(), _loop()).result()

    def close(self) -> None:
        """Hangs up, once whoever uses it has done."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), _loop()).result()

    async def _used(self, work: Work) -> None:
        client: Client | None = None
        try:
            async with asyncio.timeout(self._seconds), self._turn:
                client = await self._connected()
                await self._done(work, client)
        except aiosmtplib.SMTPResponseException:
            raise
        except (aiosmtplib.SMTPServerDisconnected, OSError):
            if client is not None and client.saying:
                raise Unheard("no word on a message") from None
            raise

    async def _done(self, work: Work, client: Client) -> None:
        """A server that says no may be asked again; with one that says nothing the connection ends."""
        try:
            await work(client)
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused):
            raise
        except BaseException:
            self._drop()
            raise
        finally:
            self._used_at = _loop().time()
            self._idle = _loop().call_later(self._idle_seconds, self._leave)

    async def _connected(self) -> Client:
        """The connection, if the server still listens; a server hangs up when it likes."""
        if self._idle is not None:
            self._idle.cancel()
        fresh = _loop().time() - self._used_at < FRESH_SECONDS
        if self._client is not None and await _listens(self._client, fresh=fresh):
            return self._client
        self._drop()
        client = self._new()
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        self._client = client
        return client

    def _leave(self) -> None:
        self._leaving = asyncio.ensure_future(self._hang_up())

    async def _hang_up(self) -> None:
        async with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            if self._client is not None and self._client.is_connected:
                with suppress(aiosmtplib.SMTPException, OSError):  # it's gone either way
                    await self._client.quit(timeout=1.0)
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    async def _tried(self) -> None:
        async with asyncio.timeout(self._seconds), self._new() as client:
            await client.noop()


async def _listens(client: Client, *, fresh: bool) -> bool:
    """Asks, unless it has just been used: a server that hangs up in between is found out, and nothing was said yet."""
    client.saying = False
    if not client.is_connected or fresh:
        return client.is_connected
    try:
        await client.rset()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return True


def _loop() -> asyncio.AbstractEventLoop:
    """One for all lines of this process, on a thread that ends with it."""
    with _STARTING:
        if not _RUNNING:
            _RUNNING.append(asyncio.new_event_loop())
            Thread(target=_RUNNING[0].run_forever, name="smtp", daemon=True).start()
    return _RUNNING[0]
