"""What tests of several folders share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from devstack.stack import EmbeddedStack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    """The embedded stack, one for all tests: use ids and keys of your own."""
    async with EmbeddedStack(tmp_path_factory.mktemp("home")) as running:
        yield running
