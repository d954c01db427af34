"""A relay before a server on loopback: it counts the bytes which clients send, and takes its time as a network does."""

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from devstack.ports import LOOPBACK

_PIECE = 64 * 1024
_PIECE_SECONDS = 0.003  # some 20 MB a second on each connection


class Relay(socketserver.ThreadingTCPServer):
    """`sent` is what came so far, on all connections. Little waits in its sockets: what is sent is on its way."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int) -> None:
        super().__init__((LOOPBACK, 0), _Connection)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
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
            time.sleep(len(piece) / _PIECE * _PIECE_SECONDS)
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
