"""When the follow-ups arrive. Source: DOMAIN messages.5.

Pure given the library's calendars, which change with its version: so this runs in an activity, never in a workflow.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.follow_ups import Touch
from models.plan import Commitments
from models.policy import Cadence, Policy
from models.vocabulary import MailKind
from rules.calendar import ONE_DAY, working_day_from
from rules.policy import in_force, speaks_for_all


def cadence_of(policy: Policy, commitments: Commitments) -> Cadence:
    """The cadence that a plan rests on: the one in force on the day of the request. Source: DOMAIN dates.2.

    Raises:
        NoClause: the policy is silent.
    """
    contract = speaks_for_all(commitments.contracts)
    return in_force(policy.cadence, commitments.dates["requested"].at.date(), commitments.jurisdiction, contract)


def follow_ups(
    goodbye: datetime,
    cadence: Cadence,
    zone: str,
    country: str,
    *,
    come_back: bool,
    within: tuple[int, int] | None = None,
) -> tuple[Touch, ...]:
    """The follow-ups after the goodbye, in order, at most `max_touches`, one a day at most.

    They keep the goodbye's time of day where it lies `within` the hours of the contact's day, `[from, to)` (else those
    of the policy), and move on to the next day that is neither weekend nor holiday in the contact's country. `within`
    is what `rules.hours.hours` tells. Source: DOMAIN messages.5.
    """
    begins, ends = within or (cadence.earliest_hour, cadence.latest_hour)
    local = goodbye.astimezone(ZoneInfo(zone))
    touches, day = [], local.date()
    for kind, days in _wanted(cadence, come_back=come_back):
        day = working_day_from(max(local.date() + timedelta(days=days), day + ONE_DAY), country)
        touches.append(Touch(kind=kind, at=_at(day, local.time(), begins, ends, zone)))
    return tuple(touches[: cadence.max_touches])


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
