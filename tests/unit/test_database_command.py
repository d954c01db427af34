"""`farewell database`, as its owner types it. Its PostgreSQL half: tests/contract/test_roles.py."""

import base64
import json
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text

import starter
from connectors.store.engine import open_engine


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    signing = OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=True)
    settings = {
        "HOME": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/farewell.db",
        "PRODUCT_DATABASE_URL": f"sqlite:///{tmp_path}/product.db",
        "S3_EXPORT_BUCKET": "exports",
        "S3_EVIDENCE_BUCKET": "evidence",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "KEYS": str(tmp_path / "keys"),
        "MASTER_KEY": base64.b64encode(b"m" * 32).decode(),
        "SIGNING_KEY": json.dumps(signing),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"FAREWELL_{name}", value)
    return settings["DATABASE_URL"]


def farewell(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = starter.run(["database", *words])
    return code, *capsys.readouterr()


def test_migrate_needs_nothing_but_the_database_and_says_what_it_made(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = farewell(capsys, "migrate", "--json")
    assert (code, "ledger" in json.loads(out)["tables"]) == (0, True)
    assert farewell(capsys, "migrate") == (0, "nothing was missing\n", "")


def test_grant_says_that_sqlite_knows_no_roles(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    farewell(capsys, "migrate")
    code, _, err = farewell(capsys, "grant", "farewell_worker")
    assert (code, err.count("\n"), "only PostgreSQL has roles" in err) == (2, 1, True)


def test_audit_1_doctor_tells_when_the_ledger_could_be_changed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    farewell(capsys, "migrate")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_refuses_update"))
    engine.dispose()
    starter.run(["doctor", "--json"])
    (ledger,) = [each for each in json.loads(capsys.readouterr().out) if each["check"] == "ledger"]
    assert ledger["wrong"] == "it could be changed: the triggers ledger_refuses_update are missing"
    assert "farewell database grant ROLE" in ledger["fix"]
