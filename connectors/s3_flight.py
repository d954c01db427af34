"""Parts of one upload in flight, sent by threads of their own; at most three, so memory stays bounded."""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cached_property
from typing import Self

from connectors.s3_multipart import Brought, Multipart, Target, resumed
from connectors.s3_parts import Part

IN_FLIGHT = 3
LOOK_SECONDS = 0.5  # a thread that waits for a lock feels no cancellation: it looks up so often


class Flight:
    """`with Flight(target) as flight:` whatever ends the block, what still flies ends by itself, and nobody waits."""

    def __init__(self, target: Target) -> None:
        """Sends nothing yet."""
        self._target = target
        self._pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="s3-part")
        self._flying: set[Future[Brought]] = set()
        self._brought: dict[int, Brought] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def multipart(self) -> Multipart:
        """The upload; looked for, or made, with the first part."""
        return resumed(self._target)

    def start(self, part: Part) -> None:
        """Sends a part as soon as there is room; raises what went wrong with an earlier one."""
        self._land(IN_FLIGHT - 1)
        self._flying.add(self._pool.submit(self.multipart.bring, part))

    def landed(self) -> list[Brought]:
        """All parts, in order, once they are there; raises what went wrong with one."""
        self._land(0)
        return [self._brought[number] for number in sorted(self._brought)]

    def _land(self, most: int) -> None:
        """Waits until at most so many fly."""
        while True:
            landed, self._flying = wait(self._flying, timeout=0)
            for brought in (future.result() for future in landed):
                self._brought[brought.number] = brought
            if len(self._flying) <= most:
                return
            wait(self._flying, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
