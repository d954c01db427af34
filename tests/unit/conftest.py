import pytest


@pytest.fixture
def every_beat(monkeypatch):
    """Lets every heartbeat through: what happens between two of them is what these tests look at."""
    monkeypatch.setattr("activities.pulse.EVERY_SECONDS", 0.0)
