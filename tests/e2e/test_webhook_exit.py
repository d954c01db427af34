"""A whole exit where access and contracts are a system of others, which stumbles now and then. Source: TRUST 10, 18."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from commands.beginning import Asked, begin
from connectors.builtin.access import BuiltinAccess
from connectors.builtin.contract import BuiltinContracts
from devstack.leaving import hand_over, let_go
from devstack.play import Play
from devstack.running import running
from models.vocabulary import CredentialClass, Mode, Reason
from tests.contract.webhook_receiver import SECRET, Receiver, running_receiver

ACCOUNT = "acc_7f3k2m"
CASE = f"{ACCOUNT}-1"
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """The settings lead to it."""
    with running_receiver() as receiver:
        for system in ("ACCESS", "CONTRACTS"):
            monkeypatch.setenv(f"FAREWELL_{system}", "webhook")
            monkeypatch.setenv(f"FAREWELL_{system}_WEBHOOK_URL", receiver.url)
            monkeypatch.setenv(f"FAREWELL_{system}_WEBHOOK_SECRET", SECRET)
        yield receiver


async def test_an_exit_over_signed_webhooks_does_each_thing_once_through_faults(
    receiver: Receiver, tmp_path: Path
) -> None:
    async with running(tmp_path / "home") as here:
        ours, contracts = BuiltinAccess(here.connections.engine), BuiltinContracts(here.connections.engine)
        receiver.access, receiver.contracts = ours, contracts
        before = ours.counts(ACCOUNT)
        await asyncio.to_thread(
            begin, here.connections, Asked(ACCOUNT, "ana", Mode.STOP, Reason.PRICE, None, None, None)
        )
        receiver.faults += [_failed, _busy, _failed]
        play = Play(here, ACCOUNT, f"offboarding-{CASE}", 120.0)
        state = await hand_over(play)
        assert ours.open(ACCOUNT) == {}
        assert sum(ours.counts(ACCOUNT).values()) == sum(before.values()) + 2
        assert contracts.state(ACCOUNT) == "ended"
        assert ours.assets(ACCOUNT) == []
        await let_go(play, state)
        assert ours.counts(ACCOUNT) == {}
        kept = [receipt for body in here.connections.cases.documents(CASE, "receipts") for receipt in body["receipts"]]
    assert receiver.faults == []
    _each_once(receiver)
    gated = {receipt["action"] for receipt in kept if receipt["action"].startswith("gate ")}
    assert gated == {f"gate {kind.value}" for kind in CredentialClass}


def _each_once(receiver: Receiver) -> None:
    """The three that were answered with a fault came again as the same message, and nothing else did."""
    ids = Counter(headers["webhook-id"] for headers, _ in receiver.requests)
    types = Counter(json.loads(body)["type"] for _, body in receiver.requests)
    asked = {f"access.{name}" for name in ("plant", "admits", "gate", "hand_over", "assets", "delete")}
    assert asked | {"contracts.serve_notice", "contracts.freeze", "contracts.terminate"} <= types.keys()
    assert types["contracts.terminate"] == 1
    assert sum(count - 1 for count in ids.values()) <= len(("failed", "busy", "failed"))


def _failed() -> Response:
    return JSONResponse({"code": "restarting"}, 502)


def _busy() -> Response:
    return Response(status_code=429, headers={"retry-after": "1"})
