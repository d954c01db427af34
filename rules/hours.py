"""When a message may arrive. Source: DOMAIN messages.2, messages.5.

Pure given the library's calendars, which change with its version: so this runs in an activity, never in a workflow.
"""

from datetime import UTC, date, datetime, time
from typing import NamedTuple, Protocol, Self
from zoneinfo import ZoneInfo

from models.account import Contact
from models.policy import Cadence
from models.vocabulary import Channel, MailKind
from rules.calendar import ONE_DAY, midnight, working_day_from

AT_ONCE = frozenset(
    {
        MailKind.ACKNOWLEDGEMENT,
        MailKind.PLAN,
        MailKind.NOTICE,
        MailKind.PAUSED,
        MailKind.WELCOME_BACK,
        MailKind.HOLD,
    }
)
"""What answers somebody's act: a mail of these waits for nothing."""
_RINGS = frozenset({Channel.SMS, Channel.WHATSAPP, Channel.PHONE})
_WHOLE_DAY = 24


class Reading(Protocol):
    """Who reads, as far as hours go: `models.messages.Reader` is one."""

    @property
    def timezone(self) -> str: ...  # noqa: D102
    @property
    def country(self) -> str: ...  # noqa: D102
    @property
    def hours_from(self) -> int | None: ...  # noqa: D102
    @property
    def hours_to(self) -> int | None: ...  # noqa: D102


class Whose(NamedTuple):
    """A contact's hours, and whose holidays they keep."""

    timezone: str
    country: str
    hours_from: int | None = None
    hours_to: int | None = None

    @classmethod
    def of(cls, contact: Contact, country: str) -> Self:
        """The contact's, in the account's country."""
        return cls(contact.timezone, country, contact.hours_from, contact.hours_to)


def goes_at_once(kind: MailKind, channel: Channel, *, answers: bool = False) -> bool:
    """Whether it waits for no hour; what rings in a pocket only where it says that somebody was heard.

    `answers`: it says so to who has just spoken, whatever its kind.
    """
    return answers or (kind is MailKind.ACKNOWLEDGEMENT if channel in _RINGS else kind in AT_ONCE)


def opening(at: datetime, reader: Reading, cadence: Cadence) -> datetime:
    """The first instant from `at` on at which this reader may be written to, in their zone.

    Within the policy's hours and their own (where those have no hour in common, within their own), on a day that is
    neither weekend nor holiday in their country.
    """
    zone, moment = ZoneInfo(reader.timezone), at.astimezone(UTC)
    first, last = hours(reader, cadence)
    day = moment.astimezone(zone).date()
    while True:
        day = working_day_from(day, reader.country)
        begins, ends = _instant(day, first, reader.timezone), _instant(day, last, reader.timezone)
        if max(moment, begins) < ends:
            return max(moment, begins).astimezone(zone)
        day += ONE_DAY


def hours(reader: Reading, cadence: Cadence) -> tuple[int, int]:
    """The hours of the reader's day in which messages may arrive, `[from, to)`."""
    policy = cadence.earliest_hour, cadence.latest_hour
    own = reader.hours_from or 0, _WHOLE_DAY if reader.hours_to is None else reader.hours_to
    if own[0] >= own[1]:
        return policy
    both = max(policy[0], own[0]), min(policy[1], own[1])
    return both if both[0] < both[1] else own


def _instant(day: date, hour: int, zone: str) -> datetime:
    """In UTC, in which instants compare; an hour that the clock jumps over becomes one that exists."""
    if hour == _WHOLE_DAY:
        return midnight(day + ONE_DAY, zone).astimezone(UTC)
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)
