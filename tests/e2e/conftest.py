"""What the tests of pages share: a database of their own, the pages over HTTP, a browser."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from connectors.opening import Connections, settings
from connectors.store.engine import migrate
from devstack.stack import EmbeddedStack
from tests.e2e.browser import browser
from tests.e2e.delivery import browser as pages


@pytest.fixture(scope="module")
def at(stack: EmbeddedStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connections]:
    """The stack's connections, with an empty database of the module's own."""
    own = {"FAREWELL_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('pages')}/farewell.db"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**stack.environment, **own}.items():
            patch.setenv(name, value)
        connections = Connections(settings())
        migrate(connections.engine)
        yield connections
        connections.engine.dispose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(at: Connections) -> AsyncIterator[httpx.AsyncClient]:
    """The pages."""
    async with pages(at) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """A browser; without one the test is skipped."""
    async with browser() as opened:
        yield opened
