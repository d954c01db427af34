"""Threads at one work: the first failure ends all, a cancellation too, and the activity's own thread beats meanwhile."""

import threading

import pytest
from temporalio.exceptions import CancelledError
from temporalio.testing import ActivityEnvironment

from activities.together import Stopped, Together


def nothing():
    """No heartbeat."""


def test_every_item_is_done_once_by_as_many_threads():
    both, done = threading.Barrier(2, timeout=10), []
    Together(2, nothing).each(lambda item: (both.wait(), done.append(item)), range(1, 9))
    assert sorted(done) == list(range(1, 9))


def test_the_first_failure_is_told_and_stops_the_others():
    told, waiting = [], threading.Event()
    together = Together(2, nothing)

    def work(item):
        if item == "fails":
            waiting.wait(10)
            raise KeyError(item)
        waiting.set()
        try:
            while True:
                together.check()
        except Stopped:
            told.append(item)
            raise

    with pytest.raises(KeyError):
        together.each(work, ["runs", "fails", "never"])
    assert told == ["runs"]


def test_the_thread_that_waits_beats(monkeypatch):
    monkeypatch.setattr("activities.together.LOOK_SECONDS", 0)
    beaten, enough = [], threading.Event()

    def beat():
        beaten.append(threading.current_thread())
        if len(beaten) > 3:
            enough.set()

    Together(1, beat).each(lambda _: enough.wait(10), ["long"])
    assert {*beaten} == {threading.current_thread()}


def test_a_cancelled_attempt_stops_what_it_began():
    environment, stopped = ActivityEnvironment(), threading.Event()

    def activity():
        together = Together(1, nothing)

        def work(_):
            environment.cancel()
            try:
                while True:
                    together.check()
            except Stopped:
                stopped.set()
                raise

        together.each(work, ["endless"])

    with pytest.raises(CancelledError):
        environment.run(activity)
    assert stopped.wait(10)
