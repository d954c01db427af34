"""Who says something to an exit whose keys are all gone is refused in plain words, as before."""

import base64
import secrets
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from temporalio.service import RPCError, RPCStatusCode

from commands.delivering import deliver_by
from commands.refused import Exit, Refused
from connectors.keys import FolderKeyStore
from models.account import Actor
from models.keys import KeyScope
from models.payload import Personal
from models.updates import Undo
from tests.fakes.evidence import MemoryLedger

AT = datetime(2026, 11, 22, tzinfo=UTC)
CASE = {"id": "acme-1", "account": "acme", "mode": "stop", "stage": "closed", "opened_at": AT, "manager": "ana"}


class Nobody:
    """A server that knows no workflow any more."""

    def get_workflow_handle(self, workflow):
        return self

    async def execute_update(self, *_, **__):
        raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")


@pytest.mark.parametrize("update", ["withdraw", "stop"])
async def test_audit_1_a_closed_ledger_takes_no_refusal_and_the_refusal_is_told_all_the_same(tmp_path, update):
    keys = FolderKeyStore(tmp_path, base64.b64encode(secrets.token_bytes(32)).decode())
    at, word = SimpleNamespace(keys=keys, ledger=MemoryLedger()), Undo(actor=Actor(id="ana"), reason=Personal(text="x"))
    case = {**CASE, "workflow_id": "offboarding-acme-1"}
    keys.destroy(KeyScope.of_account("acme"), AT)
    with pytest.raises(Refused) as watched:
        await deliver_by(Nobody(), at, case, update, word)
    keys.destroy(KeyScope.of_closing("acme-1"), AT)
    with pytest.raises(Refused) as over:
        await deliver_by(Nobody(), at, case, update, word)
    assert (over.value.code, str(over.value)) == (Exit.REFUSED, str(watched.value))
    assert [entry.outcome for entry in at.ledger.entries("acme-1")] == ["refused"]
