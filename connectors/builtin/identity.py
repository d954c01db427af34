"""The built-in identity system: Farewell's own tables. Source: DOMAIN identity."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete, func, update
from sqlmodel import Session, col, select

from connectors.store.sessions import reading, writing
from models.tables.identities import GroupRow, MembershipRow, UserRow


class BuiltinIdentity:
    """An `IdentitySystem`; users are marked with the effect that deactivated them. Source: DOMAIN identity.5."""

    def __init__(self, engine: Engine) -> None:
        """Keeps the engine; each method is one short transaction."""
        self._engine = engine

    def users(self, account: str, after: str, limit: int) -> list[str]:
        """A page of ids after `after`, in order, the export contact included."""
        asked = select(UserRow.id).where(UserRow.account == account, col(UserRow.id) > after)
        with reading(self._engine) as session:
            return list(session.exec(asked.order_by(col(UserRow.id)).limit(limit)))

    def count(self, account: str, *, active: bool) -> int:
        """How many users there are, or only the active ones."""
        asked = select(func.count()).where(col(UserRow.account) == account)
        with reading(self._engine) as session:
            return session.exec(asked.where(col(UserRow.active)) if active else asked).one()

    def deactivate(self, account: str, users: Sequence[str], key: str) -> int:
        """Deactivates the active ones of `users` but the export contact; answers how many of the account bear `key`."""
        change = update(UserRow).where(
            col(UserRow.account) == account,
            col(UserRow.id).in_(users),
            col(UserRow.active),
            ~col(UserRow.export_contact),
        )
        with writing(self._engine) as session:
            session.exec(change.values(active=False, deactivated_by=key))
            bear = select(func.count()).where(col(UserRow.account) == account, col(UserRow.deactivated_by) == key)
            return session.exec(bear).one()

    def reactivate(self, account: str, key: str) -> int:
        """Reactivates those that `key` deactivated; answers how many."""
        change = update(UserRow).where(col(UserRow.account) == account, col(UserRow.deactivated_by) == key)
        with writing(self._engine) as session:
            return session.exec(change.values(active=True, deactivated_by=None)).rowcount

    def delete(self, account: str) -> int:
        """Deletes memberships, groups and users; answers how many users went."""
        groups = select(GroupRow.id).where(GroupRow.account == account)
        with writing(self._engine) as session:
            session.exec(delete(MembershipRow).where(col(MembershipRow.group).in_(groups)))
            session.exec(delete(GroupRow).where(col(GroupRow.account) == account))
            return _deleted_users(session, account)


def _deleted_users(session: Session, account: str) -> int:
    """A user may be in a group of no account, or of another: those memberships go with the user."""
    users = select(UserRow.id).where(UserRow.account == account)
    session.exec(delete(MembershipRow).where(col(MembershipRow.user).in_(users)))
    return session.exec(delete(UserRow).where(col(UserRow.account) == account)).rowcount
