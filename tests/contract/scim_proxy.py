"""Stands between us and the SCIM server; by a plan, it fails. It remembers what the server was asked and has changed.

A request is named by what it does: `GET Users`, `PATCH Users`, `POST Bulk`, `DELETE Groups`.
"""

import http.client
import json
import re
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
Fault = Callable[["Handler"], None]
Answer = tuple[int, dict[str, str], bytes]


class ScimProxy(ThreadingHTTPServer):
    """`url` is its address; `seen` counts requests by name, `changed` successful changes by path."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        parts = urlsplit(upstream)
        self.upstream = parts.netloc
        self.url = f"http://127.0.0.1:{self.server_port}{parts.path}"
        self.seen: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.released = threading.Event()
        self._plan: dict[str, list[Fault]] = defaultdict(list)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def plan(self, name: str, *faults: Fault) -> None:
        """The next requests of that name meet these."""
        self._plan[name] += faults

    def fault(self, name: str) -> Fault:
        return self._plan[name].pop(0) if self._plan[name] else forward

    def forget(self) -> None:
        """What was planned."""
        self._plan.clear()

    def close(self) -> None:
        self.released.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is what this is for."""


class Handler(BaseHTTPRequestHandler):
    server: ScimProxy

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        setattr(self, f"do_{self.command}", self._any)
        return True

    def _any(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = f"{self.command} {self.path.removeprefix('/v2/').partition('?')[0].partition('/')[0]}"
        self.server.seen[name] += 1
        self.server.fault(name)(self)

    def pass_on(self, body: bytes | None = None, path: str | None = None) -> Answer:
        """What the server answers; what it changed is remembered."""
        connection = http.client.HTTPConnection(self.server.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        connection.request(self.command, path or self.path, self.body if body is None else body, headers)
        answer = connection.getresponse()
        read = answer.read()
        connection.close()
        self._remember(answer.status, read)
        kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
        return answer.status, kept, read

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""

    def _remember(self, status: int, read: bytes) -> None:
        if status >= 300 or self.command == "GET":
            return
        if not self.path.endswith("/Bulk"):
            self.server.changed[self.path.rsplit("/", 1)[1]] += 1
            return
        for operation in json.loads(read)["Operations"]:
            if int(operation["status"]) < 300:
                self.server.changed[operation["location"].rsplit("/", 1)[1]] += 1


def forward(request: Handler) -> None:
    request.answer(*request.pass_on())


def says(status: int, **headers: str) -> Fault:
    """Answers so, and the server never hears of it."""
    return lambda request: request.answer(*_error(status, headers))


def done_but(status: int) -> Fault:
    """The server does it, and the answer says otherwise."""

    def fault(request: Handler) -> None:
        request.pass_on()
        request.answer(*_error(status, {}))

    return fault


def page_of_a_proxy(request: Handler) -> None:
    request.answer(502, {"Content-Type": "text/html"}, b"<h1>Bad gateway</h1>")


def cut(request: Handler) -> None:
    """The server does it, and the line goes dead."""
    request.pass_on()
    request.connection.shutdown(socket.SHUT_RDWR)


def slow(request: Handler) -> None:
    """The server does it, and the answer never comes."""
    request.pass_on()
    request.server.released.wait()


def broken(request: Handler) -> None:
    """The server does it, and half an answer comes."""
    _, headers, body = request.pass_on()
    request.answer(200, {**headers, "Content-Type": "application/scim+json"}, body[: len(body) // 2] or b"{")


def answers_half(request: Handler) -> None:
    """A bulk that is done, of which half is told."""
    status, headers, body = request.pass_on()
    told = json.loads(body)
    request.answer(status, headers, json.dumps({**told, "Operations": told["Operations"][::2]}).encode())


def does_half(request: Handler) -> None:
    """A bulk of which half is done."""
    asked = json.loads(request.body)
    request.answer(*request.pass_on(json.dumps({**asked, "Operations": asked["Operations"][::2]}).encode()))


def fails_half(status: int) -> Fault:
    """A bulk of which half is done, and the other half answers so."""

    def fault(request: Handler) -> None:
        asked = json.loads(request.body)
        operations, answer = asked["Operations"], json.loads(_error(status, {})[2])
        code, headers, body = request.pass_on(json.dumps({**asked, "Operations": operations[::2]}).encode())
        told, root = json.loads(body), request.server.url
        for each in operations[1::2]:
            failed = {"method": each["method"], "location": f"{root}{each['path']}", "status": str(status)}
            told["Operations"].append({**failed, "response": answer})
        request.answer(code, headers, json.dumps(told).encode())

    return fault


def first(act: Callable[[], object]) -> Fault:
    """Somebody else does something, just before the server hears of it."""

    def fault(request: Handler) -> None:
        act()
        forward(request)

    return fault


def refuses(unknown: str, status: int) -> Fault:
    """As many services do: a group isn't changed where one that is to be its member isn't there."""

    def fault(request: Handler) -> None:
        if unknown.encode() in request.body:
            says(status)(request)
        else:
            forward(request)

    return fault


def pretends(request: Handler) -> None:
    """Says that it's done, and the server never hears of it."""
    request.answer(204, {}, b"")


def answers(status: int, body: bytes) -> Fault:
    """The server does it, and the answer says less, or more, than others do."""

    def fault(request: Handler) -> None:
        request.pass_on()
        request.answer(status, {"Content-Type": "application/scim+json"} if body else {}, body)

    return fault


def counts_its_page(request: Handler) -> None:
    """A service whose `totalResults` is how many it gives."""
    status, headers, body = request.pass_on()
    told = json.loads(body)
    told["totalResults"] = len(told.get("Resources", []))
    request.answer(status, headers, json.dumps(told).encode())


def unfiltered(request: Handler) -> None:
    """A service that ignores the filter."""
    request.answer(*request.pass_on(path=re.sub(r"filter=[^&]*&?", "", request.path)))


def _error(status: int, headers: dict[str, str]) -> Answer:
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(status), "detail": "ana@faro"}
    kept = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/scim+json", **kept}, json.dumps(body).encode()
