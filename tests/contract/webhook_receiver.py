"""A receiver of our webhooks, run for real on loopback: it verifies every signature and does what it's asked."""

import asyncio
import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.errors import ConnectorError
from connectors.ports.access import AccessSystem
from connectors.ports.company import ContractSystem

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
ORDER = ("account", "class", "token", "ends_at", "key", "at")
ANSWERS = {"counts": "counts", "open": "counts", "admits": "ways", "delete": "deleted", "state": "state"}
Fault = Callable[[], Response]


class Receiver:
    """Keeps what it was sent, and answers from a system behind it; `faults` are answered first, one each time."""

    def __init__(self) -> None:
        self.url, self.secret = "", SECRET
        self.access: AccessSystem | None = None
        self.contracts: ContractSystem | None = None
        self.faults: list[Fault] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/hook", self.receive, methods=["POST"])
        return app

    async def receive(self, request: Request) -> Response:
        body, headers = await request.body(), dict(request.headers)
        self.requests.append((headers, body))
        try:
            message = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            return JSONResponse({"code": "not_signed"}, 401)
        if self.faults:
            return await asyncio.to_thread(self.faults.pop(0))
        return await asyncio.to_thread(self._answer, message["type"], message["data"])

    def _answer(self, kind: str, data: dict[str, Any]) -> Response:
        try:
            return JSONResponse({} if kind == "ping" else self._done(kind, data))
        except ConnectorError as error:
            return JSONResponse({"code": type(error).__name__.lower()}, 422)

    def _done(self, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        system, method = kind.split(".")
        asked = getattr(getattr(self, system), method)
        values = {name: data[name] for name in ORDER if name in data}
        dated = (datetime.fromisoformat(v) if name in {"at", "ends_at"} else v for name, v in values.items())
        answer = asked(*dated)
        if method == "assets":
            return {"assets": [asset.model_dump() for asset in answer]}
        return {ANSWERS[method]: answer} if method in ANSWERS else {"count": answer.count}


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """On a port of its own, until the block ends."""
    receiver = Receiver()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        receiver.url = f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
        server = uvicorn.Server(uvicorn.Config(receiver.app(), log_level="critical", lifespan="off"))
        run = threading.Thread(target=server.run, args=([listening],))
        run.start()
        try:
            yield receiver
        finally:
            server.should_exit = True
            run.join()
