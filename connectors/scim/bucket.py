"""A token bucket: never more calls in any minute than the provider allows, and nearly all of them."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

_MINUTE = 61 * 1_000_000_000
"""A second more than the provider's: calls that leave on time arrive a little late, and some later than others."""


class TokenBucket:
    """Shared by the threads of a worker; each worker has its own.

    A bucket of one and a fortieth of `calls_a_minute`, which fills so slowly that a full one and a minute's drops
    together are the limit: no minute, wherever it begins, sees more calls, and a busy one sees 0.95 of them.
    """

    def __init__(
        self,
        calls_a_minute: int,
        *,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` gives nanoseconds, `sleep` takes seconds."""
        held = 1 + (calls_a_minute - 1) // 40
        self._interval = -(-_MINUTE // (calls_a_minute - held + 1))
        self._early = self._interval * (held - 1)
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = clock() - self._early

    def take(self) -> None:
        """Waits until a call may be made."""
        with self._lock:
            now = self._clock()
            self._next = max(self._next, now - self._early)
            wait = self._next - now
            self._next += self._interval
        if wait > 0:
            self._sleep(wait / 1_000_000_000)

    def rest(self, how_long: timedelta) -> None:
        """Nobody calls for so long: the provider asked for it."""
        until = self._clock() + int(how_long.total_seconds() * 1_000_000_000)
        with self._lock:
            self._next = max(self._next, until)
