"""Work shared by a few threads while the activity's own thread beats: no long call looks like a dead worker.

A cancellation reaches that thread alone, and only between two looks: so it waits in short steps.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
LOOK_SECONDS = 0.5


class Stopped(Exception):
    """The work of another thread has failed, or the attempt is over: this one is no longer wanted."""


class Together:
    """A few threads at one work; the first failure, or whatever befalls the thread that waits, stops the others."""

    def __init__(self, threads: int, beat: Callable[[], object]) -> None:
        """`beat` is called in the caller's thread, every half second."""
        self._threads, self._beat = threads, beat
        self._over, self._turn = threading.Event(), threading.Lock()

    def each(self, work: Callable[[Item], object], items: Iterable[Item]) -> None:
        """Does the work for every item, begun in their order; raises what the first to fail raised."""
        line = iter(items)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="together") as pool:
            try:
                self._watch({pool.submit(self._some, work, line) for _ in range(self._threads)})
            finally:
                self._over.set()

    def check(self) -> None:
        """To be called by the work, often.

        Raises:
            Stopped: nobody wants it any more.
        """
        if self._over.is_set():
            raise Stopped

    def _watch(self, under_way: set[Future[None]]) -> None:
        while under_way:
            self._beat()
            ended, under_way = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_EXCEPTION)
            for each in ended:
                each.result()

    def _some(self, work: Callable[[Item], object], line: Iterator[Item]) -> None:
        while not self._over.is_set():
            with self._turn:
                item = next(line, None)
            if item is None:
                return
            work(item)


def answered(ask: Callable[[], Answer], beat: Callable[[], object]) -> Answer:
    """What a long call answers; meanwhile the attempt tells that it's alive."""
    answers: list[Answer] = []
    Together(1, beat).each(lambda each: answers.append(each()), [ask])
    return answers[0]
