"""`farewell audit`, as people type it: the ledger alone, with Temporal and every key gone. DOMAIN audit.1, audit.2."""

import base64
import json
import shutil
from types import SimpleNamespace

import pytest

import starter
from commands import session
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.engine import migrate, open_engine
from connectors.store.ledger import SqlLedger
from models.case import StageRecord
from models.keys import KeyScope
from models.ledger import ActivityRef
from models.vocabulary import Mode, Stage
from tests.contract.sample_account import request_for
from tests.fakes.packs import evidence, fact
from tests.fakes.papers import ACCOUNT, AT, CASE, plan
from tests.unit.pdf_words import metadata, words


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    closing = evidence()
    closing.sealed(tmp_path_factory.mktemp("sealed"))
    closing.ledger.append(fact(9, stage="closed", action="scan_after_end", subject="-"), None)
    closing.watched("scan", 1)
    return closing.fetched(tmp_path_factory.mktemp("pack"))


@pytest.fixture
def account(tmp_path, monkeypatch):
    """An exit whose account's key is destroyed; nothing else answers: neither Temporal nor buckets."""
    keys = FolderKeyStore(tmp_path / "keys", base64.b64encode(b"m" * 32).decode())
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db", keys)
    migrate(engine)
    store, ledger = SqlCaseStore(engine), SqlLedger(engine)
    store.open_case(request_for(ACCOUNT), AT)
    store.keep_plan(CASE, plan(), AT)
    told = (("requested", "request"), ("erase", "purge"), ("certify", "destroy_account_key"), ("certify", "close_case"))
    for number, (stage, action) in enumerate(told, start=1):
        ref = ActivityRef(workflow="w", run="r", activity=str(number), attempt=1)
        ledger.append(fact(number, stage=stage, action=action, subject="-"), ref)
    keys.destroy(KeyScope.of_account(ACCOUNT), AT)
    monkeypatch.setattr("commands.session.connections", lambda: SimpleNamespace(cases=store, ledger=ledger))
    yield ACCOUNT
    engine.dispose()


def farewell(capsys, *arguments):
    code = int(starter.run(("audit", *arguments)))
    out, err = capsys.readouterr()
    return code, out, err


def test_audit_1_the_story_is_told_from_the_ledger_alone(account, capsys):
    code, out, _ = farewell(capsys, account)
    assert code == 0
    assert "acme was gone on 1 March 2026: its data erased and counted again, its own key destroyed" in out
    assert "13:03 CET  Farewell destroyed the account's own key" in out
    assert "The chain of 4 entries verifies" in out


def test_the_entries_come_as_json(account, capsys):
    code, out, _ = farewell(capsys, account, "--format", "json")
    told = json.loads(out)
    assert (code, told["case"], told["account"], len(told["entries"])) == (0, CASE, ACCOUNT, 4)


def test_messages_9_an_earlier_exit_of_who_came_back_is_told_by_its_case(account, capsys):
    at = session.connections()
    about = {"case": CASE, "account": ACCOUNT, "step": "close_case", "mode": Mode.STOP}
    at.cases.record(StageRecord(**about, stage=Stage.CLOSED, ended=True), AT)
    assert at.cases.open_case(request_for(ACCOUNT), AT).case == f"{ACCOUNT}-2"
    assert "The ledger of this case is empty" in farewell(capsys, account)[1]
    told = json.loads(farewell(capsys, CASE, "--format", "json")[1])
    assert (told["case"], told["account"], len(told["entries"])) == (CASE, ACCOUNT, 4)


def test_audit_1_the_pdf_holds_the_story_each_entry_and_the_verdict(account, capsys, tmp_path):
    code, _, _ = farewell(capsys, account, "--format", "pdf", "--out", str(tmp_path / "story.pdf"))
    pdf = (tmp_path / "story.pdf").read_bytes()
    assert code == 0
    assert "<pdfaid:part>2</pdfaid:part>" in metadata(pdf)
    text = words(pdf)
    assert "its own key destroyed, the certificate signed, the evidence sealed" in text
    assert "3 2026-03-01 12:03:00 farewell destroy_account_key - done" in text
    assert "The chain of 4 entries verifies" in text
    farewell(capsys, account, "--format", "pdf", "--out", str(tmp_path / "again.pdf"))
    assert (tmp_path / "again.pdf").read_bytes() == pdf


def test_audit_1_the_story_of_a_fetched_pack_needs_no_settings(pack, capsys, monkeypatch):
    monkeypatch.setattr("commands.session.connections", lambda: pytest.fail("asked for the settings"))
    code, out, _ = farewell(capsys, "--from", str(pack))
    assert code == 0
    assert "looked again, after the end, for anything that still lets somebody in" in out
    assert "The chain of 9 entries verifies" in out


def test_a_broken_chain_is_told_and_is_a_code(pack, capsys, tmp_path):
    copy = shutil.copytree(pack, tmp_path / "copy")
    ledger = copy / "data" / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"attempt":1', b'"attempt":2', 1))
    code, out, err = farewell(capsys, "--from", str(copy))
    assert code == 6
    assert "THE CHAIN IS BROKEN at entry 1" in out
    assert "broken at entry 1" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "the story of which exit?"),
        (("acme", "--from", "x"), 2, "the story of which exit?"),
        (("acme", "--format", "pdf"), 2, "a PDF needs a file"),
        (("acme", "--out", "x.pdf"), 2, "a PDF needs a file"),
        (("--from", "no-such-folder"), 3, "can't be read"),
    ],
)
def test_wrong_use_is_one_line(account, capsys, arguments, code, said):
    found, _, err = farewell(capsys, "story", *arguments)
    assert (found, err.count("\n")) == (code, 1)
    assert said in err


def test_garbage_for_a_pack_is_one_line_that_names_the_check(pack, capsys, tmp_path):
    copy = shutil.copytree(pack, tmp_path / "copy")
    (copy / "data" / "plan.json").write_text("[]")
    code, _, err = farewell(capsys, "--from", str(copy))
    assert (code, err.count("\n")) == (6, 1)
    assert "audit verify" in err


def test_audit_2_verify_says_how_many_supplements_and_what_no_folder_can_tell(pack, capsys):
    code, out, _ = farewell(capsys, "verify", str(pack))
    assert code == 0
    assert "1 supplement was sealed after it; whether there is a later one, no folder can tell" in out
    code, out, _ = farewell(capsys, "verify", str(pack), "--json")
    assert json.loads(out)["supplements"] == 1


def test_audit_2_verify_names_the_first_bad_file_first(pack, capsys, tmp_path):
    copy = shutil.copytree(pack, tmp_path / "copy")
    path = copy / "data" / "histories" / "offboarding-acme-1.json"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    code, out, _ = farewell(capsys, "verify", str(copy))
    assert code == 6
    assert out.startswith("WRONG  data/histories/offboarding-acme-1.json: its bytes were changed")


@pytest.mark.parametrize("keys", ["[]", "{}", '{"keys": 1}', "no json"])
def test_published_keys_that_are_none_are_wrong_use(pack, capsys, tmp_path, keys):
    (tmp_path / "published.json").write_text(keys)
    code, _, err = farewell(capsys, "verify", str(pack), "--keys", str(tmp_path / "published.json"))
    assert (code, err.count("\n")) == (2, 1)
    assert "holds no JWKS" in err
