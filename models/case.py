"""The case: its request, its state (also what the query answers), and what its own steps ask and keep."""

from datetime import date

from pydantic import AwareDatetime

from models.money import Amount
from models.payload import AccountId, EffectRequest, Payload, Personal
from models.vocabulary import (
    Cause,
    Channel,
    Gate,
    Mode,
    OfferKind,
    Reason,
    Role,
    Stage,
    TaskKind,
    Team,
    WaitKind,
)


class WaitingFor(Payload):
    """Whom or what the case waits for, until when, and why, in words."""

    kind: WaitKind
    who: str
    until: AwareDatetime | None = None
    why: str


class Task(Payload):
    """What a person must do. `gate` tasks can't be skipped; one that isn't `blocking` lets the case go on.

    A stakeholder's has a `team` and is `due`; at `remind_at` the team is reminded, when due it is escalated: `told`
    times so far.
    """

    id: str
    kind: TaskKind
    step: str
    owner: Role
    cause: str
    fix: str
    opened_at: AwareDatetime
    gate: bool = False
    blocking: bool = True
    team: Team | None = None
    due: AwareDatetime | None = None
    remind_at: AwareDatetime | None = None
    told: int = 0


class Approval(Payload):
    """One person's yes, bound to a digest. Source: DOMAIN audit.3."""

    gate: Gate
    person: str
    roles: tuple[Role, ...]
    digest: str
    at: AwareDatetime


class TeamDue(Payload):
    """What a stakeholder must do of an exit: by when, and when the team is reminded. Source: SEEDS 002.

    `does` is the policy's word for it, in the team's language. `remind_at` = `due`: there is no time to remind them.
    """

    team: Team
    due: AwareDatetime
    remind_at: AwareDatetime
    does: str = ""


class Agreed(Payload):
    """The part of a plan that the workflow steers by; the whole of it is in SQL under `hash`.

    `dates` of a pause end with `resume`; `reminder_at` is then the reminder before it. `looks_at` are the instants at
    which we look for late charges, `scans_at` those at which we look again for ways in. `openings` are, by the name of
    a date, the first instants from it on at which the contact may be written to; `teams` what our stakeholders must do;
    `retained` those of the `data_sets` that are kept, and only counted at the purge.
    """

    hash: str
    mode: Mode = Mode.STOP
    cause: Cause | None = None
    looks_at: tuple[AwareDatetime, ...] = ()
    scans_at: tuple[AwareDatetime, ...] = ()
    dates: dict[str, AwareDatetime]
    approvals_required: dict[Gate, int]
    approval_until: AwareDatetime
    reminder_at: AwareDatetime
    silence_at: AwareDatetime
    blockers: tuple[str, ...] = ()
    data_sets: tuple[str, ...] = ()
    generation: int = 1
    openings: dict[str, AwareDatetime] = {}
    teams: tuple[TeamDue, ...] = ()
    retained: tuple[str, ...] = ()


class PackageRef(Payload):
    """A verified package: where it is, and the digest of its tag manifest; how many attachments are `missing`."""

    location: str
    digest: str
    generation: int
    rows: int
    files: int
    size_bytes: int
    verified_at: AwareDatetime
    missing: int = 0


class CaseState(Payload):
    """Where the case stands: the query's answer, and what continue-as-new carries.

    `agreed` is the plan in force, `proposed` one that waits for approval; `done` names the steps that an undo
    must take back (by idempotency key, in the order in which they began); `sent` the messages that were tried,
    `delayed` those that wait for their hour.
    `handled` are the update ids seen so far; `cause` is that of an eject which was asked for, before there is a plan.

    `proposed_by` asked for what is proposed; `paused_on` is the day, at the customer's, since which the account has
    paused. Of the money: `refunds_at` is when we next ask what became of the refunds, after `refund_checks` times, and
    `refunds_failed` what we know couldn't be sent back; `looks` and `looked_at` are those for late charges, `late` what
    they left for a person; `billing_told_at` is when the billing system said that something changed.

    `unconfirmed` holds stand, and must be confirmed by their instant; `shut_at` is when all access was closed, `scans`
    and `scanned_at` are the looks for ways in since then. `offer` is the one that was answered, `promised` what
    somebody must still keep of it, `more_days` those by which it lengthens the retrieval window. `briefed` is the
    generation of the plan that our people were told of, `teams` those who were asked to do something, by `team_letters`
    rounds of mails.
    """

    case: str
    account: str
    mode: Mode
    cause: Cause | None = None
    stage: Stage = Stage.REQUESTED
    waiting_for: WaitingFor | None = None
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    requested_by: str
    agreed: Agreed | None = None
    proposed: Agreed | None = None
    generation: int = 0
    approvals: tuple[Approval, ...] = ()
    done: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    delayed: dict[str, AwareDatetime] = {}
    tasks: tuple[Task, ...] = ()
    tasks_opened: int = 0
    package: PackageRef | None = None
    statement_digest: str | None = None
    statement_closed: bool = False
    accepted: bool = False
    reminded: bool = False
    holds: tuple[str, ...] = ()
    held_since: AwareDatetime | None = None
    unconfirmed: dict[str, AwareDatetime] = {}
    retrieval_end: AwareDatetime | None = None
    transition_extended: bool = False
    undo: str | None = None
    handled: tuple[str, ...] = ()
    proposed_by: str = ""
    paused_on: date | None = None
    refunds_at: AwareDatetime | None = None
    refund_checks: int = 0
    refunds_failed: dict[str, Amount] = {}
    looks: int = 0
    looked_at: AwareDatetime | None = None
    late: dict[str, Amount] = {}
    billing_told_at: AwareDatetime | None = None
    shut_at: AwareDatetime | None = None
    scans: int = 0
    scanned_at: AwareDatetime | None = None
    offer: str | None = None
    offer_accepted: bool = False
    promised: OfferKind | None = None
    more_days: int = 0
    briefed: int = 0
    teams: tuple[Team, ...] = ()
    team_letters: int = 0


class CaseRequest(Payload):
    """The input of `OffboardingWorkflow`. `effective_on` is the customer's local date, if one was asked for.

    `resume_on` is that on which a pause ends, if one was asked for; `cause` is that of an eject.

    `carried` is the state that an earlier run of the case carried over.
    """

    case: str
    account: AccountId
    mode: Mode
    reason: Reason
    requested_by: str
    manager: str
    effective_on: date | None = None
    resume_on: date | None = None
    cause: Cause | None = None
    language: str
    channel: Channel
    carried: CaseState | None = None


class OpenedCase(Payload):
    """A case that was opened for a customer by an earlier one; None: another was open by then."""

    request: CaseRequest | None = None


class HoldsRequest(Payload):
    """Asks which holds stand."""

    account: AccountId


class StandingHolds(Payload):
    """The ids of the holds that stand, as SQL knows them."""

    holds: tuple[str, ...] = ()


class PlanRequest(EffectRequest):
    """Makes the plan of `generation`; `effective_on` and `resume_on` are dates of the customer's calendar.

    `paused_on` is the day since which the account has paused already.
    """

    mode: Mode
    effective_on: date | None = None
    resume_on: date | None = None
    paused_on: date | None = None
    cause: Cause | None = None
    transition_end_on: date | None = None


class PlanResult(Payload):
    """The plan that was made and stored."""

    agreed: Agreed


class Decision(EffectRequest):
    """An accepted update, recorded: `details` holds ids and dates, `note` what the person wrote."""

    action: str
    details: dict[str, str] = {}
    note: Personal | None = None


class StageRecord(EffectRequest):
    """The read model's part of a state; `plan_hash` is the plan that waits for approval, else the one in force.

    `cause` is that of an eject: the case may have begun as something else.
    """

    mode: Mode
    plan_hash: str | None = None
    waiting_for: WaitingFor | None = None
    effective_date: AwareDatetime | None = None
    cause: Cause | None = None
    tasks: tuple[Task, ...] = ()
    ended: bool = False


class Noted(Payload):
    """An effect that has nothing to tell but that it happened."""

    text: str = "done"
