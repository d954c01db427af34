"""What the closing is asked and carries, and what its evidence answers."""

from typing import Literal

from pydantic import AwareDatetime

from models.payload import EffectRequest, Payload
from models.vocabulary import Mode


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


class ClosingState(Payload):
    """What the closing's query answers, and what continue-as-new carries.

    `done` are the steps that are behind it; `watches` are still to come; so many `supplements` were sealed; `findings`
    are what a watch could not mend by itself. `mail_at` is the hour that the certificate's mail waits for, after so
    many `mail_tries` in vain.
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
    mail_at: AwareDatetime | None = None
    mail_tries: int = 0


class ClosingRequest(Payload):
    """The input of `ClosingWorkflow`. `workflows` are those whose histories go into the pack.

    `billing_end` is from when on no charge may appear, `mail_from` from when on the customer may be written to as the
    plan knew it; `carried` is the state that an earlier run carried over.
    """

    case: str
    account: str
    mode: Mode
    plan_hash: str
    opened_at: AwareDatetime
    workflows: tuple[str, ...]
    billing_end: AwareDatetime | None = None
    mail_from: AwareDatetime | None = None
    carried: ClosingState | None = None


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
