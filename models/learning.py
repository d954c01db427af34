"""What reports are counted from, and what they say: figures, never names. Source: issue 6, Learning."""

from pydantic import AwareDatetime

from models.money import Amount
from models.payload import Payload
from models.vocabulary import Heard, MailKind, Mode, Reason, Stage


class Exited(Payload):
    """A case, as far as reports look: `reason` is what the account manager noted, `own_reason` what the customer chose.

    `yearly_value` is in the account's own currency; `customer_days` is how long they had been with us when it opened.
    `asked_back_at` is when the come-back offer left.
    """

    mode: Mode
    stage: Stage
    reason: Reason
    own_reason: Reason | None = None
    yearly_value: Amount
    customer_days: int
    opened_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    asked_back_at: AwareDatetime | None = None
    returned_at: AwareDatetime | None = None
    restored: bool = False


class Happened(Payload):
    """How often something became of messages: `what` is `sent`, `skipped` or `stopped`.

    `code` is why: a code of `rules.reach`, or a `StopGround`. A stop is of no kind; a skip has no channel.
    """

    what: str
    kind: MailKind | None = None
    channel: str = ""
    code: str = ""
    count: int


class Answered(Payload):
    """How often something came back of messages of a kind."""

    kind: MailKind
    heard: Heard
    count: int


class Groups(Payload):
    """How many of each, in groups of at least five; `fewer` are those of all smaller groups together, five or none."""

    groups: dict[str, int] = {}
    fewer: int = 0


class Said(Payload):
    """What a survey's answers say together; of fewer than five `answers` is None, and nothing else is told.

    `asked` is how many goodbyes held the link, if that is known; more answers than that are a sign that somebody
    answered several times. `leaving` is the mean from 1 to 5. `comments` are sorted by what they say.
    """

    asked: int | None = None
    answers: int | None = None
    reason: Groups = Groups()
    change: Groups = Groups()
    back: Groups = Groups()
    change_by_reason: Groups = Groups()
    leaving: Amount | None = None
    comments: tuple[str, ...] = ()


class ReasonsReport(Payload):
    """Why they left: as we noted it, as they chose it on their page, and as nobody in particular said.

    `quarters` are those that the survey's part is of; `unquartered` is of all quarters in which fewer than five were
    asked, whenever that was.
    """

    exits: int
    ends: Groups
    reason: Groups
    own_reason: Groups
    size: Groups
    age: Groups
    reason_by_size: Groups
    reason_by_age: Groups
    quarters: tuple[str, ...]
    survey: Said
    unquartered: Said


class CadenceReport(Payload):
    """What was sent, what was not and why, what ended the follow-ups, what came back."""

    sent: dict[str, dict[str, int]]
    skipped: dict[str, dict[str, int]]
    stopped: dict[str, int]
    heard: dict[str, dict[str, int]]


class ReturnsReport(Payload):
    """Who came back of those that left within the period; `median_days` is from the end of the exit.

    `asked_back` is how many were sent the come-back offer, `after_asking` how many of those came back after it.
    `by_reason` counts those that came back of the groups of five or more that left: {`left`, `returned`}.
    """

    left: int
    returned: int
    restored: int
    asked_back: int
    after_asking: int
    median_days: int | None
    by_reason: dict[str, dict[str, int]]


class OfferFigures(Payload):
    """What became of the offers of one kind.

    Who accepted one and stayed counts as kept after 30 and after 90 days, of those of whom it can be known by now
    (`after_30`, `after_90`); who left since counts back: they are in `left_since` and in neither. `promises_kept` are
    those that we have kept.
    """

    made: int = 0
    accepted: int = 0
    declined: int = 0
    promises_kept: int = 0
    after_30: int = 0
    kept_30: int = 0
    after_90: int = 0
    kept_90: int = 0
    left_since: int = 0


class Leaver(Payload):
    """That an account began to leave, at which instant: a stop or eject that wasn't taken back."""

    account: str
    case: str
    opened_at: AwareDatetime
