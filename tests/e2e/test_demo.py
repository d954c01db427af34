"""One whole exit from one command, checked by other people's tools."""

import base64
import email
import email.policy
import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.unit.pdf_words import words as of_pdf

BIN = Path(sys.executable).parent
KEYS = {
    *("account", "stage", "opened_at", "closed_at", "package", "certificate", "evidence", "mails"),
    *("ledger_entries", "actions", "history_events", "history_bytes", "wall_seconds"),
}

SEEN = [
    *("your-exit", "choices", "chosen", "offer", "offer-declined"),
    *("package", "package-taken", "survey", "survey-thanks"),
    *("when-all-is-over", "statement", "certificate", "goodbye"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def played(home):
    run = farewell(home, "demo", "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def farewell(home, *words):
    return subprocess.run(
        [BIN / "farewell", *words],
        env={**os.environ, "FAREWELL_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def judged(*command):
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_last_line_tells_of_a_closed_exit_within_its_budget(played):
    assert played.keys() == KEYS
    assert played["stage"] == "closed"
    assert datetime.fromisoformat(played["closed_at"]) - datetime.fromisoformat(played["opened_at"]) > timedelta(
        days=60
    )
    assert 0 < played["actions"] < 215  # the customer's looks at their pages and what four teams say among them
    assert 0 < played["history_bytes"] < 180_000  # to the seal, what is watched after it, what four teams say
    assert played["ledger_entries"] > 0


def test_other_peoples_tools_accept_package_and_evidence(played):
    judged(BIN / "bagit.py", "--validate", played["package"])
    judged(BIN / "bagit.py", "--validate", played["evidence"])
    judged(BIN / "frictionless", "validate", str(Path(played["package"], "data", "datapackage.json")))


def test_the_mails_are_text_and_html_with_an_id_and_span_months(played):
    mails = played["mails"]
    sent = [datetime.fromisoformat(mail["sent_at"]) for mail in mails]
    assert len(mails) >= 6
    assert sent == sorted(sent)
    assert sent[-1] - sent[0] > timedelta(days=60)
    for mail in mails:
        message = email.message_from_bytes(Path(mail["path"]).read_bytes(), policy=email.policy.default)
        assert message["Message-ID"].startswith(
            f"<{played['account']}-1.{mail['kind']}{'-' if mail['kind'] == 'stakeholder' else '.'}"
        )
        assert message["To"] == mail["to"]
        assert message.get_body(("plain",)).get_content().strip()
        assert "<html" in message.get_body(("html",)).get_content()


def test_the_pages_are_kept_as_the_customer_saw_them(played):
    """They open without a server: nothing in them is fetched from anywhere, and no script runs."""
    pages = sorted(Path(played["evidence"]).parent.joinpath("pages").iterdir())
    assert [page.stem[3:] for page in pages] == SEEN
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert "<h1>" in html, page
        assert "<script" not in html, page
        assert " src=" not in html, page


def test_the_papers_are_what_went_with_the_mails(played):
    papers = {path.name: path.read_bytes() for path in Path(played["evidence"]).parent.joinpath("papers").iterdir()}
    signed = papers.pop("certificate.jws")
    assert signed == Path(played["certificate"]).read_bytes()
    read = {name: of_pdf(paper) for name, paper in papers.items()}
    assert "suman cero." in read["cuentas-finales.pdf"]
    assert "Montajes Moncayo, S.L." in read["confirmacion-del-fin-del-contrato.pdf"]
    assert hashlib.sha256(signed).hexdigest() in read["certificado-de-borrado.pdf"]


def test_the_statement_is_the_customers_own_with_every_line_in_words(played):
    statements = json.loads(Path(played["evidence"]).parent.joinpath("statement.json").read_text())
    assert [each["total"] for each in statements] == ["0.00"]
    assert all(line["description"] for each in statements for line in each["lines"])


def test_stages_3_the_sub_processor_confirms_so_few_supplements_are_sealed_and_none_is_about_its_silence(played):
    supplements = sorted(path.name for path in Path(played["evidence"], "supplements").iterdir())
    assert [name.split("-")[1] for name in supplements] == ["chase", "scan", "scan", "backups"]
    for name in (supplements[0], supplements[-1]):
        claims = json.loads(
            decoded(Path(played["evidence"], "supplements", name, "certificate.jws").read_text().split(".")[1])
        )
        assert [each["recorded_by"] for each in claims["processors"]] == ["dora"]
        assert all(each["first_asked_at"] < each["confirmed_at"] for each in claims["processors"])


def test_the_certificate_verifies_with_nothing_but_ed25519(played):
    header, claims, signature = Path(played["certificate"]).read_text().split(".")
    published = json.loads(Path(played["evidence"], "data", "keys.json").read_text())["keys"][0]
    key = Ed25519PublicKey.from_public_bytes(decoded(published["x"]))
    key.verify(decoded(signature), f"{header}.{claims}".encode())
    said = json.loads(decoded(claims))
    assert said["account"] == played["account"]
    assert all(part["after"] == part["kept"] for part in said["data_sets"])


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_evidence_names_the_customer_by_id_only(played):
    personal = {mail["to"] for mail in played["mails"]} | {"Montajes Moncayo", "Lucía Aznar"}
    for path in Path(played["evidence"]).rglob("*"):
        if path.is_file():
            text = of_pdf(path.read_bytes()) if path.suffix == ".pdf" else path.read_text(encoding="utf-8")
            texts = [text, *(payload for payload in payloads(text))]
            assert not [word for word in personal if any(word in each for each in texts)], path


def payloads(text):
    """What Temporal's histories hold in base64."""
    for part in text.split('"data": "')[1:]:
        yield base64.b64decode(part.split('"')[0]).decode(errors="replace")


def test_its_servers_are_gone(played, home):
    assert played
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if str(home) in line]


@pytest.mark.parametrize(
    ("words", "part"),
    [(("audit", "verify"), "evidence"), (("export", "verify"), "package")],
)
def test_both_bags_verify_without_a_server_and_a_changed_byte_is_found(played, home, words, part):
    assert farewell(home, *words, played[part]).returncode == 0
    victim = next(path for path in sorted(Path(played[part], "data").rglob("*")) if path.suffix in {".gz", ".jsonl"})
    before = victim.read_bytes()
    victim.write_bytes(before[:-9] + bytes([before[-9] ^ 1]) + before[-8:])
    try:
        found = farewell(home, *words, played[part])
        assert found.returncode == 6
        assert victim.name in found.stdout + found.stderr
    finally:
        victim.write_bytes(before)


def test_the_same_state_can_be_looked_at_without_a_server(played, home):
    listed = json.loads(farewell(home, "list", "--json").stdout)
    assert [(case["account"], case["stage"]) for case in listed] == [(played["account"], "closed")]
    assert "What happened" in farewell(home, "audit", "--help").stdout
    assert farewell(home, "audit", played["account"]).returncode == 0
