"""What we ordered of an account's charges: no renewal, a freeze, a pause. Source: DOMAIN money.4, modes.1.

The subscriptions themselves stay as they are, so an order that is taken back leaves nothing. Only a pause that has
ended does: the days that were paid ahead come after it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from connectors.store.sessions import alone, keep_once
from models.tables.accounts import AccountRow
from models.tables.billing import ChargeOrderRow, SubscriptionRow

STOP, FREEZE, SUSPEND = "stop_renewal", "freeze", "suspend"


def give(session: Session, account: str, kind: str, key: str, times: tuple[datetime, datetime]) -> None:
    """Gives an order, once; one that was taken back stays so. `times`: from when on, and when it was given."""
    alone(session.connection(), f"charges:{account}")
    from_, made_at = times
    keep_once(session, ChargeOrderRow(id=key, account=account, kind=kind, at=from_, made_at=made_at))


def take_back(session: Session, account: str, kind: str, key: str, at: datetime) -> list[ChargeOrderRow]:
    """Takes back what stands of that kind until `at`; the order `key`, if it comes only now, won't stand.

    Answers those that were taken back just now.
    """
    give(session, account, kind, key, (at, at))
    standing = [row for row in orders(session, account) if row.kind == kind and row.ended_at is None]
    ended = [row for row in standing if row.id == key or row.made_at <= at]
    for row in ended:
        row.ended_at = at
    return ended


def orders(session: Session, account: str) -> Sequence[ChargeOrderRow]:
    """All that were ever given, in that order."""
    asked = select(ChargeOrderRow).where(ChargeOrderRow.account == account)
    return session.exec(asked.order_by(col(ChargeOrderRow.made_at), col(ChargeOrderRow.id))).all()


def charges_end(given: Sequence[ChargeOrderRow]) -> datetime | None:
    """From when on nothing is charged: the newest notice, or a freeze or a pause before it."""
    standing = [row for row in given if row.ended_at is None]
    notices = [row.at for row in standing if row.kind == STOP]
    return min([*notices[-1:], *(row.at for row in standing if row.kind != STOP)], default=None)


def is_muted(given: Sequence[ChargeOrderRow]) -> bool:
    """Whether nobody duns: in a freeze and in a pause. Source: DOMAIN money.6."""
    return any(row.ended_at is None and row.kind != STOP for row in given)


class Pause:
    """A pause that has ended, in days of the customer's calendar: a day that has begun is used."""

    def __init__(self, order: ChargeOrderRow, zone: ZoneInfo) -> None:
        """`order` was taken back."""
        self.start, self.end, self._zone = order.at, order.ended_at or order.at, zone
        first, back = (instant.astimezone(zone).date() for instant in (self.start, self.end))
        begun = datetime.combine(first, time.min, zone).timestamp() < self.start.timestamp()
        self.days = max((back - first).days - begun, 0)

    def after(self, instant: datetime) -> datetime:
        """The same time of day, so many days later; where the clock skips it, when it goes on.

        A day's first instant becomes one, whichever hours the two days begin at.
        """
        local = instant.astimezone(self._zone)
        begins = datetime.combine(local, time.min, self._zone)
        later = (begins if local.timestamp() <= begins.timestamp() else local) + timedelta(days=self.days)
        return later.astimezone(UTC).astimezone(self._zone)

    def moved(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """What an invoice bills, if its days weren't all used when the pause began; else it stays as it is."""
        return (self.after(start), self.after(end)) if end > self.start else (start, end)


def pauses(session: Session, account: str, given: Sequence[ChargeOrderRow]) -> list[Pause]:
    """Those that have ended, in order."""
    zone = ZoneInfo(session.get_one(AccountRow, account).timezone)
    ended = [Pause(row, zone) for row in given if row.kind == SUSPEND and row.ended_at is not None]
    return sorted((pause for pause in ended if pause.days), key=lambda pause: pause.start)


def move_periods(session: Session, account: str, ended: Sequence[ChargeOrderRow]) -> None:
    """The days that were paid ahead and not used come after the pause, and then the next period.

    The invoices stay as they are. Source: DOMAIN modes.1.
    """
    for pause in pauses(session, account, ended):
        for row in subscriptions(session, account):
            row.period_start, row.period_end = pause.after(row.period_start), pause.after(row.period_end)


def subscriptions(session: Session, account: str) -> Sequence[SubscriptionRow]:
    """All of an account's."""
    asked = select(SubscriptionRow).where(SubscriptionRow.account == account)
    return session.exec(asked.order_by(col(SubscriptionRow.id))).all()
