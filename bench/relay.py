"""A relay before a server on loopback that counts the bytes which clients send."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devstack.ports import LOOPBACK

_PIECE = 256 * 1024


class Relay(socketserver.ThreadingTCPServer):
    """`sent` is what came so far, on all connections."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        super().__init__((LOOPBACK, 0), _Connection)
        self.target, self.sent, self._lock = (LOOPBACK, port), 0, threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def count(self, size: int) -> None:
        with self._lock:
            self.sent += size


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    """A relay before that port, while the block runs."""
    with Relay(port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class _Connection(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as beyond:
            back = threading.Thread(target=_passed, args=(beyond, self.request, lambda _: None), daemon=True)
            back.start()
            _passed(self.request, beyond, self.server.count)
            back.join()


def _passed(source: socket.socket, target: socket.socket, count: Callable[[int], object]) -> None:
    """A side that ends, or is killed, ends the other."""
    try:
        while piece := source.recv(_PIECE):
            count(len(piece))
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
