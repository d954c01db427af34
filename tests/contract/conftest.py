"""Farewell's own database on both systems, one each for all tests: use account ids of your own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from connectors.store.engine import migrate, open_engine


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Migrated, and with nobody in it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('store')}/farewell.db"
    else:
        url = request.getfixturevalue("postgres").url
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()
