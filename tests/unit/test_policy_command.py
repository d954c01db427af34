"""`farewell policy check|show`, as people type it."""

import json
import os
import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import Engine
from sqlmodel import Session

import starter
import worker
from connectors.opening import Connections, WrongSetting, opened
from connectors.store.cases import SqlCaseStore
from connectors.store.engine import migrate, open_engine
from models.case import CaseRequest, StageRecord
from models.ledger import digest
from models.plan import Plan
from models.policy import read_policy
from models.tables.accounts import ContractRow
from models.vocabulary import Mode, Stage
from tests.contract.sample_account import add_account, request_for
from tests.fakes.papers import plan

PROJECT = Path(starter.__file__).parent
SHIPPED = (PROJECT / "policy.toml").read_text(encoding="utf-8")
TODAY = datetime.now(UTC)
LATE_USAGE = """
[[late_usage]]
days = 5
rule = "money.4"
citation = "house policy: of the test"
valid_from = {}
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings but where the log goes, and the shipped policy where it's looked for."""
    for name in [name for name in os.environ if name.startswith("FAREWELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FAREWELL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(SHIPPED, encoding="utf-8")


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    """Farewell's own database, and settings whose servers aren't there."""
    url = f"sqlite:///{tmp_path}/farewell.db"
    settings = {
        "DATABASE_URL": url,
        "PRODUCT_DATABASE_URL": url,
        "S3_EXPORT_BUCKET": "packages",
        "KEYS": "keys",
        "S3_EVIDENCE_BUCKET": "evidence",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MASTER_KEY": "A" * 43 + "=",
        "SIGNING_KEY": json.dumps(OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=True)),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"FAREWELL_{name}", value)
    engine = open_engine(url)
    migrate(engine)
    return engine


def farewell(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = int(starter.run(("policy", *words)))
    out, err = capsys.readouterr()
    assert err.count("\n") <= 1, err
    return code, out, err


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = farewell(capsys, "show", *words, "--json")
    assert code == 0, err
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_the_shipped_policy_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    assert farewell(capsys, "check") == (0, f"nothing is wrong: policy 2026-11, {SHIPPED.count('[[')} clauses\n", "")
    assert farewell(capsys, "check", "--json") == (0, "[]\n", "")


def test_each_finding_is_a_line_and_the_code_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SHIPPED + LATE_USAGE.format("2026-06-01"), encoding="utf-8")
    code, out, _ = farewell(capsys, "check", "--policy", "mine.toml")
    assert (code, out.count("\n")) == (6, 1)
    assert out.startswith("WRONG  late_usage 1 and 2 (default): both are in force from 2026-06-01 on")
    code, out, _ = farewell(capsys, "check", "--policy", "mine.toml", "--json")
    assert (code, [set(each) for each in json.loads(out)]) == (6, [{"where", "what", "fix"}])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('version = "2026-11"', "version = ", "expected TOML"),
        ("[[notice]]", "[[notices]]", "notices: nobody knows this key"),
        ("days = 30 ", "day = 30 ", "notice 1.day: nobody knows this key"),
        (
            "valid_from = 2025-09-12",
            "valid_from = 2025-09-12\nvalid_to = 2025-09-12",
            "notice 1: valid_to must come after",
        ),
        ("required = 1", "required = 0", "approvals 1.required: input should be greater than 0"),
        ('gate = "plan"', 'gate = "garden"', "approvals 1.gate: input should be 'plan' or 'erasure'"),
        ('method = "half_up"', 'method = "down"', "rounding 1.method: input should be 'half_up' or 'half_even'"),
        ('at_most = "0.25"', 'at_most = "25"', "early_termination 1.at_most: input should be less than or equal to 1"),
        ("latest_hour = 18", "latest_hour = 25", "cadence 1.latest_hour"),
        ("[[late_usage]]", "[late_usage]", "late_usage: expected a list; of tables each begins with [[late_usage]]"),
        ("[[late_usage]]", "[[late_usages]]", "late_usages: nobody knows this key"),
        ('version = "2026-11"', "version = 2026", "version: expected a text, in quotes"),
        ("hold_confirm_days = 5", "", "house.hold_confirm_days: is missing"),
        ("days = 3\n", "days = 1000000000\n", "late_usage 1.days: input should be less than or equal to 3660"),
        ("days = 3\n", "working_days = 1000000\n", "late_usage 1.working_days: input should be less than"),
        ("days = 3\n", "months = 1000000\n", "late_usage 1.months: input should be less than or equal to 120"),
        ("days = 3\n", "days = true\n", "late_usage 1.days: input should be a valid integer"),
        ("at_least = { days = 30 }", "at_least = { days = 1000000000 }", "retrieval 1.at_least.days: input should"),
        ("[7, 30]", "[7, 1000000000]", "late_charges 1.look_after_days 2: input should be less than"),
        ("[7, 30]", "[1,2,3,4,5,6,7,8,9,10,11,12,13]", "late_charges 1.look_after_days: tuple should have at most 12"),
        ("evidence_years = 6", "evidence_years = 1000000000", "house.evidence_years: input should be less than"),
        ("approval_days = 14", "approval_days = 1000000000", "house.approval_days: input should be less than"),
        ("usual_days = 90", "usual_days = 1000000000", "pause 1.usual_days: input should be less than"),
        ("come_back_days = 150", "come_back_days = 1000000000", "cadence 1.come_back_days: input should be less"),
        ("required = 1", "required = 1000000000", "approvals 1.required: input should be less than or equal to 20"),
        ('EUR = "25.00"', 'EUR = "1e400"', "write_off 1.thresholds.EUR: input should be less than"),
        ('EUR = "25.00"', 'EUR = "25,00"', "write_off 1.thresholds.EUR: input should be a valid decimal"),
    ],
)
def test_a_file_of_another_form_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, before: str, after: str, told: str
) -> None:
    assert before in SHIPPED
    (tmp_path / "policy.toml").write_text(SHIPPED.replace(before, after, 1), encoding="utf-8")
    for words in (("check",), ("show",), ("check", "--policy", "policy.toml")):
        code, out, err = farewell(capsys, *words)
        assert (code, out) == (2, ""), err
        assert told in err


def test_a_file_as_other_editors_write_it_is_read_or_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text(SHIPPED.replace("\n", "\r\n"), encoding="utf-8-sig", newline="")
    assert farewell(capsys, "check")[0] == 0
    (tmp_path / "policy.toml").write_text(SHIPPED.replace("Nuria", "N\u00faria"), encoding="latin-1")
    code, _, err = farewell(capsys, "check")
    assert (code, "expected TOML in UTF-8; policy.toml" in err) == (2, True), err


def test_a_file_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert farewell(capsys, "check", "--policy", "nowhere.toml")[0] == 2
    (tmp_path / "policy.toml").unlink()
    code, _, err = farewell(capsys, "check")
    assert (code, "FAREWELL_POLICY_FILE: expected a file that can be read; policy.toml" in err) == (2, True)


def test_without_an_account_all_that_is_in_force_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    notices = [term for term in shown(capsys, "--at", "2026-11-22")["terms"] if term["matter"] == "notice"]
    assert [term["because"] for term in notices] == [
        "for EU, in force since 2025-09-12",
        "the default, in force since 2025-01-01",
    ]
    then = shown(capsys, "--at", "2025-06-01")
    assert [term["jurisdiction"] for term in then["terms"] if term["matter"] == "notice"] == ["default"]
    assert {each["valid_from"] for each in then["later"]} == {"2025-09-12"}
    code, out, _ = farewell(capsys, "show", "--at", "2026-11-22")
    assert (code, "Regulation (EU) 2023/2854, Art. 25(2)(g)" in out, "(dates.3)" in out) == (0, True, True)


def test_for_an_account_it_says_why_this_clause_and_what_cuts_the_contract(
    capsys: pytest.CaptureFixture[str], own: Engine
) -> None:
    account = add_account(own)  # of jurisdiction ES, which the policy doesn't know
    with Session(own) as session:
        row = session.get_one(ContractRow, f"{account}-c")
        row.notice_months, row.early_termination = 3, Decimal("0.5")
        session.commit()
    answer = shown(capsys, "--account", account, "--at", "2026-11-22")
    assert answer["terms"][0]["because"] == "no clause for ES, so the default, in force since 2025-01-01"
    assert [(own["matter"], own["cut"]) for own in answer["contracts"]] == [
        ("notice", ""),
        ("early_termination", "no fee is charged; house policy: leaving costs nothing"),
    ]
    out = farewell(capsys, "show", "--account", account)[1]
    assert "What the contracts say themselves" in out
    assert "stands as agreed" in out


def test_a_contract_that_nobody_has_is_found_where_accounts_are_known(
    capsys: pytest.CaptureFixture[str], own: Engine, tmp_path: Path
) -> None:
    theirs = LATE_USAGE.format("2026-06-01") + f'contract = "{add_account(own)}-c"\n'
    mistyped = LATE_USAGE.format("2026-06-01") + 'contract = "K-77"\n'
    (tmp_path / "policy.toml").write_text(SHIPPED + theirs + mistyped, encoding="utf-8")
    assert farewell(capsys, "check")[0] == 0
    code, out, _ = farewell(capsys, "check", "--accounts")
    what = "no account has a contract K-77; correct the id, or take the clause out"
    assert (code, out) == (6, f"WRONG  late_usage 3 (contract K-77, from 2026-06-01): {what}\n")


def test_a_running_exit_keeps_the_policy_of_its_plan(
    capsys: pytest.CaptureFixture[str], own: Engine, tmp_path: Path
) -> None:
    account, store = add_account(own), SqlCaseStore(own)
    case = store.open_case(request_for(account), TODAY)
    assert shown(capsys, "--account", account)["source"] == "the file", "it has no plan yet"
    keep(store, case)
    changed = LATE_USAGE.format("2026-01-01") + "valid_to = 2027-01-01\n"
    (tmp_path / "policy.toml").write_text(
        SHIPPED.replace("[[late_usage]]", changed + "[[late_usage]]", 1), encoding="utf-8"
    )
    answer = shown(capsys, "--account", account)
    assert (answer["source"], answer["on"]) == (
        f"kept by the running exit {case.case}",
        f"{TODAY.astimezone(ZoneInfo('Europe/Madrid')):%Y-%m-%d}",
    )
    assert [term["value"] for term in answer["terms"] if term["matter"] == "late_usage"] == ["3 days"]


def keep(store: SqlCaseStore, case: CaseRequest) -> None:
    """Its plan, and the shipped policy on which it rests."""
    policy = read_policy(PROJECT / "policy.toml")
    sha256 = digest(policy.model_dump(mode="json"))
    made: Plan = plan()  # type: ignore[no-untyped-call]  # the fakes are untyped
    rests = made.model_copy(update={"commitments": made.commitments.model_copy(update={"policy_sha256": sha256})})
    store.keep_policy(sha256, policy, TODAY)
    store.keep_plan(case.case, rests, TODAY)
    told = {"case": case.case, "account": case.account, "step": "record_stage", "mode": Mode.STOP}
    store.record(StageRecord(**told, stage=Stage.NOTICE, plan_hash=rests.hash), TODAY)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("show", "--account", "nobody"), 3, "there is no account nobody"),
        (("show", "--account", "../x"), 2, "is no account id"),
        (("show", "--at", "soon"), 2, "is no date"),
    ],
)
def test_each_wrong_word_gets_its_line_and_its_code(
    words: tuple[str, ...], code: int, told: str, *, capsys: pytest.CaptureFixture[str], own: Engine
) -> None:
    stopped, _, err = farewell(capsys, *words)
    assert (stopped, told in err) == (code, True), err


def test_no_plan_rests_on_a_policy_that_contradicts_itself(
    capsys: pytest.CaptureFixture[str], own: Engine, tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text(SHIPPED + 2 * LATE_USAGE.format("2026-06-01"), encoding="utf-8")
    account = add_account(own)
    for words in (("preview", account), ("start", account, "--reason", "price", "--as", "ana")):
        assert starter.run(words) == 2
        line = capsys.readouterr().err
        assert line.startswith("farewell: FAREWELL_POLICY_FILE: late_usage 1 and 2 (default): both are in force")
        assert line.endswith("and 2 more (farewell policy check lists what is wrong)\n")
    assert SqlCaseStore(own).cases() == []


def test_no_worker_starts_on_a_policy_that_contradicts_itself(
    own: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connections, "objects", NoFaults())
    monkeypatch.setattr(Connections, "product", None)
    shutil.copy(PROJECT / "inventory.toml", tmp_path)
    worker.check(opened(tmp_path))
    (tmp_path / "policy.toml").write_text(SHIPPED + LATE_USAGE.format("2026-06-01"), encoding="utf-8")
    with pytest.raises(WrongSetting, match=r"late_usage 1 and 2 \(default\): both are in force"):
        worker.check(opened(tmp_path))


class NoFaults:
    """Buckets with which nothing is wrong."""

    def check(self, bucket: str, *, locked: bool) -> None:
        """Finds nothing."""


def test_an_account_on_a_day_before_the_policy_is_told_that_it_is_silent(
    capsys: pytest.CaptureFixture[str], own: Engine
) -> None:
    code, _, err = farewell(capsys, "show", "--account", add_account(own), "--at", "2020-01-01")
    assert code == 4
    assert "no clause of notice applies to ES on 2020-01-01" in err
