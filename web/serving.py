"""Serves the web application by uvicorn: `farewell-web` in production, beside the worker in the embedded stack."""

import argparse
import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from temporalio.client import Client

from connectors.errors import Unavailable
from connectors.opening import Connections, connect_temporal, opened
from web.application import make_app


class _Guest(uvicorn.Server):
    """A server that leaves the signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


@asynccontextmanager
async def serving(at: Connections, client: Client, host: str, port: int) -> AsyncIterator[None]:
    """Serves in this process until the block ends.

    Raises:
        Unavailable: something else listens there.
    """
    server = _Guest(configured(make_app(at, client)))
    with _listening(host, port) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await task


def configured(app: ASGIApp) -> uvicorn.Config:
    """No access log, whatever handlers there are: it would keep the links' tokens. Pages name no addresses of ours."""
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Config(
        app, access_log=False, log_config=None, server_header=False, proxy_headers=False, timeout_graceful_shutdown=5
    )


async def serve(stop: asyncio.Event) -> None:
    """Serves at the address that the command line names until `stop`; raises WrongSetting or ConnectorError."""
    words = argparse.ArgumentParser(prog="farewell-web", description="Serve the customers' pages.")
    words.add_argument("--host", default="127.0.0.1", help="where to listen; 0.0.0.0 within a container")
    words.add_argument("--port", type=int, default=8080)
    asked = words.parse_args()
    at = opened()
    for needed in ("policy", "inventory", "keys", "cases", "objects"):
        getattr(at, needed)
    await asyncio.to_thread(at.keys.check)
    async with serving(at, await connect_temporal(at.keys), asked.host, asked.port):
        await stop.wait()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen()  # whoever comes before the server is ready waits for it
        except OSError as error:
            raise Unavailable(
                "farewell-web", f"can't listen at {host}:{port}: {error.strerror}", "name another --port"
            ) from None
        yield listener
