"""Nothing is erased before all six gates are open, and nobody approves what they may not."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from models.account import Actor
from models.case import Agreed, Approval, CaseState, PackageRef, Task
from models.vocabulary import ENDS, Cause, Gate, Mode, Role, Stage, TaskKind, TaskOutcome
from rules.gates import (
    PIVOT_GATES,
    PivotFacts,
    approval_refused,
    approved,
    closed_gates,
    erasure_digest,
    gate_digest,
    task_refused,
)
from rules.permissions import PERMISSIONS, refused

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = NOW + timedelta(days=31)
PLAN = "sha256:" + "1" * 64
STATEMENT = "sha256:" + "2" * 64
PACKAGE = PackageRef(
    location="s3://exports/acme/acme-1/1/",
    digest="sha256:" + "3" * 64,
    generation=1,
    rows=1,
    files=1,
    size_bytes=1,
    verified_at=NOW,
)
ANA = Actor(id="ana", roles=(Role.ACCOUNT_MANAGER,))
BRUNO = Actor(id="bruno", roles=(Role.APPROVER,))
CARLA = Actor(id="carla", roles=(Role.APPROVER,))
DORA = Actor(id="dora", roles=(Role.COMPLIANCE,))
CUSTOMER = Actor(id="customer")


def agreed(**changes):
    about = {"hash": PLAN, "dates": {"effective_date": LATER}, "approvals_required": {Gate.PLAN: 1, Gate.ERASURE: 2}}
    return Agreed(**{**about, "approval_until": LATER, "reminder_at": NOW, "silence_at": NOW, **changes})


def case(stage=Stage.APPROVAL, **changes):
    about = {"case": "acme-1", "account": "acme", "mode": Mode.STOP, "opened_at": NOW, "requested_by": "ana"}
    return CaseState(**{**about, "stage": stage, **changes})


def yes(actor, gate, digest):
    return Approval(gate=gate, person=actor.id, roles=actor.roles, digest=digest, at=NOW)


RETRIEVAL = case(Stage.RETRIEVAL, agreed=agreed(), package=PACKAGE, statement_digest=STATEMENT)
ERASURE = erasure_digest(PLAN, PACKAGE.digest, STATEMENT)


@pytest.mark.parametrize("opened", list(product((False, True), repeat=6)))
def test_of_all_64_combinations_only_six_open_gates_let_erasure_start(opened):
    names = list(PIVOT_GATES)
    closed = closed_gates(PivotFacts(**dict(zip(names, opened, strict=True))))
    assert closed == tuple(name for name, is_open in zip(names, opened, strict=True) if not is_open)
    assert (closed == ()) == all(opened)


def test_audit_3_the_erasure_gate_binds_to_plan_package_and_statement():
    assert gate_digest(Gate.ERASURE, RETRIEVAL) == ERASURE
    assert gate_digest(Gate.ERASURE, RETRIEVAL.model_copy(update={"package": None})) is None
    others = [erasure_digest("x", PACKAGE.digest, STATEMENT), erasure_digest(PLAN, "x", STATEMENT)]
    assert ERASURE not in [*others, erasure_digest(PLAN, PACKAGE.digest, "x")]


def test_erasure_needs_two_people_and_one_of_compliance():
    bruno, carla, dora = (yes(actor, Gate.ERASURE, ERASURE) for actor in (BRUNO, CARLA, DORA))
    assert not approved(Gate.ERASURE, ERASURE, [dora], 2)
    assert not approved(Gate.ERASURE, ERASURE, [bruno, carla], 2)
    assert not approved(Gate.ERASURE, ERASURE, [dora, dora], 2)
    assert not approved(Gate.ERASURE, ERASURE, [yes(BRUNO, Gate.ERASURE, "sha256:old"), dora], 2)
    assert approved(Gate.ERASURE, ERASURE, [bruno, dora], 2)


@pytest.mark.parametrize(
    ("gate", "digest", "actor", "state", "code"),
    [
        (Gate.PLAN, PLAN, BRUNO, case(), "nothing_to_approve"),
        (Gate.PLAN, "sha256:old", BRUNO, case(proposed=agreed()), "stale_hash"),
        (Gate.PLAN, PLAN, Actor(id="ana", roles=(Role.APPROVER,)), case(proposed=agreed()), "own_request"),
        (Gate.PLAN, PLAN, DORA, case(proposed=agreed()), "not_an_approver"),
        (Gate.ERASURE, ERASURE, Actor(id="eva", roles=(Role.ENGINEER,)), RETRIEVAL, "not_an_approver"),
        (Gate.PLAN, PLAN, BRUNO, case(proposed=agreed(), approvals=(yes(BRUNO, Gate.PLAN, PLAN),)), "twice"),
        (Gate.PLAN, PLAN, BRUNO, case(proposed=agreed(blockers=("open_dispute",))), "blocked"),
        (Gate.PLAN, PLAN, BRUNO, case(proposed=agreed(dates={"effective_date": NOW})), "too_late"),
        (Gate.PLAN, PLAN, BRUNO, case(proposed=agreed(dates={"effective_date": NOW}, mode=Mode.EJECT)), None),
        (Gate.PLAN, PLAN, BRUNO, case(proposed=agreed(approval_until=NOW, mode=Mode.EJECT)), "expired"),
        (Gate.PLAN, PLAN, BRUNO, case(proposed=agreed(), proposed_by="bruno"), "own_request"),
        (Gate.PLAN, PLAN, BRUNO, case(proposed=agreed()), None),
        (Gate.ERASURE, ERASURE, DORA, RETRIEVAL, None),
        (
            Gate.ERASURE,
            ERASURE,
            BRUNO,
            RETRIEVAL.model_copy(update={"approvals": (yes(BRUNO, Gate.PLAN, PLAN),)}),
            None,
        ),
    ],
)
def test_audit_3_who_may_approve_what(gate, digest, actor, state, code):
    no = approval_refused(gate, digest, actor, state, NOW)
    assert (no.code if no else None) == code
    assert no is None or (no.why and no.fix)


@pytest.mark.parametrize(("update", "stage"), list(product(PERMISSIONS, Stage)))
def test_every_update_in_every_stage_is_as_the_table_says(update, stage):
    permission = PERMISSIONS[update]
    everyone = Actor(id="zoe", roles=tuple(Role))
    no = refused(update, everyone, case(stage))
    assert (no is None) == (stage in permission.stages)
    assert no is None or (no.why and no.fix)
    if stage in permission.stages:
        assert (refused(update, CUSTOMER, case(stage)) is None) == permission.customer
        assert refused(update, Actor(id="nobody"), case(stage)) is not None


@pytest.mark.parametrize("stage", [Stage.ERASE, Stage.CERTIFY, *sorted(ENDS)])
def test_stages_9_after_the_pivot_nothing_goes_back(stage):
    for update in ("withdraw", "reinstate"):
        no = refused(update, ANA, case(stage))
        assert no is not None
        assert no.code in {"past_the_pivot", "ended"}


@pytest.mark.parametrize("update", ["withdraw", "reinstate", "reschedule", "change_mode"])
def test_modes_3_whom_we_put_out_for_cause_takes_nothing_back(update):
    for cause, code in ((Cause.FRAUD, "put_out"), (Cause.CUSTOMER_DEMAND, None)):
        state = case(PERMISSIONS[update].stages[-1], mode=Mode.EJECT, agreed=agreed(mode=Mode.EJECT, cause=cause))
        no = refused(update, CUSTOMER, state)
        assert (no.code if no else None) == code
        assert refused(update, ANA, state) is None


def test_modes_3_whom_we_put_out_doesn_t_withdraw_while_the_plan_is_made():
    for cause, code in ((Cause.FRAUD, "put_out"), (Cause.CUSTOMER_DEMAND, None)):
        no = refused("withdraw", CUSTOMER, case(Stage.REQUESTED, mode=Mode.EJECT, cause=cause))
        assert (no.code if no else None) == code


def test_messages_5_an_eject_that_is_only_planned_isn_t_told_by_a_refusal():
    eject = agreed(mode=Mode.EJECT, cause=Cause.FRAUD)
    assert refused("withdraw", CUSTOMER, case(proposed=eject)) is None


def test_modes_1_a_pause_is_ended_by_resume():
    no = refused("withdraw", ANA, case(Stage.PAUSED, mode=Mode.PAUSE))
    assert no is not None
    assert "farewell resume" in no.fix


def test_while_a_case_is_being_undone_only_tasks_and_holds_are_heard():
    undoing = case(Stage.RETRIEVAL, undo="reinstate")
    heard = {update for update in PERMISSIONS if not refused(update, Actor(id="z", roles=tuple(Role)), undoing)}
    assert heard == {"resolve_task", "place_hold", "confirm_hold", "release_hold"}


def task(kind, *, gate):
    words = {"id": "T1", "step": "purge", "cause": "it failed", "fix": "mend it"}
    return Task(**words, kind=kind, owner=Role.ENGINEER, opened_at=NOW, gate=gate)


@pytest.mark.parametrize(
    ("kind", "gate", "outcome", "code"),
    [
        (TaskKind.STEP_FAILED, True, TaskOutcome.SKIP, "gate"),
        (TaskKind.STEP_FAILED, False, TaskOutcome.SKIP, None),
        (TaskKind.STEP_FAILED, True, TaskOutcome.RETRY, None),
        (TaskKind.STEP_FAILED, True, TaskOutcome.DONE, "outcome"),
        (TaskKind.STATEMENT_DIFFERS, True, TaskOutcome.RETRY, "outcome"),
        (TaskKind.STATEMENT_DIFFERS, True, TaskOutcome.SKIP, "gate"),
        (TaskKind.STATEMENT_DIFFERS, True, TaskOutcome.DONE, None),
        (TaskKind.SILENCE, False, TaskOutcome.RETRY, "outcome"),
        (TaskKind.RECEIVABLE, False, TaskOutcome.DONE, None),
    ],
)
def test_a_gate_is_never_skipped_and_a_failed_step_is_never_declared_done(kind, gate, outcome, code):
    eva = Actor(id="eva", roles=(Role.ENGINEER,))
    no = task_refused("T1", outcome, eva, case(tasks=(task(kind, gate=gate),)))
    assert (no.code if no else None) == code


def test_a_task_is_ended_by_its_owner_and_only_while_it_is_open():
    state = case(tasks=(task(TaskKind.STEP_FAILED, gate=False),))
    for who, name, code in ((ANA, "T1", "role"), (Actor(id="eva", roles=(Role.ENGINEER,)), "T2", "no_such_task")):
        no = task_refused(name, TaskOutcome.RETRY, who, state)
        assert no is not None
        assert no.code == code
