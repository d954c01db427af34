"""A pause moves what was paid ahead by whole days of the customer's calendar. Source: DOMAIN modes.1, dates.1."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from connectors.builtin.orders import Pause
from models.tables.billing import ChargeOrderRow

ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Madrid", "Africa/Cairo", "Australia/Lord_Howe", "UTC")
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
LENGTHS = st.integers(0, 400)


def midnight(day: date, zone: str) -> datetime:
    """The first instant of a day; where the clock skips midnight, the one that it jumps to."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def pause(start: datetime, end: datetime, zone: str) -> Pause:
    return Pause(
        ChargeOrderRow(id="x", account="x", kind="suspend", at=start, made_at=start, ended_at=end), ZoneInfo(zone)
    )


@given(st.sampled_from(ZONES), DAYS, LENGTHS, LENGTHS, st.integers(0, 22 * 3600))
@example("Africa/Cairo", date(2028, 5, 1), 1, 360, 0)  # to a day that begins at one
@example("Africa/Cairo", date(2028, 5, 1), 1, 361, 0)  # from a day that begins at one
def test_modes_1_no_day_that_was_paid_ahead_is_lost(zone: str, start: date, length: int, ahead: int, late: int) -> None:
    back, paid_until = start + timedelta(days=length), start + timedelta(days=ahead)
    ended = midnight(back, zone) + timedelta(seconds=late)  # a timer is late, a person comes back at noon
    moved = pause(midnight(start, zone), ended, zone).after(midnight(paid_until, zone))
    assert moved == midnight(back + timedelta(days=ahead), zone)


@given(st.sampled_from(ZONES), DAYS, st.integers(1, 400), st.integers(2 * 3600, 22 * 3600))
def test_dates_1_a_day_that_had_begun_before_the_pause_is_used(zone: str, day: date, length: int, into: int) -> None:
    start = midnight(day, zone) + timedelta(seconds=into)
    assert pause(start, midnight(day + timedelta(days=length), zone), zone).days == length - 1


def test_a_pause_that_ended_before_it_began_moves_nothing() -> None:
    start = midnight(date(2026, 3, 1), "UTC")
    assert pause(start, start - timedelta(days=3), "UTC").days == 0
