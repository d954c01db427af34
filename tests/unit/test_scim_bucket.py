"""The provider's limit: never beyond it in any minute, and nearly all of it used."""

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.scim.bucket import TokenBucket

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += -(-int(seconds * SECOND * 1000) // 1000)


def most_in_a_minute(calls: list[int]) -> int:
    """In the worst minute, wherever it begins."""
    return max(bisect_left(calls, at + MINUTE) - number for number, at in enumerate(calls))


@given(limit=st.integers(1, 2000), pauses=st.lists(st.tuples(st.integers(1, 200), st.floats(0, 150)), max_size=30))
@example(limit=1, pauses=[(3, 0.0), (2, 61.0)])
@example(limit=180, pauses=[(200, 0.0), (200, 59.9), (200, 0.1)])
def test_no_minute_sees_more_calls_than_the_limit(limit: int, pauses: list[tuple[int, float]]) -> None:
    clock, calls = Clock(), []
    bucket = TokenBucket(limit, clock=clock, sleep=clock.sleep)
    for burst, idle in pauses:
        clock.now += int(idle * SECOND)
        for _ in range(burst):
            bucket.take()
            calls.append(clock.now)
    assert not calls or most_in_a_minute(calls) <= limit


@given(limit=st.integers(1, 5000))
def test_a_busy_worker_uses_nearly_all_of_the_limit(limit: int) -> None:
    clock, calls, minutes = Clock(), 0, 3
    bucket = TokenBucket(limit, clock=clock, sleep=clock.sleep)
    while clock.now < minutes * MINUTE:
        bucket.take()
        calls += clock.now < minutes * MINUTE
    assert 0.95 * limit * minutes <= calls <= limit * minutes


@given(limit=st.integers(1, 1000), seconds=st.integers(0, 300))
def test_nobody_calls_while_the_provider_wants_rest(limit: int, seconds: int) -> None:
    clock = Clock()
    bucket = TokenBucket(limit, clock=clock, sleep=clock.sleep)
    bucket.take()
    bucket.rest(timedelta(seconds=seconds))
    bucket.take()
    assert clock.now >= seconds * SECOND


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_share_one_bucket(threads: int) -> None:
    """Time stands still: each call waits for a moment of its own."""
    waits: list[float] = []
    bucket = TokenBucket(60, clock=lambda: 0, sleep=waits.append)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: bucket.take(), range(100)))
    assert len(set(waits)) == len(waits) == 100 - 2
