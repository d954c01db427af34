"""The embedded stack at work: servers, sample company, worker; and the sample company alone, without servers."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import boto3
from sqlalchemy import inspect
from sqlmodel import Session, select
from temporalio.client import Client

import worker
from connectors.opening import Connections, connect_temporal, settings
from connectors.store.engine import migrate, open_engine
from devstack.company.files import put_attachments
from devstack.company.product import build_product
from devstack.company.seeding import seed
from devstack.files import write_whole
from devstack.lock import HomeLock
from devstack.ports import LOOPBACK
from devstack.stack import EmbeddedStack
from models.settings import Settings
from models.tables.accounts import AccountRow
from web.serving import serving

# What the embedded stack keeps in its home, and therefore what a fresh start may remove: nothing else.
OURS = (
    *("temporal", "s3", "mail", "mail-returned", "texts", "keys", "demo"),
    *("mail-answers.json", "mail-received.jsonl"),
    *("stack.json", "environment", "aws-credentials", "anchor", "*.log", "*.log.1"),
    *("farewell.db*", "product.db*"),
)


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
    with _environment(stack.environment):
        connections = connect(settings())
        await asyncio.to_thread(_fill, stack.home, connections.settings)
        yield Running(stack, connections, await connect_temporal(connections.keys))


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Sets them for the block: afterwards the addresses mustn't look as if the user had set them."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def prepare(home: Path) -> None:
    """Makes the sample company's databases and the settings that name them; starts no server."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with HomeLock(home.resolve()), _environment(EmbeddedStack(home).describe()):
        _make_databases(home, settings())


def start_afresh(home: Path) -> None:
    """Removes what an earlier stack left in its home.

    Raises:
        Conflict: it is still running.
    """
    if not home.exists():
        return
    with HomeLock(home.resolve()):
        for found in (path for pattern in OURS for path in home.glob(pattern)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()


def _fill(home: Path, at: Settings) -> None:
    _make_databases(home, at)
    if at.s3_files_bucket:
        s3 = boto3.Session().client("s3", endpoint_url=at.s3_endpoint_url)
        put_attachments(s3, at.s3_files_bucket, at.product_database_url)


def _make_databases(home: Path, at: Settings) -> None:
    """Farewell's own and the product's, each only where it is missing, both of one day."""
    engine, anchor = Connections(at).engine, _anchor(home)
    migrate(engine)
    product = open_engine(at.product_database_url)
    if not inspect(product).has_table("account"):
        build_product(at.product_database_url, anchor=anchor)
    with Session(engine) as session:
        empty = session.exec(select(AccountRow.id)).first() is None
    if empty:
        seed(engine, at.product_database_url, anchor=anchor)
    product.dispose()
    engine.dispose()


def _anchor(home: Path) -> date:
    """The day on which the sample company was made: its dates count from there."""
    kept = home / "anchor"
    if not kept.exists():
        write_whole(kept, datetime.now(UTC).date().isoformat().encode())
    return date.fromisoformat(kept.read_text(encoding="utf-8"))
