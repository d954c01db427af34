import pytest
from hypothesis import settings

# No test measures time: a machine that does other things, too, would make it fail.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def every_beat(monkeypatch):
    """Lets every heartbeat through: what happens between two of them is what these tests look at."""
    monkeypatch.setattr("activities.pulse.EVERY_SECONDS", 0.0)
