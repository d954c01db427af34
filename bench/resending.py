"""What an export sends twice when it's killed in the middle."""

import subprocess
import time
from typing import NamedTuple

from bench.exporting import Asked, command, exported
from bench.relay import Relay, relay
from connectors.s3_flight import IN_FLIGHT
from connectors.s3_parts import SIZES

_MIB = 1024 * 1024


class Resent(NamedTuple):
    """Bytes on the wire: of the whole object, sent when it was killed, and sent again by the attempt that followed."""

    whole: int
    before: int
    again: int

    @property
    def ratio(self) -> float:
        """Of the whole, sent again. From zero it would be `before / whole`."""
        return self.again / self.whole

    @property
    def in_flight(self) -> int:
        """The most that may be sent again."""
        return IN_FLIGHT * SIZES[0][1]

    def __str__(self) -> str:
        whole, before, again, most = (
            f"{size / _MIB:.1f} MiB" for size in (self.whole, self.before, self.again, self.in_flight)
        )
        return f"killed when {before} of {whole} were sent: {again} sent again, {most} in flight at most"


def resent(asked: Asked, port: int, whole: int) -> Resent:
    """Kills the export when half of the object has passed, and lets the next attempt finish; S3 listens on `port`."""
    with relay(port) as counted:
        through = asked.model_copy(update={"endpoint": counted.url})
        _killed(through, counted, whole // 2)
        before = counted.sent
        done = exported(through)
        return Resent(done.size_bytes, before, max(0, counted.sent - done.size_bytes))


def _killed(asked: Asked, counted: Relay, after: int) -> None:
    with subprocess.Popen(command(asked), stdout=subprocess.DEVNULL) as child:
        while counted.sent < after:
            time.sleep(0.001)
            if child.poll() is not None:
                raise RuntimeError("the export ended before it could be killed")
        child.kill()
