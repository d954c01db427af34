"""The plan: what is promised (hashed) and what is estimated (not). Source: DESIGN, One idea; CONTRACTS, Forms."""

from datetime import date

from pydantic import AwareDatetime

from models.money import ZERO, Amount, Statement
from models.payload import Payload
from models.vocabulary import OWN, OWN_USERS, BlockerCode, Cause, Channel, Gate, MailKind, Mode


class PlannedDate(Payload):
    """An instant (in the customer's zone), the rule that gave it and the text that the rule rests on."""

    at: AwareDatetime
    rule: str
    citation: str


class EndingContract(Payload):
    """An agreement and the day on which it ends with this exit, by which rule.

    `term_end` is the day until which it would have run by its own terms (the midnight after its last day); where that
    is later than `ends` and the policy holds it lawful, `fee_share` of the price of the days between is due.
    `part_of` is the main contract of an add-on.
    """

    id: str
    ends: PlannedDate
    term_end: AwareDatetime
    fee_share: Amount = ZERO
    part_of: str | None = None


class AppliedClause(Payload):
    """A clause of the policy that this plan rests on, in words: `value` is what it says (`30 days`)."""

    matter: str
    value: str
    rule: str
    citation: str
    jurisdiction: str
    contract: str | None = None
    valid_from: date
    valid_to: date | None = None


class Duties(Payload):
    """What happens to one data set: exported or not; `delete`, `mask` or `retain`; and why it is kept."""

    name: str
    export: bool
    erase: str
    ground: str | None = None
    until: AwareDatetime | None = None


class Commitments(Payload):
    """What people approve. It holds dates, never the instant of computing.

    `terms` are the clauses of the policy that apply; `cause` is that of an eject. A pause has no contracts that end,
    no data sets, and the date `resume`.
    """

    account: str
    mode: Mode
    cause: Cause | None = None
    jurisdiction: str
    policy: str
    policy_sha256: str
    inventory_sha256: str
    timezone: str
    dates: dict[str, PlannedDate]
    contracts: tuple[EndingContract, ...] = ()
    terms: tuple[AppliedClause, ...] = ()
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
    """As of now: `rows` per data set, credentials by class, the statement as it would close.

    `cost` is, per currency, what the customer will still pay (+) or get back (−) once all is settled; `to_come` are the
    ids of the invoices in the statement that aren't issued yet.
    """

    rows: dict[str, int]
    users: int
    credentials: dict[str, int]
    statement: tuple[Statement, ...]
    cost: dict[str, Amount] = {}
    to_come: tuple[str, ...] = ()
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


def made_by_us(name: str) -> bool:
    """Whether a data set of that name is what Farewell itself wrote: package, contacts, messages, notes.

    Users aren't: they are another system's, and go before the records that point at them. Source: DOMAIN erasure.7.
    """
    return name.startswith(OWN) and name != OWN_USERS
