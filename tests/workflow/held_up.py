"""A call that hangs while a test says something else, so that two things happen at once."""

import asyncio
import threading
from typing import Self, TypeVar

from tests.workflow.breakable import Breakable

T = TypeVar("T")
_PATIENCE_SECONDS = 30.0


class HeldUp:
    """The next call of a port's method for one account waits until it is let go; those after it don't."""

    def __init__(self, port: Breakable, method: str, account: str) -> None:
        self._port, self._began, self._go = port, threading.Event(), threading.Event()
        port.answer(method, account, self._wait)

    def _wait(self, found: T) -> T:
        if not self._began.is_set():
            self._began.set()
            self._go.wait(_PATIENCE_SECONDS)
        return found

    async def __aenter__(self) -> Self:
        """Nothing hangs yet."""
        return self

    async def began(self) -> None:
        """The call hangs."""
        assert await asyncio.to_thread(self._began.wait, _PATIENCE_SECONDS)

    async def __aexit__(self, *_: object) -> None:
        """It goes on."""
        self._go.set()
        self._port.mend()
