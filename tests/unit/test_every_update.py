"""Every update in every stage of every mode is accepted as CONTRACTS says, or refused in words. Source: TRUST 12."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.account import Actor
from models.case import Agreed, CaseState, PackageRef, Task
from models.payload import Personal
from models.updates import (
    AnswerOffer,
    Approve,
    ChangeMode,
    Command,
    ContactPreference,
    Extend,
    HoldWord,
    Refuse,
    Reschedule,
    ResolveTask,
    RetrievalWord,
    Undo,
)
from models.vocabulary import ENDS, Cause, Gate, Mode, OfferKind, Role, Stage, TaskKind, TaskOutcome
from rules.gates import gate_digest
from rules.permissions import PERMISSIONS
from workflows.offboarding import OffboardingWorkflow

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PAST, SOON, LATER = NOW - timedelta(days=9), NOW + timedelta(days=9), NOW + timedelta(days=90)
WORD = Personal(text="because")
HEARD_WHILE_UNDOING = {"resolve_task", "place_hold", "confirm_hold", "release_hold"}
ACTORS = (
    Actor(id="customer"),
    Actor(id="nobody"),
    Actor(id="ana", roles=(Role.ACCOUNT_MANAGER,)),
    Actor(id="zoe", roles=tuple(Role)),
)
VALIDATORS = {
    update.name: update.validator
    for update in workflow._Definition.must_from_class(OffboardingWorkflow).updates.values()
}


def plan(mode: Mode, at: datetime, cause: Cause | None = None) -> Agreed:
    names = ("requested", "notice_end", "transition_end", "effective_date", "billing_end", "late_usage_end")
    dates = {**dict.fromkeys(names, at), "resume" if mode is Mode.PAUSE else "retrieval_end": at}
    gates = {Gate.PLAN: 1, Gate.ERASURE: 2}
    about = {"dates": dates, "approvals_required": gates, "approval_until": at, "reminder_at": at, "silence_at": at}
    return Agreed(hash=f"sha256:{mode}{at:%Y%m%d}", mode=mode, cause=cause, **about)


def task() -> Task:
    words = {"step": "purge", "cause": "it failed", "fix": "mend it", "opened_at": NOW}
    return Task(id="T1", kind=TaskKind.STEP_FAILED, owner=Role.ENGINEER, **words)


def package() -> PackageRef:
    about = {"digest": "sha256:3", "generation": 1, "rows": 1, "files": 1, "size_bytes": 1, "verified_at": NOW}
    return PackageRef(location="s3://exports/acme/acme-1/1/", **about)


def states(mode: Mode, stage: Stage) -> Iterator[CaseState]:
    """With nothing known yet, and with all that may be known, in order or not."""
    about = {"case": "acme-1", "account": "acme", "mode": mode, "stage": stage, "opened_at": NOW, "requested_by": "eva"}
    yield CaseState(**about)
    proposals = [None, *(plan(each, SOON) for each in Mode), plan(Mode.EJECT, PAST, Cause.FRAUD)]
    for agreed, proposed, extended in product((None, plan(mode, PAST), plan(mode, SOON)), proposals, (False, True)):
        yield CaseState(
            **about,
            agreed=agreed,
            proposed=proposed,
            tasks=(task(),),
            package=package() if extended else None,
            statement_digest="sha256:2",
            retrieval_end=SOON if extended else None,
            transition_extended=extended,
        )


BOTH = (Gate.PLAN, Gate.ERASURE)
CAUSES = (None, Cause.CUSTOMER_DEMAND, Cause.FRAUD)
TURN = (Undo, [{"reason": WORD}])
RETRIEVED = (RetrievalWord, [{"evidence": WORD}])
HOLD = (HoldWord, [{"hold": "H1"}])
WORDS: dict[str, tuple[type[Command], list[dict[str, object]]]] = {
    "refuse": (Refuse, [{"gate": gate, "reason": WORD} for gate in BOTH]),
    "withdraw": TURN,
    "reinstate": TURN,
    "resume": TURN,
    "reschedule": (Reschedule, [{"to": day} for day in (date(1970, 1, 1), date(2999, 12, 31))]),
    "change_mode": (ChangeMode, [{"mode": m, "cause": c, "reason": WORD} for m, c in product(Mode, CAUSES)]),
    "accept_export": RETRIEVED,
    "waive_export": RETRIEVED,
    "extend": (Extend, [{"until": at} for at in (PAST, SOON, LATER)]),
    "place_hold": HOLD,
    "confirm_hold": HOLD,
    "release_hold": HOLD,
    "resolve_task": (
        ResolveTask,
        [{"task": t, "outcome": o, "reason": WORD} for t, o in product(("T1", "T9"), TaskOutcome)],
    ),
    "answer_offer": (
        AnswerOffer,
        [{"offer": "O1", "accepted": a, "kind": k, "days": d} for a, k, d in product((True, False), OfferKind, (0, 9))],
    ),
    "set_contact_preference": (ContactPreference, [{}]),
}
"""What may be said, sensible or not."""

S = Stage
PLANNED = (S.APPROVAL, S.NOTICE, S.TRANSITION)
FREEZE_TO_RETRIEVAL = (S.FREEZE, S.EXPORT, S.DEPROVISION, S.TERMINATE, S.SETTLE, S.RETRIEVAL)
WINDOW = (S.SETTLE, S.RETRIEVAL)
ANY = tuple(set(Stage) - ENDS)
CONTRACTS: dict[str, tuple[Stage, ...]] = {
    **dict.fromkeys(("approve", "refuse"), (*PLANNED, S.PAUSED, *WINDOW)),
    **dict.fromkeys(("reschedule", "change_mode"), (*PLANNED, S.PAUSED)),
    **dict.fromkeys(("accept_export", "waive_export"), WINDOW),
    **dict.fromkeys(("place_hold", "confirm_hold", "release_hold", "resolve_task"), ANY),
    "withdraw": (S.REQUESTED, *PLANNED),
    "reinstate": FREEZE_TO_RETRIEVAL,
    "resume": (S.PAUSED,),
    "extend": (S.TRANSITION, *WINDOW),
    "answer_offer": (S.REQUESTED, *PLANNED, S.PAUSED, *FREEZE_TO_RETRIEVAL),
    "set_contact_preference": (S.REQUESTED, *PLANNED, S.PAUSED, *FREEZE_TO_RETRIEVAL),
}
"""Where each may be accepted; the window begins beside the settlement."""


def words(update: str, state: CaseState) -> list[Command]:
    """As everybody may say them."""
    if update == "approve":
        hashes = [(gate, gate_digest(gate, state) or "nothing") for gate in BOTH]
        form: type[Command] = Approve
        said = [{"gate": gate, "hash": digest} for gate, digest in (*hashes, (Gate.PLAN, "another"))]
    else:
        form, said = WORDS[update]
    return [form(actor=actor, **word) for actor, word in product(ACTORS, said)]


def accepted(update: str, state: CaseState, word: Command) -> bool:
    """What the validator says: nothing, or no in words; anything else is an error of ours."""
    case = object.__new__(OffboardingWorkflow)
    case.state = state
    try:
        VALIDATORS[update](case, word)
    except ApplicationError as error:
        no = error
    else:
        return True
    assert no.type
    assert no.message
    assert no.details[0], "a refusal says what to do"
    return False


def heard(update: str, states: Iterable[CaseState]) -> bool:
    """Whether anybody may say anything of it in one of these; all are tried."""
    answers = [accepted(update, state, word) for state in states for word in words(update, state)]
    return any(answers)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflow, "now", lambda: NOW)


def test_every_update_has_a_validator_and_a_permission() -> None:
    assert set(VALIDATORS) == set(PERMISSIONS) == set(CONTRACTS)
    assert None not in VALIDATORS.values()


@pytest.mark.parametrize(("update", "mode"), list(product(CONTRACTS, Mode)))
def test_an_update_is_accepted_where_contracts_says_so_and_else_refused_in_words(update: str, mode: Mode) -> None:
    nowhere = update == "change_mode" and mode is Mode.EJECT  # DOMAIN modes.4: there is no harder way
    expected = set() if nowhere else set(CONTRACTS[update])
    assert {stage for stage in Stage if heard(update, states(mode, stage))} == expected


@pytest.mark.parametrize("update", CONTRACTS)
def test_while_it_is_undone_a_case_hears_tasks_and_holds_alone(update: str) -> None:
    for mode, stage in product(Mode, Stage):
        undoing = [state.model_copy(update={"undo": "withdraw"}) for state in list(states(mode, stage))[:2]]
        assert heard(update, undoing) == (update in HEARD_WHILE_UNDOING and stage in CONTRACTS[update])
