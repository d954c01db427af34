"""The embedded stack at work: servers, sample company, worker, the customers' pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

import worker
from connectors.opening import Connections, connect_temporal, settings
from devstack.ports import LOOPBACK
from devstack.preparing import environment, fill
from devstack.stack import EmbeddedStack
from models.settings import Settings
from web.serving import serving


@dataclass(frozen=True)
class Running:
    """Everything that runs: the servers, Farewell's connections to them, a client of Temporal."""

    stack: EmbeddedStack
    connections: Connections
    client: Client


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Running]:
    """Servers, sample company, worker and the customers' pages, until the block ends; exits that were running go on.

    Raises:
        ConnectorError: another stack holds the home, or a server doesn't start.
    """
    async with (
        EmbeddedStack(home) as stack,
        at_work(stack) as here,
        serving(here.connections, here.client, LOOPBACK, stack.web_port),
    ):
        yield here


@asynccontextmanager
async def at_work(
    stack: EmbeddedStack, connect: Callable[[Settings], Connections] = Connections
) -> AsyncIterator[Running]:
    """Sample company and worker on servers that run; `connect` opens the adapters: tests hand over ones that break."""
    async with _connected(stack, connect) as here:
        stop = asyncio.Event()
        serving = asyncio.create_task(worker.run(here.client, here.connections, stop))
        try:
            yield here
        finally:
            stop.set()
            await serving


@asynccontextmanager
async def without_worker(home: Path) -> AsyncIterator[Running]:
    """Servers and sample company: nothing moves until a worker runs in another process, in this environment."""
    async with EmbeddedStack(home) as stack, _connected(stack, Connections) as here:
        yield here


@asynccontextmanager
async def _connected(stack: EmbeddedStack, connect: Callable[[Settings], Connections]) -> AsyncIterator[Running]:
    with environment(stack.environment):
        connections = connect(settings())
        await asyncio.to_thread(fill, stack.home, connections.settings)
        yield Running(stack, connections, await connect_temporal(connections.keys))
