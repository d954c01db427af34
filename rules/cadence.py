"""When the follow-ups arrive. Source: DOMAIN messages.5.

Pure given the library's calendars, which change with its version: so this runs in an activity, never in a workflow.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.follow_ups import Touch
from models.plan import Commitments
from models.policy import Cadence, Policy
from models.vocabulary import MailKind
from rules.calendar import ONE_DAY, working_day_from
from rules.hours import Reading, hours, opening
from rules.policy import in_force, speaks_for_all


def cadence_of(policy: Policy, commitments: Commitments) -> Cadence:
    """The cadence that a plan rests on: the one in force on the day of the request. Source: DOMAIN dates.2.

    Raises:
        NoClause: the policy is silent.
    """
    contract = speaks_for_all(commitments.contracts)
    return in_force(policy.cadence, commitments.dates["requested"].at.date(), commitments.jurisdiction, contract)


def follow_ups(
    goodbye: datetime, cadence: Cadence, reader: Reading, *, come_back: bool, taken: Collection[date] = ()
) -> tuple[Touch, ...]:
    """The follow-ups after the goodbye, in order, at most `max_touches`, one a day at most.

    They keep the goodbye's time of day where it lies in the reader's hours (`rules.hours.hours`), and move on to the
    next day that is neither weekend nor holiday in their country, nor `taken` by something else that arrives.
    Source: DOMAIN messages.5.
    """
    begins, ends = hours(reader, cadence)
    local = goodbye.astimezone(ZoneInfo(reader.timezone))
    touches, day = [], local.date()
    for kind, days in _wanted(cadence, come_back=come_back):
        day = working_day_from(max(local.date() + timedelta(days=days), day + ONE_DAY), reader.country)
        while day in taken:
            day = working_day_from(day + ONE_DAY, reader.country)
        touches.append(Touch(kind=kind, at=_at(day, local.time(), begins, ends, reader.timezone)))
    return tuple(touches[: cadence.max_touches])


def taken_days(dates: Mapping[str, datetime], reader: Reading, cadence: Cadence) -> frozenset[date]:
    """The days on which statement and certificate arrive: nobody gets two messages on one morning."""
    due = (dates[name] for name in ("late_usage_end", "erasure") if name in dates)
    return frozenset(opening(at, reader, cadence).date() for at in due)


def _wanted(cadence: Cadence, *, come_back: bool) -> Iterator[tuple[MailKind, int]]:
    days = {MailKind.THANKS: cadence.thanks_days, MailKind.SURVEY_REMINDER: cadence.survey_reminder_days}
    if come_back:
        days[MailKind.COME_BACK] = cadence.come_back_days
    yield from sorted(days.items(), key=lambda wanted: wanted[1])


def _at(day: date, of_day: time, begins: int, ends: int, zone: str) -> datetime:
    chosen = of_day.replace(microsecond=0) if begins <= of_day.hour < ends else time(begins)
    naive = datetime.combine(day, chosen.replace(fold=0), tzinfo=ZoneInfo(zone))
    # There and back, so that an instant which the clock jumps over becomes one that exists.
    return naive.astimezone(UTC).astimezone(ZoneInfo(zone))
