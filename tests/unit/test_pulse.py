"""A quick activity costs no heartbeat; a slow one tells that it lives."""

from contextvars import ContextVar

from temporalio.testing import ActivityEnvironment

from activities.pulse import beat


def told_by(work):
    environment, told = ActivityEnvironment(), []
    environment.on_heartbeat = lambda *details: told.append(details)
    environment.run(work)
    return told


def test_a_quick_activity_sends_no_heartbeat_and_a_slow_one_does(monkeypatch):
    monkeypatch.setattr("activities.pulse._last", ContextVar("last_beat", default=None))
    clock = iter([0.0, 1.0, 4.9, 5.0, 5.1, 10.1])
    monkeypatch.setattr("activities.pulse.time.monotonic", lambda: next(clock))
    assert told_by(lambda: [beat(n) for n in range(6)]) == [(3,), (5,)]


def test_outside_an_activity_nobody_needs_to_know():
    assert beat("anything") is None
