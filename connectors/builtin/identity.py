"""The built-in identity system: Farewell's own tables. Source: DOMAIN identity."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import ColumnElement, Engine, and_, delete, func, or_, update
from sqlmodel import Session, col, select

from connectors.errors import Rejected
from connectors.store.sessions import keep_once, reading, writing
from models.tables.identities import GroupRow, MembershipRow, UserRow

PROBE = "farewell-probe-"
_ACTIVE = col(UserRow.active).is_(True)


class BuiltinIdentity:
    """An `IdentitySystem`: rows are marked with the effect that changed them, and with the one that was undone.

    A late attempt of an effect that was undone changes nothing. Source: DOMAIN identity.5.
    """

    def __init__(self, engine: Engine) -> None:
        """Keeps the engine; each method is one short transaction."""
        self._engine = engine

    def check(self) -> None:
        """It is our own database, which is checked by itself."""

    def users(self, account: str, after: str, limit: int) -> list[str]:
        """A page of ids after `after`, in order, the export contact included."""
        asked = select(UserRow.id).where(_of(account), col(UserRow.id) > after)
        with reading(self._engine) as session:
            return list(session.exec(asked.order_by(col(UserRow.id)).limit(limit)))

    def count(self, account: str, *, active: bool) -> int:
        """How many users there are, or only the active ones."""
        with reading(self._engine) as session:
            return _count(session, _of(account), *([_ACTIVE] if active else []))

    def spared(self, account: str) -> int:
        """How many active users are the export contact's."""
        with reading(self._engine) as session:
            return _count(session, _of(account), _ACTIVE, col(UserRow.export_contact).is_(True))

    def deactivate(self, account: str, users: Sequence[str], key: str) -> int:
        """Deactivates the active ones of `users` but the export contact; answers how many of the account bear `key`."""
        never = or_(col(UserRow.was_deactivated_by).is_(None), col(UserRow.was_deactivated_by) != key)
        spared = col(UserRow.export_contact)
        change = update(UserRow).where(_of(account), col(UserRow.id).in_(users), _ACTIVE, never, ~spared)
        with writing(self._engine) as session:
            session.exec(change.values(active=False, deactivated_by=key))
            return _count(session, _of(account), col(UserRow.deactivated_by) == key)

    def reactivate(self, account: str, key: str) -> int:
        """Reactivates those that `key` deactivated; answers how many it has, again the same."""
        change = update(UserRow).where(_of(account), col(UserRow.deactivated_by) == key)
        with writing(self._engine) as session:
            session.exec(change.values(active=True, deactivated_by=None, was_deactivated_by=key))
            return _count(session, _of(account), col(UserRow.was_deactivated_by) == key)

    def empty_groups(self, account: str, key: str) -> int:
        """Memberships stay, but count no more; those of the export contact do. Answers how many bear `key`."""
        contacts = select(UserRow.id).where(_of(account), col(UserRow.export_contact))
        never = or_(col(MembershipRow.was_taken_by).is_(None), col(MembershipRow.was_taken_by) != key)
        open_ones = and_(_in_groups_of(account), col(MembershipRow.taken_by).is_(None))
        change = update(MembershipRow).where(open_ones, never, col(MembershipRow.user).not_in(contacts))
        with writing(self._engine) as session:
            session.exec(change.values(taken_by=key))
            return _count(session, _in_groups_of(account), col(MembershipRow.taken_by) == key)

    def refill_groups(self, account: str, key: str) -> int:
        """Those that `key` took out count again; answers how many, again the same."""
        change = update(MembershipRow).where(_in_groups_of(account), col(MembershipRow.taken_by) == key)
        with writing(self._engine) as session:
            session.exec(change.values(taken_by=None, was_taken_by=key))
            return _count(session, _in_groups_of(account), col(MembershipRow.was_taken_by) == key)

    def plant(self, account: str, key: str) -> str:
        """An active user of our own in the account, once a `key`. Source: DOMAIN identity.3."""
        name = f"{PROBE}{sha256(key.encode()).hexdigest()[:16]}"
        with writing(self._engine) as session:
            keep_once(
                session, UserRow(id=name, account=account, name="Farewell probe", email=f"{name}@farewell.invalid")
            )
        return name

    def admits(self, account: str, user: str) -> bool:
        """Whether that user is there and active."""
        with reading(self._engine) as session:
            return _count(session, _of(account), col(UserRow.id) == user, _ACTIVE) > 0

    def pull(self, account: str, user: str) -> None:
        """Deletes what `plant` made; raises Rejected for a user that isn't ours."""
        if not user.startswith(PROBE):
            raise Rejected("identity", "this user is no probe of ours, so it stays")
        with writing(self._engine) as session:
            _delete_users(session, account, [user])

    def delete(self, account: str, limit: int) -> int:
        """Deletes up to `limit` users with their memberships, and the groups with the last."""
        asked = select(UserRow.id).where(_of(account)).order_by(col(UserRow.id)).limit(limit)
        with writing(self._engine) as session:
            users = list(session.exec(asked))
            _delete_users(session, account, users)
            if not _count(session, _of(account)):
                session.exec(delete(MembershipRow).where(_in_groups_of(account)))
                session.exec(delete(GroupRow).where(col(GroupRow.account) == account))
        return len(users)


def _of(account: str) -> ColumnElement[bool]:
    return col(UserRow.account) == account


def _in_groups_of(account: str) -> ColumnElement[bool]:
    return col(MembershipRow.group).in_(select(GroupRow.id).where(col(GroupRow.account) == account))


def _count(session: Session, *where: ColumnElement[bool]) -> int:
    """Of users or memberships, as the conditions say."""
    return session.exec(select(func.count()).where(*where)).one()


def _delete_users(session: Session, account: str, users: Sequence[str]) -> None:
    """A user may be in a group of no account, or of another: those memberships go with the user."""
    known = select(UserRow.id).where(_of(account), col(UserRow.id).in_(users))
    session.exec(delete(MembershipRow).where(col(MembershipRow.user).in_(known)))
    session.exec(delete(UserRow).where(_of(account), col(UserRow.id).in_(users)))
