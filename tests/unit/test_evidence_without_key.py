"""Everything that is certified and sealed can be read once the account's key is gone. DOMAIN erasure.6, audit.1."""

import base64
from datetime import timedelta

import pytest

from commands.pack_check import check_pack
from commands.story import tell
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.engine import migrate, open_engine
from connectors.store.ledger import SqlLedger
from models.keys import KeyScope
from models.money import Settlement, Statement, StatementLine
from tests.contract.sample_account import request_for
from tests.fakes.packs import evidence
from tests.fakes.papers import ACCOUNT, AT, CASE, plan

SECRET = "Seat of Eva Canaria"


@pytest.fixture
def keys(tmp_path):
    return FolderKeyStore(tmp_path / "keys", base64.b64encode(b"m" * 32).decode())


@pytest.fixture
def closing(keys, tmp_path):
    """All papers were kept under the account's key, which has been destroyed since."""
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db", keys)
    migrate(engine)
    store = SqlCaseStore(engine)
    store.open_case(request_for(ACCOUNT), AT)
    store.keep_plan(CASE, plan(), AT)
    line = StatementLine(kind="charge", description=SECRET, amount="1", reference="F-1")
    settled = Settlement(statements=(Statement(currency="EUR", lines=(line,), total="1"),)).model_dump(mode="json")
    store.keep_document(CASE, "statement", "statement", {**settled, "digest": "sha256:statement"}, AT)
    closing = evidence(store=store, ledger=SqlLedger(engine))
    closing.keys.digest_key = keys.digest_key
    closing.run("collect_histories")
    keys.destroy(KeyScope.of_account(ACCOUNT), AT + timedelta(hours=1))
    yield closing
    engine.dispose()


def test_erasure_6_certificate_pack_and_supplements_need_no_key_of_the_account(closing, tmp_path):
    for name in ("sign_certificate", "seal_pack", "seal_pack", "sign_certificate"):
        closing.run(name)
    closing.run("close_case")
    assert closing.run("plan_watches").watches
    closing.happened(2)
    for _ in range(2):
        closing.watched("backups", 1)
    folder = closing.fetched(tmp_path / "pack")
    report = check_pack(folder)
    assert (report.findings, report.supplements) == ((), 1)
    assert not [path for path in folder.rglob("*.*") if SECRET.encode() in path.read_bytes()]
    assert "The chain of 10 entries verifies" in tell(closing.ledger.entries(CASE))


def test_erasure_6_what_was_certified_can_be_read_when_the_closing_s_key_is_gone_too(closing, keys):
    closing.run("sign_certificate")
    before = closing.store.documents(CASE, "certificate")
    keys.destroy(KeyScope.of_closing(CASE), AT + timedelta(hours=2))
    assert closing.store.documents(CASE, "certificate") == before
