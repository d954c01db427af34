"""One stack a home."""

import fcntl
import os
import sys
import time
from pathlib import Path
from typing import Self

from connectors.errors import Conflict

GONE_SECONDS = 1.0
LONGEST_HOLDER = 100


class HomeLock:
    """An exclusive lock on `<home>/lock`, which tells who holds it.

    The servers inherit its descriptor: the home stays locked until the last of them is gone, whoever killed us.
    """

    def __init__(self, home: Path) -> None:
        """Takes nothing yet; `with` does."""
        self._home = home

    def __enter__(self) -> Self:
        """Takes it.

        Raises:
            Conflict: another stack holds it.
        """
        self.descriptor = os.open(self._home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take()
        except Conflict:
            os.close(self.descriptor)
            raise
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, _ourselves(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def _take(self) -> None:
        """Tries for a second: the servers of a stack that was killed need a moment to be gone."""
        end = time.monotonic() + GONE_SECONDS
        while not self._is_ours():
            if time.monotonic() > end:
                holder = os.pread(self.descriptor, LONGEST_HOLDER, 0).decode(errors="replace") or "unknown"
                what = f"{self._home} is in use by process {holder}"
                raise Conflict("embedded stack", what, "stop it first, or set FAREWELL_HOME to another folder")
            time.sleep(0.02)

    def _is_ours(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _ourselves() -> bytes:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return f"{os.getpid()} ({command}".encode()[: LONGEST_HOLDER - 1] + b")"
