"""What the follow-ups are asked, and what they answer."""

from pydantic import AwareDatetime

from models.case import Task
from models.payload import Payload
from models.vocabulary import MailKind, StopGround


class Touch(Payload):
    """One follow-up to come."""

    kind: MailKind
    at: AwareDatetime


class FollowUpPlan(Payload):
    """The follow-ups and the instants, already moved off nights, weekends and holidays of the contact.

    `stop`: the contact isn't written to any more, and on which ground; then there are none.
    """

    touches: tuple[Touch, ...]
    stop: StopGround | None = None


class FollowUpRequest(Payload):
    """The input of `FollowUpWorkflow`: ids only; the contact is in SQL until the cadence ends."""

    case: str
    account: str


class FollowUpState(Payload):
    """What the follow-ups' query answers. `sent`, `failed` and `skipped` name kinds.

    `stopped` says what ended them (a `StopGround`); `tasks` are calls that somebody must make, `F1` and on.
    """

    case: str
    account: str
    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    next: Touch | None = None
    skipped: tuple[str, ...] = ()
    stopped: str | None = None
    tasks: tuple[Task, ...] = ()
