"""What tests of several folders share."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from connectors.errors import Unavailable
from devstack.postgres import Postgres, running_postgres
from devstack.stack import EmbeddedStack


@pytest.fixture(autouse=True)
def _environment_stays() -> Iterator[None]:
    """A command that a test runs in this process takes the stack's settings over: the next test must not find them."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    """The embedded stack, one for all tests: use ids and keys of your own."""
    async with EmbeddedStack(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, one for all tests: make databases of your own."""
    try:
        with running_postgres() as server:
            yield server
    except Unavailable as no:
        pytest.skip(str(no))
