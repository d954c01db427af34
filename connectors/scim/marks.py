"""What our effects change at the SCIM service, noted in our own database before it's asked. Source: DOMAIN identity.5.

By them a reinstate gives back exactly what an effect took, after kills too.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, and_, delete, func, update
from sqlmodel import col, select

from connectors.store.sessions import alone, reading, writing
from models.tables.accounts import AccountRow
from models.tables.identities import ScimMarkRow

_BATCH = 500
"""Databases bound how many values a statement may hold."""


class Mark(NamedTuple):
    """A user that was deactivated, or taken out of a group."""

    user: str
    group: str = ""


class Marks:
    """The marks of `groups` or of users; each method is a few short transactions."""

    def __init__(self, engine: Engine, *, groups: bool) -> None:
        """Keeps the engine."""
        self._engine = engine
        self._kind = col(ScimMarkRow.group) != "" if groups else col(ScimMarkRow.group) == ""

    def note(self, account: str, key: str, marks: Iterable[Mark]) -> set[Mark]:
        """Notes them under the effect `key`; answers those that may be changed: all but what was undone since."""
        wanted = set(marks)
        with writing(self._engine) as session:
            alone(session.connection(), f"scim-marks:{account}")
            standing = session.exec(select(ScimMarkRow).where(self._of(account, key))).all()
            known = {Mark(row.user, row.group) for row in standing}
            new = (ScimMarkRow(key=key, account=account, user=m.user, group=m.group) for m in sorted(wanted - known))
            session.add_all(new)
            return wanted - {Mark(row.user, row.group) for row in standing if row.undone}

    def standing(self, account: str, key: str) -> list[Mark]:
        """Those that aren't undone yet, in order."""
        asked = select(ScimMarkRow).where(self._of(account, key), ~col(ScimMarkRow.undone))
        with reading(self._engine) as session:
            return sorted(Mark(row.user, row.group) for row in session.exec(asked))

    def count(self, account: str, key: str, *, undone: bool = False) -> int:
        """How many stand, or were undone."""
        asked = select(func.count()).where(self._of(account, key), col(ScimMarkRow.undone) == undone)
        with reading(self._engine) as session:
            return session.exec(asked).one()

    def undone(self, account: str, key: str, marks: Sequence[Mark]) -> None:
        """They're given back: a late attempt of the effect leaves them alone."""
        for some in _batches(marks):
            with writing(self._engine) as session:
                session.exec(update(ScimMarkRow).where(self._of(account, key), _among(some)).values(undone=True))

    def forget(self, account: str, key: str, marks: Sequence[Mark]) -> None:
        """There is nothing left to give back: the customer deleted them."""
        for some in _batches(marks):
            with writing(self._engine) as session:
                session.exec(delete(ScimMarkRow).where(self._of(account, key), _among(some)))

    def _of(self, account: str, key: str) -> ColumnElement[bool]:
        return and_(col(ScimMarkRow.account) == account, col(ScimMarkRow.key) == key, self._kind)


def erase(engine: Engine, account: str) -> None:
    """All marks of an account. Source: DOMAIN erasure.7."""
    with writing(engine) as session:
        session.exec(delete(ScimMarkRow).where(col(ScimMarkRow.account) == account))


def twins(engine: Engine, account: str) -> list[str]:
    """Accounts whose ids differ from this one's by case alone."""
    same = func.lower(col(AccountRow.id)) == account.lower()
    asked = select(AccountRow.id).where(same, AccountRow.id != account, col(AccountRow.erased_at).is_(None))
    with reading(engine) as session:
        return list(session.exec(asked.order_by(col(AccountRow.id))))


def _batches(marks: Sequence[Mark]) -> Iterable[Sequence[Mark]]:
    """Of one group each, and few enough."""
    for group in sorted({mark.group for mark in marks}):
        of_it = [mark for mark in marks if mark.group == group]
        yield from (of_it[at : at + _BATCH] for at in range(0, len(of_it), _BATCH))


def _among(marks: Sequence[Mark]) -> ColumnElement[bool]:
    users = [mark.user for mark in marks]
    return and_(col(ScimMarkRow.group) == marks[0].group, col(ScimMarkRow.user).in_(users))
