"""`farewell statement`, as people type it."""

import json
from decimal import Decimal
from types import SimpleNamespace

import pytest

import starter
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from models.keys import KeyScope
from models.money import Settlement, Statement, StatementLine
from tests.contract.sample_account import AT, add_account, request_for
from tests.unit.pdf_words import words
from tests.unit.sample_facts import POLICY
from tests.unit.sample_plan import keep_plan


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def account(engine, monkeypatch):
    """An account that leaves, with its plan; the commands open this database."""
    account, store = add_account(engine), SqlCaseStore(engine)
    store.open_case(request_for(account), AT)
    keep_plan(engine, account)
    at = SimpleNamespace(cases=store, outbox=SqlOutbox(engine), directory=SqlDirectory(engine), policy=POLICY)
    monkeypatch.setattr("commands.session.connections", lambda: at)
    return account


def settle(engine, account, document, description="Team", kind="write_off"):
    tax = {"tax": Decimal("0.50"), "tax_rate": Decimal("0.21")}
    lines = (
        StatementLine(kind="charge", description=description, amount=Decimal("2.90"), reference="F-1", **tax),
        StatementLine(kind=kind, description=f"Written off: {description}", amount=Decimal("-2.90")),
    )
    statement = Statement(currency="EUR", lines=lines, total=Decimal("0.00"))
    body = {**Settlement(statements=(statement,)).model_dump(mode="json"), "digest": "sha256:ab", "at": AT.isoformat()}
    SqlCaseStore(engine).keep_document(f"{account}-1", document, document, body, AT)


def farewell(capsys, *arguments):
    code = int(starter.run(("statement", *arguments)))
    out, err = capsys.readouterr()
    return code, out, err


def test_before_the_contract_has_ended_there_is_none_and_the_line_says_what_there_is(account, capsys):
    code, _, err = farewell(capsys, account)
    assert code == 3
    assert "has no statement yet" in err
    assert f"farewell preview {account}" in err


def test_money_4_an_opened_statement_says_until_when_and_that_nothing_is_to_be_paid(account, engine, capsys):
    settle(engine, account, "statement_draft")
    code, out, _ = farewell(capsys, account)
    assert code == 0
    assert "opened; it closes on 2026-" in out
    assert "nothing is to be paid before" in out


def test_a_closed_statement_goes_before_the_opened_one_as_text_and_as_json(account, engine, capsys):
    settle(engine, account, "statement_draft", "Old")
    settle(engine, account, "statement", "Team")
    _, out, _ = farewell(capsys, account)
    assert "Old" not in out
    assert "closed: all comes to zero" in out
    (told,) = json.loads(farewell(capsys, account, "--format", "json")[1])
    assert (told["currency"], told["total"]) == ("EUR", "0.00")
    assert told["lines"][0] == {
        "kind": "charge",
        "description": "Team",
        "amount": "2.90",
        "reference": "F-1",
        "tax": "0.50",
        "tax_rate": "0.21",
    }


def test_the_pdf_is_the_customer_s_and_after_erasure_it_names_nobody(account, engine, capsys, tmp_path):
    settle(engine, account, "statement")
    file = tmp_path / "statement.pdf"
    code, out, _ = farewell(capsys, account, "--format", "pdf", "--out", str(file))
    assert (code, out) == (0, f"{file}: {file.stat().st_size} bytes\n")
    assert "Faro Studio" in words(file.read_bytes())
    SqlDirectory(engine).erase(account, "contacts")
    farewell(capsys, account, "--format", "pdf", "--out", str(file))
    assert "Faro Studio" not in words(file.read_bytes())
    assert account in words(file.read_bytes())


def test_money_9_what_was_charged_after_the_end_is_reported_with_the_statement_once(account, engine, capsys):
    settle(engine, account, "statement")
    charge = {"charge_id": "in_9", "currency": "EUR", "amount": "12", "paid": "0", "at": AT.isoformat()}
    for look, refund in (("1", False), ("2", True)):
        body = {"charges": [{**charge, "description": "Support"}], "refund": refund}
        SqlCaseStore(engine).keep_document(f"{account}-1", "late_charges", look, body, AT)
    _, out, _ = farewell(capsys, account)
    assert out.count("charged after the end") == 1
    assert f"charged after the end: 12 EUR on {AT:%Y-%m-%d} (in_9: Support); given back" in out


def test_money_5_what_finance_collects_is_said_in_one_sum(account, engine, capsys):
    settle(engine, account, "statement", kind="handed_over")
    assert "closed: all comes to zero; finance collects 2.90 EUR" in farewell(capsys, account)[1]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--format", "pdf", "--json", "--out", "x.pdf"], 2),
        (["--format", "pdf"], 2),
        (["--out", "x"], 2),
        (["--format", "pdf", "--out", "/no/such/folder/x.pdf"], 2),
        (["--format", "html"], 2),
    ],
)
def test_wrong_use_is_one_line(account, engine, capsys, arguments, code):
    settle(engine, account, "statement")
    answered, _, err = farewell(capsys, account, *arguments)
    assert (answered, err.count("\n")) == (code, 1)


def test_erasure_7_after_the_key_is_gone_the_figures_stay_and_no_text_does(account, tmp_path, monkeypatch, capsys):
    keys = FolderKeyStore(tmp_path / "keys", "A" * 43 + "=")
    sealed = open_engine(f"sqlite:///{tmp_path}/farewell.db", keys)
    settle(sealed, account, "statement", "Reparación para Lucía")
    at = SimpleNamespace(cases=SqlCaseStore(sealed), outbox=SqlOutbox(sealed), policy=POLICY)
    monkeypatch.setattr("commands.session.connections", lambda: at)
    assert "Reparación para Lucía" in farewell(capsys, account)[1]
    keys.destroy(KeyScope.of_account(account), AT)
    (statement,) = json.loads(farewell(capsys, account, "--format", "json")[1])
    assert [(line["kind"], line["amount"], line["tax"]) for line in statement["lines"]] == [
        ("charge", "2.90", "0.50"),
        ("write_off", "-2.90", "0"),
    ]
    assert {line["description"] for line in statement["lines"]} == {""}
    _, out, _ = farewell(capsys, account)
    assert "closed: all comes to zero" in out
    assert farewell(capsys, account, "--format", "pdf", "--out", str(tmp_path / "statement.pdf"))[0] == 0
    sealed.dispose()
