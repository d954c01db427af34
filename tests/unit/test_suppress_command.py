"""`farewell suppress`, `farewell mail receive`, and what doctor says of them, as they are typed."""

import base64
import io
import json
import sys
from pathlib import Path

import pytest

import starter
from connectors.opening import opened
from connectors.store.engine import migrate
from connectors.store.sessions import writing
from models.tables.accounts import PersonRow
from tests.contract.sample_account import add_account, draft_for, request_for
from tests.unit.incoming_mails import dsn
from tests.unit.test_hearing import KEY, NOW, OURS

PROJECT = Path(starter.__file__).parent


@pytest.fixture(autouse=True)
def at(tmp_path, monkeypatch):
    settings = {
        "FAREWELL_HOME": str(tmp_path),
        "FAREWELL_DATABASE_URL": f"sqlite:///{tmp_path}/farewell.db",
        "FAREWELL_PRODUCT_DATABASE_URL": f"sqlite:///{tmp_path}/product.db",
        "FAREWELL_S3_EXPORT_BUCKET": "exports",
        "FAREWELL_S3_EVIDENCE_BUCKET": "evidence",
        "FAREWELL_SMTP_URL": "smtp://127.0.0.1:9",
        "FAREWELL_POLICY_FILE": str(PROJECT / "policy.toml"),
        "FAREWELL_INVENTORY_FILE": str(PROJECT / "inventory.toml"),
        "FAREWELL_KEYS": str(tmp_path / "keys"),
        "FAREWELL_MASTER_KEY": KEY,
        "FAREWELL_SIGNING_KEY": "{}",
        "FAREWELL_SUPPRESSION_KEY": KEY,
        "FAREWELL_AS": "ana",
        "TEMPORAL_ADDRESS": "127.0.0.1:9",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    at = opened(tmp_path)
    migrate(at.engine)
    with writing(at.engine) as session:
        for person, role in (("ana", "account_manager"), ("eva", "engineer")):
            session.add(PersonRow(id=person, name=person, email=f"{person}@ours.example", roles=[role]))
    yield at
    at.engine.dispose()


@pytest.fixture
def farewell(capsys):
    def run(*words):
        code = starter.run(words)
        return code, *capsys.readouterr()

    return run


def piped(monkeypatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_messages_8_an_address_is_kept_off_found_and_taken_off(farewell, at):
    assert farewell("suppress", "check", "Lucia@moncayo.example") == (0, "not on the list\n", "")
    assert farewell("suppress", "add", "lucia@MONCAYO.example")[0] == 0
    assert farewell("suppress", "add", "lucia@moncayo.example")[1].startswith("0 added, 1 were on the list")
    assert farewell("suppress", "check", "Lucia@moncayo.example") == (0, "on the list: opt out\n", "")
    assert json.loads(farewell("suppress", "check", "lucia@moncayo.example", "--json")[1]) == {
        "suppressed": True,
        "ground": "opt_out",
    }
    assert farewell("suppress", "lift", "lucia@moncayo.example") == (0, "1 lifted\n", "")
    assert farewell("suppress", "lift", "lucia@moncayo.example") == (0, "not on the list\n", "")


def test_an_old_list_comes_in_at_once_or_not_at_all(farewell, at, monkeypatch):
    piped(monkeypatch, b"a@x.example\n\nnonsense\n")
    code, _, err = farewell("suppress", "add", "-")
    assert (code, err.count("\n"), "line 3" in err, "nonsense" in err) == (2, 1, True, False)
    assert at.suppression.holds("a@x.example") is None
    piped(monkeypatch, b"a@x.example\n\n+34 600 11 22 33\n")
    code, out, _ = farewell("suppress", "add", "-", "--ground", "complaint", "--json")
    assert (code, json.loads(out)) == (0, {"added": 2, "known": 0})
    assert at.suppression.holds("0034600112233") == "complaint"


@pytest.mark.parametrize("command", ["add", "check", "lift"])
def test_an_engineer_neither_sees_nor_changes_it(farewell, command):
    code, _, err = farewell("suppress", command, "a@x.example", "--as", "eva")
    assert (code, err.count("\n"), "compliance" in err) == (4, 1, True)


@pytest.mark.parametrize("command", ["add", "lift"])
def test_what_is_no_address_is_told_in_a_line(farewell, command):
    code, out, err = farewell("suppress", command, "lucia")
    assert (code, out, err.count("\n"), "lucia" in err) == (2, "", 1, False)


def of_doctor(farewell, check: str) -> dict:
    _, out, _ = farewell("doctor", "--json")
    return next(each for each in json.loads(out) if each["check"] == check)


def test_messages_8_doctor_says_what_a_missing_or_another_key_means(farewell, at, monkeypatch):
    assert of_doctor(farewell, "who isn't written to")["ok"]
    at.suppression.add("a@x.example", "opt_out", NOW.date())
    monkeypatch.setenv("FAREWELL_SUPPRESSION_KEY", base64.b64encode(b"x" * 32).decode())
    assert "another FAREWELL_SUPPRESSION_KEY" in of_doctor(farewell, "who isn't written to")["wrong"]
    monkeypatch.delenv("FAREWELL_SUPPRESSION_KEY")
    assert "no thanks, no reminder and no offer" in of_doctor(farewell, "who isn't written to")["wrong"]
    code, _, err = farewell("suppress", "check", "a@x.example")
    assert (code, err.count("\n")) == (2, 1)


def test_doctor_reads_the_secret_of_what_comes_back(farewell, monkeypatch):
    assert of_doctor(farewell, "what comes back of mails")["ok"]
    monkeypatch.setenv("FAREWELL_MAIL_WEBHOOK_SECRET", "whsec_short")
    assert "FAREWELL_MAIL_WEBHOOK_SECRET" in of_doctor(farewell, "what comes back of mails")["wrong"]


def test_a_mail_about_none_of_ours_is_taken_and_none_is_returned_to_its_sender(farewell, monkeypatch):
    for content in (b"", b"\xff\xfe", b"Subject: hello\n\nhello\n", dsn()):
        piped(monkeypatch, content)
        assert farewell("mail", "receive")[0] in {0, 75}


def test_messages_5_while_something_is_away_the_mail_server_keeps_the_mail(farewell, at, monkeypatch):
    account = add_account(at.engine)
    at.cases.open_case(request_for(account), NOW)
    message_id = f"{account}-1.thanks.1@{OURS}"
    at.outbox.prepare(draft_for(account).model_copy(update={"message_id": message_id}))
    at.outbox.sent(message_id, NOW)
    raw = dsn().replace(b"acc_moncayo-1.thanks.1@farewell.example", message_id.encode())
    piped(monkeypatch, raw)
    code, out, err = farewell("mail", "receive")
    assert (code, out, err.count("\n"), "moncayo" in err) == (75, "", 1, False), "sysexits.h: EX_TEMPFAIL"
