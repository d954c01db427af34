"""Every date of an exit, in the customer's calendar. Source: DOMAIN dates."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from models.account import AccountFacts
from models.plan import PlannedDate
from models.policy import Jurisdiction, Period


class DateRefused(Exception):
    """An effective date that can't be: `why`, and the `fix`."""

    def __init__(self, why: str, fix: str) -> None:
        """Keeps both for the person who asked."""
        super().__init__(why)
        self.why, self.fix = why, fix


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a local day; where the clock jumps over midnight, the first one that exists."""
    tz = ZoneInfo(zone)
    naive = datetime(day.year, day.month, day.day, tzinfo=tz)
    return naive.astimezone(UTC).astimezone(tz)


def after(start: date, days: int) -> date:
    """The exclusive end of `days` whole days, the day of `start` itself not counted.

    Source: DOMAIN dates.1; Regulation (EEC, Euratom) 1182/71, Art. 3: the day of the event does not count.
    """
    return start + timedelta(days=days + 1)


def earliest_effective(requested_on: date, facts: AccountFacts, periods: Jurisdiction) -> date:
    """The first effective date that notice and transition allow. Source: DOMAIN dates.2."""
    notice = notice_of(facts, periods)
    return after(requested_on, notice.days) + timedelta(days=periods.transition.days)


def notice_of(facts: AccountFacts, periods: Jurisdiction) -> Period:
    """The notice period: the contract's own where it has one, else the policy's.

    Of several contracts the longest notice counts, so that none is cut short.
    """
    own = [c for c in facts.contracts if c.state == "active" and c.notice_days is not None]
    if not own:
        return periods.notice
    longest = max(own, key=lambda c: c.notice_days or 0)
    return periods.notice.model_copy(
        update={"days": longest.notice_days, "rule": "dates.2", "citation": f"contract {longest.id}, notice"}
    )


def exit_dates(
    requested_on: date, effective_on: date | None, facts: AccountFacts, periods: Jurisdiction
) -> dict[str, PlannedDate]:
    """All dates of a `stop`, by name. Half-open, in the customer's zone. Source: DOMAIN dates.1 to dates.4.

    Raises:
        DateRefused: the date asked for lies before the notice's end.
    """
    earliest = earliest_effective(requested_on, facts, periods)
    effective = earliest if effective_on is None else effective_on
    if effective < requested_on:
        raise DateRefused(f"the effective date {effective} is in the past", f"the earliest is {earliest}")
    if effective < earliest:
        days = notice_of(facts, periods).days
        raise DateRefused(
            f"the effective date {effective} is before the notice of {days} days allows", f"the earliest is {earliest}"
        )
    return _named(requested_on, effective, facts, periods)


def _named(requested_on: date, effective: date, facts: AccountFacts, p: Jurisdiction) -> dict[str, PlannedDate]:
    zone, notice = facts.account.timezone, notice_of(facts, p)
    retrieval_end = after(effective, p.retrieval.days)  # whole days, even when the package comes at its last minute

    def planned(day: date, period: Period) -> PlannedDate:
        return PlannedDate(at=midnight(day, zone), rule=period.rule, citation=period.citation)

    def fixed(day: date, rule: str, citation: str) -> PlannedDate:
        return PlannedDate(at=midnight(day, zone), rule=rule, citation=citation)

    return {
        "requested": fixed(requested_on, "dates.1", "the day of the request, in the customer's zone"),
        "notice_end": planned(effective - timedelta(days=p.transition.days), notice),
        "transition_end": planned(effective, p.transition),
        "effective_date": fixed(effective, "dates.4", "the end of transition, resolved to a date"),
        "billing_end": fixed(effective, "money.4", "charges run on until the effective date"),
        "late_usage_end": planned(effective + timedelta(days=p.late_usage.days), p.late_usage),
        "retrieval_end": planned(retrieval_end, p.retrieval),
        "erasure": fixed(retrieval_end, "stages.1", "not before the window is over and all six gates are open"),
        "backups_expire": planned(retrieval_end + timedelta(days=p.backups.days), p.backups),
    }
