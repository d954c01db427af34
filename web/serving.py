"""Serves the web application by uvicorn: `farewell-web` in production, beside the worker in the embedded stack."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from temporalio.client import Client

from connectors.errors import ConnectorError, Unavailable
from connectors.opening import Connections, WrongSetting, connect_temporal, opened
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


def main() -> None:
    """`farewell-web`: serves until SIGTERM or Ctrl-C; what is wrong is one line, with the exit codes of CONTRACTS."""
    words = argparse.ArgumentParser(prog="farewell-web", description="Serve the customers' pages.")
    words.add_argument("--host", default="127.0.0.1", help="where to listen; 0.0.0.0 within a container")
    words.add_argument("--port", type=int, default=8080)
    asked = words.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    code = 0
    try:
        asyncio.run(_serve(asked.host, asked.port))
    except WrongSetting as wrong:
        code = _say(str(wrong), 2)
    except ConnectorError as failed:
        code = _say(f"{failed} ({failed.fix})" if failed.fix else str(failed), 5)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Python can hang at exit with a live client (sdk-python #300)


async def _serve(host: str, port: int) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    at = opened()
    for needed in ("policy", "inventory", "keys", "cases", "objects"):
        getattr(at, needed)
    async with serving(at, await connect_temporal(), host, port):
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


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"farewell-web: {text}\n")
    return code
