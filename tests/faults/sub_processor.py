"""A sub-processor on loopback that is asked by webhook: it acts once on each request, and confirms the second one."""

import base64
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

NAME = "crm"
SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes for a processor").decode()
OURS = Path("inventory.toml")


class SubProcessor(ThreadingHTTPServer):
    """`acts` counts what it did, by the id of the request: a repeat is answered as the first one was."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.acts: Counter[str] = Counter()
        self.url = f"http://127.0.0.1:{self.server_port}/erase"
        self._lock = threading.Lock()

    def act(self, request: str) -> dict[str, Any]:
        with self._lock:
            if request not in self.acts:
                self.acts[request] += 1
            turn = list(self.acts).index(request) + 1
        return {"confirmed": turn > 1, "erased": 7 if turn > 1 else None, "reference": f"CRM-{turn}"}


class _Handler(BaseHTTPRequestHandler):
    server: SubProcessor

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Webhook(SECRET).verify(body, {name.lower(): value for name, value in self.headers.items()})
        answer = json.dumps(self.server.act(self.headers["webhook-id"])).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def sub_processor(home: Path) -> Iterator[SubProcessor]:
    """Serves, and is on the inventory, until the block ends."""
    with SubProcessor() as server, pytest.MonkeyPatch.context() as patched:
        listed = f'\n[[processor]]\nname = "{NAME}"\nask = "webhook"\naddress = "{server.url}"\n'
        (home / "inventory.toml").write_text(OURS.read_text(encoding="utf-8") + listed, encoding="utf-8")
        patched.setitem(os.environ, "FAREWELL_INVENTORY_FILE", str(home / "inventory.toml"))
        patched.setitem(os.environ, "FAREWELL_PROCESSOR_SECRETS", json.dumps({NAME: SECRET}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
