"""The port CaseStore, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.errors import NotFound, Rejected
from connectors.ports.own import CaseStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from models.case import CaseRequest, Decision, StageRecord
from models.ledger import digest
from models.payload import Personal
from models.plan import Commitments, Estimates, Plan
from models.policy import Policy, read_policy
from models.vocabulary import ENDS, Gate, Mode, Stage
from tests.contract.sample_account import ANA, AT, DAVID, DORA, new_id, request_for

LATER = AT + timedelta(days=30)
POLICY = read_policy(Path(__file__).parents[2] / "policy.toml")


@pytest.fixture
def store(engine: Engine) -> CaseStore:
    return SqlCaseStore(engine)


@pytest.fixture
def opened(store: CaseStore) -> CaseRequest:
    return store.open_case(request_for(new_id()), AT)


def record(case: CaseRequest, stage: Stage, *, ended: bool = False) -> StageRecord:
    told = {"case": case.case, "account": case.account, "step": "record_stage", "mode": Mode.STOP}
    return StageRecord(**told, stage=stage, plan_hash="sha256:1", effective_date=LATER, ended=ended)


def plan_of(account: str, plan_hash: str) -> Plan:
    commitments = Commitments(
        account=account,
        mode=Mode.STOP,
        jurisdiction="EU",
        policy="1",
        policy_sha256="0",
        inventory_sha256="0",
        timezone="Europe/Madrid",
        dates={},
        data_sets=(),
        gates={Gate.PLAN: 1},
    )
    estimates = Estimates(rows={}, users=0, credentials={}, statement=(), messages=())
    return Plan(hash=plan_hash, commitments=commitments, estimates=estimates, approvals_required={Gate.PLAN: 1})


def decision_of(case: CaseRequest, note: str | None = None) -> Decision:
    told = {"case": case.case, "account": case.account, "stage": Stage.NOTICE, "step": "withdraw", "actor": "ana"}
    return Decision(**told, action="withdraw", note=Personal(text=note) if note else None)


def test_twenty_threads_at_once_open_one_case(store: CaseStore) -> None:
    request = request_for(new_id())
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: store.open_case(request, AT), range(20)))
    assert answers == [request.model_copy(update={"case": f"{request.account}-1"})] * 20
    assert [row["id"] for row in store.cases() if row["account"] == request.account] == [f"{request.account}-1"]


def test_another_request_while_a_case_runs_gets_the_running_ones(store: CaseStore, opened: CaseRequest) -> None:
    other = request_for(opened.account).model_copy(update={"mode": Mode.EJECT, "requested_by": "bruno"})
    store.record(record(opened, Stage.NOTICE), AT)
    assert store.open_case(other, LATER) == opened


def test_after_the_end_a_new_case_gets_the_next_number(store: CaseStore, opened: CaseRequest) -> None:
    store.record(record(opened, Stage.WITHDRAWN, ended=True), AT)
    assert store.open_case(request_for(opened.account), LATER).case == f"{opened.account}-2"
    newest = store.case(opened.account)
    assert newest is not None
    assert (newest["workflow_id"], newest["stage"]) == (f"offboarding-{opened.account}-2", "requested")


def test_a_late_record_changes_nothing_that_has_ended(store: CaseStore, opened: CaseRequest) -> None:
    store.record(record(opened, Stage.CLOSED, ended=True), LATER)
    store.record(record(opened, Stage.NOTICE), AT)
    row = store.case(opened.account)
    assert row is not None
    assert (row["stage"], row["ended_at"], row["state"]["plan_hash"]) == ("closed", LATER, "sha256:1")


def test_a_record_of_an_unknown_case_is_refused(store: CaseStore, opened: CaseRequest) -> None:
    with pytest.raises(NotFound):
        store.record(record(opened.model_copy(update={"case": "nobody-1"}), Stage.NOTICE), AT)


def test_an_abandoned_case_makes_room_and_one_that_started_stays(store: CaseStore, opened: CaseRequest) -> None:
    store.abandon(opened.case)
    store.abandon(opened.case)
    assert store.case(opened.account) is None
    again = store.open_case(request_for(opened.account), AT)
    store.record(record(again, Stage.APPROVAL), AT)
    store.abandon(again.case)
    assert store.case(opened.account) is not None


def test_an_account_without_a_case_has_none(store: CaseStore) -> None:
    assert store.case(new_id()) is None


def test_a_plan_is_kept_once_and_found_by_its_hash(store: CaseStore, opened: CaseRequest) -> None:
    first, second = plan_of(opened.account, "sha256:2"), plan_of(opened.account, "sha256:1")
    store.keep_plan(opened.case, first, AT)
    store.keep_plan(opened.case, second, LATER)
    store.keep_plan(opened.case, first, LATER + timedelta(days=1))
    assert store.plan(opened.case, "sha256:2") == first
    assert store.plans(opened.case) == [first, second]
    with pytest.raises(NotFound):
        store.plan(opened.case, "sha256:3")


def sha256_of(policy: Policy) -> str:
    return digest(policy.model_dump(mode="json"))


def test_dates_2_a_policy_is_kept_once_as_it_was(store: CaseStore) -> None:
    changed = POLICY.model_copy(update={"version": new_id()})  # no other test has kept it
    sha256 = sha256_of(changed)
    with pytest.raises(NotFound):
        store.policy(sha256)
    store.keep_policy(sha256, changed, AT)
    store.keep_policy(sha256, changed, LATER)
    kept = store.policy(sha256)
    assert (kept, sha256_of(kept)) == (changed, sha256)


def test_eight_plans_at_once_keep_one_policy(store: CaseStore) -> None:
    changed = POLICY.model_copy(update={"version": new_id()})
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.keep_policy(sha256_of(changed), changed, AT + timedelta(days=n)), range(8)))
    assert store.policy(sha256_of(changed)) == changed


def paused(store: CaseStore, account: str, at: datetime, *through: Stage) -> None:
    """A case of mode pause that was opened, begins a day later, and has come so far."""
    case = store.open_case(request_for(account).model_copy(update={"mode": Mode.PAUSE}), at)
    begins = at + timedelta(days=1)
    for stage in through:
        ended = stage not in {Stage.APPROVAL, Stage.PAUSED}
        told = record(case, stage, ended=ended)
        store.record(told.model_copy(update={"mode": Mode.PAUSE, "effective_date": begins}), at)


def test_modes_1_only_pauses_that_began_since_are_counted(store: CaseStore) -> None:
    account, since = new_id(), AT - timedelta(days=365)
    paused(store, account, since - timedelta(days=9), Stage.PAUSED, Stage.RESUMED)  # before
    paused(store, account, since, Stage.PAUSED, Stage.RESUMED)
    paused(store, account, AT, Stage.APPROVAL, Stage.WITHDRAWN)
    paused(store, account, AT, Stage.APPROVAL, Stage.REFUSED)
    assert store.pauses(account, since) == 1
    paused(store, account, AT, Stage.APPROVAL)
    assert store.pauses(account, since) == 1, "one that is still asked for has not begun"
    paused(store, account, AT, Stage.PAUSED)
    assert store.pauses(account, since) == 2
    assert store.pauses(new_id(), since) == 0


def test_modes_1_a_pause_that_became_an_exit_which_was_withdrawn_has_been_a_pause(store: CaseStore) -> None:
    account = new_id()
    paused(store, account, AT, Stage.PAUSED)
    row = store.case(account) or {}
    about = {"case": row["id"], "account": account, "step": "enter", "mode": Mode.STOP}
    for stage in (Stage.NOTICE, Stage.WITHDRAWN):
        told = StageRecord(**about, stage=stage, effective_date=AT + timedelta(days=99), ended=stage in ENDS)
        store.record(told, AT + timedelta(days=9))
    assert store.pauses(account, AT) == 1
    assert store.pauses(account, AT + timedelta(days=2)) == 0, "it counts from when it began"


def test_modes_1_an_exit_is_no_pause(store: CaseStore, opened: CaseRequest) -> None:
    store.record(record(opened, Stage.RETRIEVAL), AT)
    assert store.pauses(opened.account, AT - timedelta(days=365)) == 0


def test_a_decision_is_kept_once_with_its_note(store: CaseStore, opened: CaseRequest, engine: Engine) -> None:
    store.decide(decision_of(opened, "They found money."), AT)
    store.decide(decision_of(opened, "They found money."), LATER)
    assert [(row["action"], row["at"]) for row in store.decisions(opened.case)] == [("withdraw", AT)]
    assert SqlDirectory(engine).count(opened.account, "notes") == 1


def test_a_repeated_decision_brings_no_erased_note_back(store: CaseStore, opened: CaseRequest, engine: Engine) -> None:
    directory = SqlDirectory(engine)
    store.decide(decision_of(opened, "They found money."), AT)
    assert directory.erase(opened.account, "notes") == (1, 1)
    store.decide(decision_of(opened, "They found money."), LATER)
    assert directory.count(opened.account, "notes") == 0


def test_eight_attempts_at_one_document_keep_the_first(store: CaseStore, opened: CaseRequest) -> None:
    key = f"{opened.case}:statement:-:1"
    with ThreadPoolExecutor(8) as threads:
        keeping = [threads.submit(store.keep_document, opened.case, "statement", key, {"n": n}, AT) for n in range(8)]
        answers = [one.result() for one in keeping]
    assert [dict(answer) for answer in answers] == [dict(answers[0])] * 8
    assert store.documents(opened.case, "statement") == [answers[0]]
    assert store.documents(opened.case, "manifest") == []


def test_a_hold_stands_at_once_and_only_another_person_confirms_it(store: CaseStore) -> None:
    account = new_id()
    hold = store.place_hold(account, DORA, "court order", ["invoice"], AT)
    assert store.place_hold(account, DORA, "court order", ["invoice"], LATER) == hold
    with pytest.raises(Rejected, match="dora placed"):
        store.confirm_hold(hold, DORA, AT)
    assert store.confirm_hold(hold, DAVID, AT) == account
    [standing] = store.holds(account)
    assert (standing["ground"], standing["data_sets"], standing["placed_at"]) == ("court order", ["invoice"], AT)
    assert (standing["placed_by"], standing["confirmed_by"]) == ("dora", "david")


def test_two_different_people_release_a_hold(store: CaseStore) -> None:
    account = new_id()
    hold = store.place_hold(account, DORA, "audit", [], AT)
    assert store.release_hold(hold, DORA, AT) is False
    assert store.release_hold(hold, DORA, AT) is False
    assert len(store.holds(account)) == 1
    assert store.release_hold(hold, DAVID, LATER) is True
    assert store.release_hold(hold, DAVID, LATER) is True
    assert store.holds(account) == []
    with pytest.raises(Rejected, match="released"):
        store.confirm_hold(hold, DAVID, LATER)


def test_erasure_3_the_holds_of_all_accounts_oldest_first(store: CaseStore) -> None:
    first, second = new_id(), new_id()
    younger = store.place_hold(second, DORA, "audit", [], LATER)
    older = store.place_hold(first, DORA, "court order", ["invoice"], AT)
    store.release_hold(older, DAVID, LATER)
    rows = [row for row in store.all_holds() if row["account"] in {first, second}]
    assert [(row["id"], row["account"], row["release_asked_by"]) for row in rows] == [
        (older, first, "david"),
        (younger, second, None),
    ]
    store.release_hold(older, DORA, LATER)
    assert older not in [row["id"] for row in store.all_holds()]


def test_only_compliance_touches_holds(store: CaseStore) -> None:
    account = new_id()
    hold = store.place_hold(account, DORA, "audit", [], AT)
    with pytest.raises(Rejected, match="ana isn't of compliance"):
        store.place_hold(account, ANA, "audit", [], AT)
    with pytest.raises(Rejected):
        store.confirm_hold(hold, ANA, AT)
    with pytest.raises(Rejected):
        store.release_hold(hold, ANA, AT)
    with pytest.raises(NotFound):
        store.release_hold("nobody-hold-1", DORA, AT)
