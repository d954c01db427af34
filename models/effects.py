"""What the activities of the exit are asked, and what they answer: ids, counts, digests, never rows."""

from typing import Literal, Self

from pydantic import AwareDatetime, model_validator

from models.case import PackageRef
from models.money import Amount, Difference
from models.payload import EffectRequest, Payload
from models.vocabulary import MailKind, Mode


class AtRequest(EffectRequest):
    """An effect that bears a date of the plan."""

    at: AwareDatetime


class UndoRequest(EffectRequest):
    """Takes back what the effect of `undoes` (an idempotency key) did."""

    undoes: str


class StatementRequest(EffectRequest):
    """The final statement as of the billing end, on the terms of a plan."""

    billing_end: AwareDatetime
    plan_hash: str


class StatementResult(Payload):
    """`differences` are the lines that the billing system holds otherwise; at most ten, `differing` counts them all.

    `handed_over` is owed to us above the threshold; `to_pay_out` by us, without a payment to send it back to; both per
    currency. `pending` refunds were asked for and aren't confirmed yet; `failed` ones couldn't be sent back.
    """

    digest: str
    closed: bool
    differences: tuple[Difference, ...] = ()
    differing: int = 0
    handed_over: dict[str, Amount] = {}
    to_pay_out: dict[str, Amount] = {}
    pending: int = 0
    failed: dict[str, Amount] = {}


class RefundsRequest(EffectRequest):
    """Asks what became of the refunds that the effect `settled_by` (an idempotency key) asked for."""

    settled_by: str


class RefundsResult(Payload):
    """`failed` holds, per currency, what couldn't be sent back and must be paid out otherwise."""

    pending: int
    failed: dict[str, Amount] = {}


class ChargeWatchRequest(EffectRequest):
    """Looks for charges from `since` on that no effect of ours made, on the terms of a plan. Source: DOMAIN money.9."""

    since: AwareDatetime
    plan_hash: str


class ChargeWatchResult(Payload):
    """`found` charges, of which `refunded` went back by themselves and `left` wait for a person, per currency."""

    found: int
    refunded: dict[str, Amount] = {}
    left: dict[str, Amount] = {}


class AccessResult(Payload):
    """How many identities and credentials were closed or opened, by class."""

    counts: dict[str, int]


class ProbeResult(Payload):
    """The ways by which our own probe still gets in; empty is what it should be. Source: DOMAIN identity.3."""

    admitted: tuple[str, ...] = ()


class HandOverResult(Payload):
    """How many shared assets have a new owner; `unowned` names at most twenty that have none, `left` counts them all.

    Source: DOMAIN identity.4.
    """

    handed: int
    unowned: tuple[str, ...] = ()
    left: int = 0


class ScanResult(Payload):
    """What the zombie scan found alive by name, and what of it is still alive after it was closed again."""

    found: dict[str, int] = {}
    left: dict[str, int] = {}


class MessageRequest(EffectRequest):
    """One message; its Message-ID is `<case>.<kind>.<generation>@<sender's domain>`.

    `plan_hash` is the plan that it tells of (empty: the newest); `dates` have moved since that plan was made.
    """

    kind: MailKind
    plan_hash: str = ""
    dates: dict[str, AwareDatetime] = {}


class MessageResult(Payload):
    """`state` is `sent` or `skipped`, and `why`."""

    message_id: str
    state: str
    why: str = ""


class FollowUpPlan(Payload):
    """The follow-ups and the instants, already moved off nights, weekends and holidays of the contact."""

    touches: tuple["Touch", ...]


class Touch(Payload):
    """One follow-up to come."""

    kind: MailKind
    at: AwareDatetime


class FollowUpRequest(Payload):
    """The input of `FollowUpWorkflow`: ids only; the contact is in SQL until the cadence ends."""

    case: str
    account: str


class FollowUpState(Payload):
    """What the follow-ups' query answers. `sent` and `failed` name kinds; `stopped` says who or what ended them."""

    case: str
    account: str
    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    next: Touch | None = None
    stopped: str | None = None


TRIALS_FROM = 1001
"""Trial exports count from here, so that no place, key or workflow id of theirs is ever that of a case's package."""


class ExportRequest(Payload):
    """The input of `ExportWorkflow`. `plan_hash` tells which plan's data sets are meant.

    A `trial` is made while the account is live: it proves the way, and nothing of the case waits for it.
    """

    case: str
    account: str
    generation: int
    plan_hash: str
    trial: bool = False

    @model_validator(mode="after")
    def _counted_apart(self) -> Self:
        if self.trial != (self.generation >= TRIALS_FROM):
            raise ValueError(f"generation {self.generation}: trials, and only they, count from {TRIALS_FROM}")
        return self


class PackageRequest(EffectRequest):
    """An effect on the package of this generation."""

    plan_hash: str

    @property
    def is_trial(self) -> bool:
        """Whether the package is that of a trial."""
        return self.generation >= TRIALS_FROM


class PackagePlan(Payload):
    """The names of the parts, in the order of the inventory."""

    data_sets: tuple[str, ...]
    file_sets: tuple[str, ...]


class PartRequest(PackageRequest):
    """One file set, by `subject`."""


class PackagedFile(Payload):
    """One file of the package. `path` is relative to the bag; `rows` is None for attachments."""

    path: str
    size_bytes: int
    sha256: str
    rows: int | None = None


class PartResult(Payload):
    """What one part came to; attachments, and which are `missing`, are listed in the package, not here."""

    name: str
    files: int
    rows: int
    size_bytes: int
    missing: int = 0


class TablesResult(Payload):
    """All data sets and reference sets, in the order of the plan."""

    parts: tuple[PartResult, ...]


class CommitRequest(PackageRequest):
    """Writes what describes the parts, the tag manifest last."""

    parts: tuple[PartResult, ...]


class PackageResult(Payload):
    """A package that was read back, rehashed and recounted."""

    package: PackageRef


class PurgeRequest(EffectRequest):
    """Erases one data set, by `subject`. Holds are read again right before. Source: DOMAIN erasure.3."""

    plan_hash: str


class PurgeResult(Payload):
    """`before` rows (or files), `erased`, `kept` by a retention rule or masked."""

    name: str
    before: int
    erased: int
    kept: int


class ProcessorRequest(EffectRequest):
    """Asks the sub-processor that `subject` names to erase, or asks again. Source: DOMAIN erasure.3, stages.3."""

    plan_hash: str


class ProcessorResult(Payload):
    """`confirmed` once it has said, or a person has recorded, that all is erased there; `asked` how often we asked."""

    name: str
    asked: int
    confirmed: bool
    reference: str = ""


class RecountRequest(EffectRequest):
    """The independent count after the purge."""

    plan_hash: str


class RecountResult(Payload):
    """`left` names what should be gone and isn't, with the count."""

    counted: int
    left: dict[str, int] = {}


class ClosingRequest(Payload):
    """The input of `ClosingWorkflow`. `workflows` are those whose histories go into the pack.

    `billing_end` is from when on no charge may appear; `carried` is the state that an earlier run carried over.
    """

    case: str
    account: str
    mode: Mode
    plan_hash: str
    opened_at: AwareDatetime
    workflows: tuple[str, ...]
    billing_end: AwareDatetime | None = None
    carried: "ClosingState | None" = None


class Watch(Payload):
    """Something to do after the seal, at its instant; `subject` is a sub-processor or a retained data set.

    A `chase` repeats after `every_days` until it's confirmed, every other happens once. `turn` counts those of its kind
    and subject, as the closing numbers them: so each look has an idempotency key of its own. It has `failed` so often.
    """

    kind: Literal["scan", "charges", "chase", "backups", "retained"]
    subject: str = "-"
    at: AwareDatetime
    every_days: int = 7
    turn: int = 1
    failed: int = 0


class ObstaclesRequest(Payload):
    """Asks what stands in the way of a watch; without one, of the end of the account's key. No effect."""

    case: str
    account: str
    plan_hash: str
    watch: Watch | None = None


class Obstacles(Payload):
    """The `hold` that stands on it; whether the account has `returned`: what it holds is a live customer's again.

    Source: DOMAIN erasure.3, messages.9.
    """

    hold: str | None = None
    returned: bool = False


class WatchPlan(Payload):
    """All that is still to be watched when the pack is sealed, in order."""

    watches: tuple[Watch, ...]


class ClosingState(Payload):
    """What the closing's query answers, and what continue-as-new carries.

    `done` are the steps that are behind it; `watches` are still to come; so many `supplements` were sealed; `findings`
    are what a watch could not mend by itself.
    """

    case: str
    account: str
    step: str
    sealed: str | None = None
    certified: bool = False
    done: tuple[str, ...] = ()
    watches: tuple[Watch, ...] = ()
    supplements: int = 0
    findings: tuple[str, ...] = ()


class KeyResult(Payload):
    """Which keys of the account were destroyed and when; `proven` on which old payload that was tried."""

    ids: tuple[str, ...]
    at: AwareDatetime
    proven: str


class SupplementRequest(EffectRequest):
    """Seals what a watch has come to beside the pack. `generation` is the supplement's number, from 1."""

    plan_hash: str
    opened_at: AwareDatetime
    watch: Watch
    result: dict[str, str] = {}


class EvidenceRequest(EffectRequest):
    """An effect on the evidence pack."""

    plan_hash: str
    opened_at: AwareDatetime
    workflows: tuple[str, ...] = ()


class EvidenceResult(Payload):
    """Where the pack is and the digest of what was just made."""

    location: str
    digest: str
    entries: int = 0
