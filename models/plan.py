"""The plan: what is promised (hashed) and what is estimated (not). Source: DESIGN, One idea; CONTRACTS, Forms."""

from pydantic import AwareDatetime

from models.money import Statement
from models.payload import Payload
from models.vocabulary import BlockerCode, Channel, Gate, MailKind, Mode


class PlannedDate(Payload):
    """An instant (in the customer's zone), the rule that gave it and the text that the rule rests on."""

    at: AwareDatetime
    rule: str
    citation: str


class Duties(Payload):
    """What happens to one data set: exported or not; `delete`, `mask` or `retain`; and why it is kept."""

    name: str
    export: bool
    erase: str
    ground: str | None = None
    until: AwareDatetime | None = None


class Commitments(Payload):
    """What people approve. It holds dates, never the instant of computing."""

    account: str
    mode: Mode
    policy: str
    policy_sha256: str
    inventory_sha256: str
    timezone: str
    dates: dict[str, PlannedDate]
    data_sets: tuple[Duties, ...]
    gates: dict[Gate, int]


class PlannedMessage(Payload):
    """A message that the customer may expect."""

    kind: MailKind
    channel: Channel
    language: str
    send_at: AwareDatetime
    subject: str


class Estimates(Payload):
    """As of now: `rows` per data set, credentials by class, the statement as it would close."""

    rows: dict[str, int]
    users: int
    credentials: dict[str, int]
    statement: tuple[Statement, ...]
    messages: tuple[PlannedMessage, ...]


class Blocker(Payload):
    """Why this plan can't be approved yet, and who mends it how."""

    code: BlockerCode
    text: str
    fix: str


class Plan(Payload):
    """`hash` is the SHA-256 of the canonical `commitments`, as `sha256:` + hex."""

    hash: str
    commitments: Commitments
    estimates: Estimates
    approvals_required: dict[Gate, int]
    blockers: tuple[Blocker, ...] = ()
