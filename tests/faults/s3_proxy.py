"""Stands between boto3 and the S3 server; by a plan, it answers errors, cuts connections, and holds answers back.

A request is named by what it does: `part 3`, `complete`, `create`, `put`, `head`, `get`, `list parts`, `list uploads`.
"""

import http.client
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

HOP_BY_HOP = {"connection", "expect", "keep-alive", "transfer-encoding"}
Fault = Callable[["Handler"], None]


class Proxy(ThreadingHTTPServer):
    """`url` is its endpoint; `seen` the requests with the bytes of their bodies, as far as they came."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = urlsplit(upstream).netloc
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.seen: list[tuple[str, int]] = []
        self.held, self.released = threading.Semaphore(0), threading.Event()
        self._plan: dict[str, list[Fault]] = defaultdict(list)

    def plan(self, name: str, *faults: Fault) -> None:
        """The next requests of that name meet these."""
        self._plan[name] += faults

    def fault(self, name: str) -> Fault:
        return self._plan[name].pop(0) if self._plan[name] else forward

    def part_bytes(self) -> int:
        return sum(size for name, size in self.seen if name.startswith("part"))

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed, or cut off, is what this is for."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy
    names: ClassVar = {
        ("POST", "uploads"): "create",
        ("GET", "uploads"): "list uploads",
        ("GET", "uploadId"): "list parts",
    }

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        setattr(self, f"do_{self.command}", self._any)
        return True

    def _any(self) -> None:
        self.server.fault(self.name)(self)

    @property
    def name(self) -> str:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "partNumber" in query and self.command == "PUT":
            return f"part {query['partNumber'][0]}"
        if "uploadId" in query and self.command == "POST":
            return "complete"
        named = (self.names.get((self.command, key)) for key in query)
        return next(filter(None, named), self.command.lower())

    @property
    def length(self) -> int:
        return int(self.headers.get("Content-Length", 0))

    def body(self, size: int | None = None) -> bytes:
        read = self.rfile.read(self.length if size is None else size)
        self.server.seen.append((self.name, len(read)))
        return read

    def answer(self, status: int, code: str, **headers: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>planned</Message></Error>".encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text if self.command != "HEAD" else b"")

    def cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def forward(handler: Handler) -> None:
    """As if the proxy weren't there: the Host header, which is signed, stays."""
    with _asked(handler) as answer:
        content = answer.read()
        handler.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                handler.send_header(name, value)
        length = answer.getheader("Content-Length") if handler.command == "HEAD" else str(len(content))
        handler.send_header("Content-Length", length or "0")
        handler.end_headers()
        handler.wfile.write(content)


def lose_the_answer(handler: Handler) -> None:
    """The server has done it, and nobody is told."""
    with _asked(handler) as answer:
        answer.read()
    handler.cut()


def cut_in_the_middle(handler: Handler) -> None:
    handler.body(handler.length // 2)
    handler.cut()


def hold(handler: Handler) -> None:
    """Reads the body and keeps it until `released`; then it's gone, and so is the connection."""
    handler.body()
    handler.server.held.release()
    handler.server.released.wait()
    handler.cut()


def answering(status: int, code: str, **headers: str) -> Fault:
    def fault(handler: Handler) -> None:
        handler.body()
        handler.answer(status, code, **headers)

    return fault


@contextmanager
def proxy_to(upstream: str) -> Iterator[Proxy]:
    with Proxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, name="s3-proxy", daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.released.set()
            proxy.shutdown()
            thread.join()


@contextmanager
def _asked(handler: Handler) -> Iterator[http.client.HTTPResponse]:
    body = handler.body()
    upstream = http.client.HTTPConnection(handler.server.upstream)
    try:
        upstream.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() not in HOP_BY_HOP:
                upstream.putheader(name, value)
        upstream.endheaders(body)
        yield upstream.getresponse()
    finally:
        upstream.close()
