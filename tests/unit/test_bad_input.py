"""Bad input gets one clear line, the exit code of CONTRACTS, and leaves nothing half-done."""

import base64
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey
from sqlmodel import Session

import starter
from connectors.builtin.access import BuiltinAccess
from connectors.store.engine import migrate, open_engine
from models.tables.accounts import AccountRow, ContactRow, ContractRow, PersonRow

PROJECT = Path(starter.__file__).parent
NOWHERE = "127.0.0.1:9"
CONTRACT = "record,id,account,title,started_on,"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A whole configuration whose servers aren't there, with one account in its database."""
    for name in [name for name in os.environ if name.startswith(("FAREWELL_", "TEMPORAL_"))]:
        monkeypatch.delenv(name)
    signing = OKPKey.generate_key("Ed25519", private=True).as_dict(private=True)
    settings = {
        "FAREWELL_HOME": str(tmp_path / "home"),
        "FAREWELL_DATABASE_URL": f"sqlite:///{tmp_path}/farewell.db",
        "FAREWELL_PRODUCT_DATABASE_URL": f"sqlite:///{tmp_path}/product.db",
        "FAREWELL_S3_ENDPOINT_URL": f"http://{NOWHERE}",
        "FAREWELL_S3_EXPORT_BUCKET": "packages",
        "FAREWELL_S3_EVIDENCE_BUCKET": "evidence",
        "FAREWELL_SMTP_URL": f"smtp://{NOWHERE}",
        "FAREWELL_POLICY_FILE": str(PROJECT / "policy.toml"),
        "FAREWELL_INVENTORY_FILE": str(PROJECT / "inventory.toml"),
        "FAREWELL_KEYS": str(tmp_path / "keys"),
        "FAREWELL_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
        "FAREWELL_SIGNING_KEY": json.dumps(signing),
        "FAREWELL_AS": "ana",
        "TEMPORAL_ADDRESS": NOWHERE,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    _one_account(settings["FAREWELL_DATABASE_URL"])
    return settings


def _one_account(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    about = {"country": "ES", "timezone": "Europe/Madrid", "currency": "EUR", "language": "es", "jurisdiction": "EU"}
    account = AccountRow(
        id="acme",
        name="Acme",
        manager="ana",
        customer_since=date(2020, 1, 1),
        yearly_value=1,
        product_root_key="1",
        **about,
    )
    contact = ContactRow(
        id="c1",
        account="acme",
        kind="main",
        name="Eva",
        email="eva@acme.example",
        language="es",
        timezone="Europe/Madrid",
    )
    contract = ContractRow(id="k1", account="acme", title="T", started_on=date(2020, 1, 1), signatories=["c1"])
    with Session(engine) as session:
        session.add(account)
        session.flush()
        session.add_all([contact, contract, PersonRow(id="ana", name="Ana", email="a@x", roles=["account_manager"])])
        session.add(PersonRow(id="dora", name="Dora", email="d@x", roles=["compliance"]))
        session.commit()
    engine.dispose()


def farewell(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """One command: exit code, what it printed, and the one line of its error."""
    code = int(starter.run(words))
    out, err = capsys.readouterr()
    assert err.count("\n") <= 1, err
    assert "Traceback" not in out + err
    return code, out, err


START = ("start", "acme", "--reason", "price")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("start", "nobody", "--reason", "price"), 3, "there is no account nobody"),
        (("preview", "nobody"), 3, "there is no account nobody"),
        (("status", "nobody"), 3, "there is no account nobody"),
        (("status", "acme"), 3, "acme has no exit"),
        ((*START, "--as", "mallory"), 3, "there is no person mallory"),
        ((*START, "--effective", "2020-01-31"), 4, "is in the past (the earliest is"),
        ((*START, "--effective", datetime.now(UTC).date().isoformat()), 4, "before the notice is over"),
        ((*START, "--effective", "2027-02-30"), 2, "is no date"),
        ((*START, "--effective", "soon"), 2, "is no date"),
        ((*START, "--mode", "vanish"), 2, "'pause', 'stop', 'eject'"),
        ((*START, "--mode", "pause", "--resume", "2020-01-01"), 4, "can't end on 2020-01-01"),
        (("preview", "acme", "--mode", "eject"), 2, "an eject needs a cause"),
        ((*START, "--language", "tlh"), 2, "there is en, es"),
        ((*START, "--channel", "pigeon"), 2, "'email'"),
        (("start", "acme"), 2, "--reason"),
        (("start", "../acme", "--reason", "price"), 2, "is no account id"),
        (("approve", "acme", "--gate", "plan", "--hash", "sha256:0"), 3, "acme has no exit"),
        (("withdraw", "acme"), 3, "acme has no exit"),
        (("hold", "acme", "--ground", "court"), 4, "ana may not hold or release"),
        (("hold", "acme"), 2, "placed or confirmed"),
        (("hold", "acme", "--ground", "  ", "--as", "dora"), 2, "say it in words"),
        (("hold", "acme", "--ground", "x" * 501, "--as", "dora"), 2, "say it in words"),
        (("hold", "list", "nobody"), 3, "there is no account nobody"),
        (("processor", "confirm", "acme", "newsletter", "--evidence", "", "--as", "dora"), 2, "say it in words"),
        (("database",), 2, "migrate"),
        (("audit", "verify", "/"), 3, "no evidence pack"),
        (("release", "acme", "--as", "dora"), 3, "no such hold"),
        (("contact", "acme"), 2, "nothing to change"),
        (("export", "fetch", "acme", "--to", "x"), 3, "acme has no exit"),
        (("export", "verify", "/nowhere"), 3, "is no folder"),
        (("audit", "acme"), 3, "acme has no exit"),
        (("audit", "verify", "/nowhere"), 3, "/nowhere"),
        (("import", "/nowhere.csv"), 2, "can't be read"),
        (("dance",), 2, "No such command"),
    ],
)
def test_each_wrong_word_gets_its_line_and_its_code(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    stopped, _, err = farewell(capsys, *words)
    assert (stopped, told in err) == (code, True), err


def test_a_start_without_temporal_opens_no_case(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = farewell(capsys, *START)
    assert code == 5
    assert NOWHERE in err
    assert farewell(capsys, "list", "--json") == (0, "[]\n", "")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FAREWELL_DATABASE_URL", "nonsense", "FAREWELL_DATABASE_URL"),
        ("FAREWELL_S3_EVIDENCE_BUCKET", "packages", "FAREWELL_S3_EVIDENCE_BUCKET must be another bucket"),
        ("FAREWELL_S3_ENCRYPTION", "rot13", "FAREWELL_S3_ENCRYPTION: expected AES256"),
        ("FAREWELL_BILLING", "abacus", "FAREWELL_BILLING: expected builtin"),
        ("FAREWELL_INVENTORY_FILE", "/nowhere.toml", "FAREWELL_INVENTORY_FILE"),
        ("FAREWELL_INVENTORY_FILE", str(PROJECT / "policy.toml"), "FAREWELL_INVENTORY_FILE"),
    ],
)
def test_a_wrong_setting_is_named_with_the_value_expected(
    environment: dict[str, str],
    *,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    told: str,
) -> None:
    monkeypatch.setenv(name, value)
    code, _, err = farewell(capsys, "preview", "acme")
    assert code == 2
    assert told in err


def test_a_half_written_configuration_names_what_is_missing(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAREWELL_SMTP_URL")
    code, _, err = farewell(capsys, "accounts")
    assert code == 2
    assert "FAREWELL_SMTP_URL: is not set; expected smtp://" in err


def test_a_database_that_is_not_there_is_an_outside_failure(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAREWELL_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    assert farewell(capsys, "list")[0] == 5


def test_doctor_names_everything_that_is_wrong_and_how_to_mend_it(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = farewell(capsys, "doctor", "--json")
    found = {each["check"]: each for each in json.loads(out)}
    assert code == 6
    assert {name for name, each in found.items() if not each["ok"]} == {
        "product database",
        "bucket for packages",
        "bucket for evidence",
        "mail",
        "who isn't written to",
        "Temporal",
    }
    assert all(each["fix"] for each in found.values() if not each["ok"])


def test_a_bug_of_ours_is_one_line_and_its_details_are_in_the_log(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("commands.session.connections", broken)
    code, _, err = farewell(capsys, "accounts")
    log = Path(environment["FAREWELL_HOME"]) / "farewell.log"
    assert code == 1
    assert str(log) in err
    assert "ZeroDivisionError" in log.read_text()


def test_the_workflows_of_somebody_else_are_refused(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(starter, "PROJECT", tmp_path)
    code, _, err = farewell(capsys, "accounts")
    assert code == 2
    assert "somebody else's" in err


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "id,name,country\nacme,Acme,Spain\n", "line 2: country: expected two capital letters"),
        ("a.csv", "id,currency\nacme,EUT\n", "line 2: currency: expected a currency of ISO 4217"),
        ("a.csv", "id,nmae\nacme,Acme\n", "nmae: no such field"),
        ("a.json", '{"contacts": [{"id": "c9", "account": "nobody"}]}', "contacts[0]"),
        (
            "a.csv",
            CONTRACT + "notice_ends\ncontract,k9,acme,T,2020-01-01,week\n",
            "line 2: notice_ends: expected one of",
        ),
        ("a.csv", CONTRACT + "notice_days\ncontract,k9,acme,T,2020-01-01,-1\n", "line 2: notice_days is -1"),
        ("a.csv", CONTRACT + "term_ends_on\ncontract,k9,acme,T,2020-01-01,2019-12-31\n", "before it starts on 2020"),
        (
            "a.csv",
            CONTRACT + "early_termination\ncontract,k9,acme,T,2020-01-01,25\n",
            "line 2: early_termination is 25",
        ),
        ("a.csv", CONTRACT + "part_of\ncontract,k9,acme,T,2020-01-01,k7\n", "line 2: part_of: there is no contract k7"),
        (
            "a.csv",
            CONTRACT + "part_of\ncontract,k1,acme,T,2020-01-01,k1\n",
            "line 2: part_of: it would be part of itself",
        ),
        (
            "a.csv",
            "record,id,account,kind\nasset,d1,acme,Big board\n",
            "line 2: kind: expected a word in small letters",
        ),
        ("a.csv", "record,id,account,kind,label\nasset,d1,acme,board,B\n", "line 2: owner: field required"),
        ("a.csv", "record,id,account,handed_by\nasset,d1,acme,x\n", "line 2: handed_by: no such field"),
        ("a.csv", "record,id,account,kind\ncontact,c9,acme,dashboard\n", "line 2: kind: expected main, billing or"),
        ("a.json", '{"people": [{"id": "leo", "name": "Leo", "email": "l@x", "roles": ["king"]}]}', "people[0]: roles"),
    ],
)
def test_an_import_with_one_wrong_record_changes_nothing(
    environment: dict[str, str], *, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    code, out, err = farewell(capsys, "import", str(tmp_path / name))
    assert code == 2
    assert told in out
    assert "nothing imported" in err


def test_an_import_is_tried_dry_then_done_and_done_again(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("record,id,name,email,roles\nperson,leo,Leo,leo@x.example,approver compliance\n")
    assert farewell(capsys, "import", str(file), "--dry-run")[0] == 0
    assert farewell(capsys, "hold", "acme", "--ground", "court", "--as", "leo")[0] == 3
    assert farewell(capsys, "import", str(file))[0] == 0
    assert farewell(capsys, "import", str(file))[0] == 0
    assert farewell(capsys, "hold", "acme", "--ground", "court", "--as", "leo")[0] == 0


def test_identity_4_shared_assets_are_imported_and_a_successor_may_come_later(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file, found = tmp_path / "assets.csv", []
    for successor in ("", "u2"):
        file.write_text(f"record,id,account,kind,label,owner,successor\nasset,d1,acme,board,B,u1,{successor}\n")
        assert farewell(capsys, "import", str(file))[0] == 0
        engine = open_engine(environment["FAREWELL_DATABASE_URL"])
        found += BuiltinAccess(engine).assets("acme")
        engine.dispose()
    assert [(asset.id, asset.owner, asset.successor) for asset in found] == [("d1", "u1", None), ("d1", "u1", "u2")]


def test_identity_4_an_asset_of_an_account_that_nobody_knows_is_refused(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "assets.csv"
    lines = ("asset,d1,acme,board,B,u1", "asset,d2,nobody,board,B,u1")
    file.write_text("\n".join(["record,id,account,kind,label,owner", *lines]) + "\n")
    code, out, err = farewell(capsys, "import", str(file))
    assert code != 0
    assert "line 3: points at an account that isn't there" in out + err
    engine = open_engine(environment["FAREWELL_DATABASE_URL"])
    assert BuiltinAccess(engine).assets("acme") == []
    engine.dispose()


def test_a_hold_needs_no_case_and_two_people_to_release(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert farewell(capsys, "hold", "acme", "--ground", "court", "--as", "dora")[0] == 0
    assert farewell(capsys, "hold", "acme", "--confirm", "--as", "dora")[0] == 4
    code, out, _ = farewell(capsys, "release", "acme", "--as", "dora")
    assert (code, "until a second person" in out) == (0, True)


def test_the_worker_refuses_the_workflows_of_somebody_else_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(starter, "PROJECT", tmp_path)
    with pytest.raises(SystemExit) as left:
        starter.serve()
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FAREWELL_LINK_KEY", "not base64!"),
        ("FAREWELL_LINK_KEY", "dG9vIHNob3J0"),
        ("FAREWELL_SUPPRESSION_KEY", "dG9vIHNob3J0"),
        ("FAREWELL_PUBLIC_URL", "bajas.example"),
        ("FAREWELL_PUBLIC_URL", "ftp://bajas.example"),
        ("FAREWELL_S3_PUBLIC_URL", "https://"),
    ],
)
def test_what_links_are_made_of_is_checked_at_the_start(environment, monkeypatch, capfd, name, value):
    monkeypatch.setenv(name, value)
    assert starter.run(["accounts"]) == 2
    err = capfd.readouterr().err
    assert err.startswith(f"farewell: {name}: expected ")
    assert (err.count("\n"), value == "https://" or value not in err) == (1, True)
