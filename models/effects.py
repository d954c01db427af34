"""What the activities of the exit are asked, and what they answer: ids, counts, digests, never rows."""

from pydantic import AwareDatetime

from models.case import TeamDue
from models.payload import EffectRequest, Payload
from models.vocabulary import MailKind, Team


class AtRequest(EffectRequest):
    """An effect that bears a date of the plan."""

    at: AwareDatetime


class UndoRequest(EffectRequest):
    """Takes back what the effect of `undoes` (an idempotency key) did."""

    undoes: str


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
    `answers`: it answers what the customer has just said, so it waits for no hour.
    """

    kind: MailKind
    plan_hash: str = ""
    dates: dict[str, AwareDatetime] = {}
    answers: bool = False


class MessageResult(Payload):
    """`state` is `sent`, `skipped` (`why`, and its `code`), `to_call` (a person must), or `later` (`not_before`)."""

    message_id: str
    state: str
    why: str = ""
    code: str = ""
    not_before: AwareDatetime | None = None
    kind: MailKind | None = None

    @property
    def ledger_subject(self) -> str | None:
        """What the ledger says of it: the kind alone is a message that left."""
        said = {"skipped": f":skipped:{self.code}", "later": ":later", "to_call": ":to_call"}
        return f"{self.kind}{said.get(self.state, '')}" if self.kind else None


class CallRequest(MessageRequest):
    """Somebody has called the customer, or given it up."""

    reached: bool


class TeamMessageRequest(EffectRequest):
    """Writes to our people about an exit; `generation` counts such rounds, so each has Message-IDs of its own.

    A briefing goes to the manager first, then to all teams but those of `done`, which have done theirs. Reminders go to
    those of `due`. `escalate`: what was due isn't done, and whoever the policy names is told. `called_off`: the account
    stays, and all who were asked hear it once.
    """

    teams: tuple[Team, ...] = ()
    escalate: bool = False
    called_off: bool = False
    plan_hash: str = ""
    due: tuple[TeamDue, ...] = ()
    done: tuple[Team, ...] = ()


class TeamMessageResult(Payload):
    """What the teams were told to do, by when."""

    due: tuple[TeamDue, ...] = ()


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
