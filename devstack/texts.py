"""Takes SMS and WhatsApp messages as a provider would: signed webhooks (Standard Webhooks), one file each."""

import json
import logging
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from devstack.files import write_once
from devstack.ports import LOOPBACK

PATH = "/texts"
_LARGEST_BYTES = 1 << 20
_log = logging.getLogger("farewell.texts")


class _Texts(BaseHTTPRequestHandler):
    """A request is answered when its message is on disk; a repeat of its id adds nothing."""

    def __init__(self, folder: Path, secret: str, *connection: object) -> None:
        self._folder, self._secret = folder, secret
        super().__init__(*connection)  # type: ignore[arg-type]  # what socketserver hands over

    def do_POST(self) -> None:
        """200 kept · 401 not signed with our secret, or too old · 413 · 404 elsewhere."""
        size = int(self.headers.get("Content-Length", 0))
        if self.path != PATH:
            self._answer(404)
        elif size > _LARGEST_BYTES:
            self._answer(413)
        else:
            self._answer(self._keep(self.rfile.read(size)))

    def _keep(self, body: bytes) -> int:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            message = Webhook(self._secret).verify(body, headers)
        except WebhookVerificationError:
            return 401
        if message["type"] != "ping":
            write_once(self._folder / f"{quote(headers['webhook-id'], safe='@+=')}.json", body)
        return 200

    def _answer(self, status: int) -> None:
        body = json.dumps({}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """To the log, not to the terminal; a path holds nothing of anybody."""
        _log.debug("%s", told)


def serve_texts(port: int, folder: Path, secret: str) -> ThreadingHTTPServer:
    """Serves in threads of its own until it is shut down; `folder` exists."""
    server = ThreadingHTTPServer((LOOPBACK, port), partial(_Texts, folder, secret))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return server
