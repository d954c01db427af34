"""What people send to a running case: one form an update, and its answer. Source: CONTRACTS, Updates."""

from datetime import date

from pydantic import AwareDatetime

from models.account import Actor
from models.payload import Payload, Personal
from models.vocabulary import Cause, Channel, Gate, Mode, OfferKind, Reason, Stage, StopGround, TaskOutcome


class Answer(Payload):
    """What an update answers: where the case stands now, in one line."""

    case: str
    stage: Stage
    text: str


class Command(Payload):
    """What every update carries: who asks. `key` is the update's id, so that Temporal takes it once."""

    actor: Actor
    key: str = ""


class Approve(Command):
    """A yes at a gate, to exactly this digest."""

    gate: Gate
    hash: str


class Refuse(Command):
    """A no at a gate."""

    gate: Gate
    reason: Personal


class Undo(Command):
    """Withdraw or reinstate."""

    reason: Personal


class Reschedule(Command):
    """Another effective date, in the customer's calendar; it makes a new plan that needs new approval.

    In a pause it is another resume date, which needs none.
    """

    to: date


class ChangeMode(Command):
    """Another way out: from a pause to a stop or an eject, from a stop to an eject; an eject has a `cause`."""

    mode: Mode
    cause: Cause | None = None
    reason: Personal


class Stop(Command):
    """No more follow-ups, and on which ground. Source: DOMAIN messages.5."""

    ground: StopGround = StopGround.ASKED
    reason: Personal


class RetrievalWord(Command):
    """Acceptance of the package or a waiver, and what shows it."""

    evidence: Personal


class Extend(Command):
    """A later end of transition or retrieval: the midnight of the customer's zone, as the sender computed it."""

    until: AwareDatetime


class HoldWord(Command):
    """A hold placed, confirmed or released; the hold itself is in SQL.

    `confirm_by` is until when a second of compliance must confirm it, and `tell` whether the customer may know of it,
    as the sender computed them by the policy.
    """

    hold: str
    confirm_by: AwareDatetime | None = None
    tell: bool = False


class ResolveTask(Command):
    """How a task ends."""

    task: str
    outcome: TaskOutcome
    reason: Personal


class AnswerOffer(Command):
    """Yes or no to the one offer; its terms are in SQL, and the sender tells what the case must know of them.

    `until` is until when it may be accepted; `days` by how many an accepted `extended_retrieval` moves the window.
    """

    offer: str
    accepted: bool
    kind: OfferKind = OfferKind.PERSON
    until: AwareDatetime | None = None
    days: int = 0


class ContactPreference(Command):
    """How and whether the customer wants to hear from us, and why they leave, in their own choice of reason.

    `None` leaves a thing as it is. Hours are those of `models.account.Contact`.
    """

    channel: Channel | None = None
    language: str | None = None
    hours_from: int | None = None
    hours_to: int | None = None
    come_back: bool | None = None
    hear_of_products: bool | None = None
    would_recommend: bool | None = None
    reason: Reason | None = None
