"""docs/webhooks.md names every message, and its receiver works."""

import re
import threading
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import NotFound, Unauthorized
from connectors.ports.access import AccessSystem
from connectors.ports.company import ContractSystem
from connectors.processors import REQUESTED
from connectors.webhooks.access import WebhookAccess
from connectors.webhooks.sender import Sender
from models.vocabulary import CredentialClass
from tests.contract.sample_account import AT
from tests.contract.test_webhooks_out import OTHER_SECRET
from tests.contract.webhook_receiver import SECRET

TEXT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
KEY = "acme-1:gate_credentials:-:1"


def methods(port: type) -> set[str]:
    return {name for name in vars(port) if not name.startswith("_")} - {"check"}


def test_every_message_is_documented_and_no_other() -> None:
    told = set(re.findall(r"^\| `([a-z_.]+)`", TEXT, re.MULTILINE))
    access = {f"access.{name}" for name in methods(AccessSystem)}
    contracts = {f"contracts.{name}" for name in methods(ContractSystem)}
    assert told == {"ping", "messages.send", REQUESTED} | access | contracts


def test_the_classes_are_documented_in_their_order() -> None:
    classes = TEXT.partition("Classes, in the order in which they're closed:")[2].partition(". Gate")[0]
    assert re.findall(r"`([a-z_]+)`", classes) == [kind.value for kind in CredentialClass]


def test_the_receiver_of_the_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    example: dict[str, Any] = {"__name__": "example"}
    exec(code, example)  # noqa: S102  # our own page
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    monkeypatch.setattr(example["Receiver"], "log_message", lambda *_: None)
    with HTTPServer(("127.0.0.1", 0), example["Receiver"]) as server:
        run = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        run.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/"
            access = WebhookAccess(Sender(url, SECRET, "access", embedded=True))
            access.check()
            assert [access.gate("acme", "api_key", KEY, AT).count for _ in range(2)] == [1, 1]
            assert access.gate("other", "api_key", KEY, AT).count == 0
            assert [access.free("acme", KEY, AT).count for _ in range(2)] == [1, 1]
            assert access.gate("acme", "api_key", KEY, AT).count == 0
            with pytest.raises(NotFound, match="unknown_type"):
                access.counts("acme")
            with pytest.raises(Unauthorized, match="not_signed"):
                WebhookAccess(Sender(url, OTHER_SECRET, "access", embedded=True)).check()
        finally:
            server.shutdown()
            run.join()
