"""The built-in access system: credentials in Farewell's own tables. Source: DOMAIN identity."""

from datetime import datetime

from sqlalchemy import Engine, and_, delete, func, or_, update
from sqlmodel import col, select

from connectors.store.sessions import reading, writing
from models.payload import Receipt
from models.tables.identities import CredentialRow, UserRow
from models.vocabulary import CredentialClass


class BuiltinAccess:
    """An `AccessSystem`: credentials are gated, never deleted, until erasure. Source: DOMAIN identity.5."""

    def __init__(self, engine: Engine) -> None:
        """Keeps the engine; each method is one short transaction."""
        self._engine = engine

    def counts(self, account: str) -> dict[str, int]:
        """How many credentials of each class are there, gated or not."""
        asked = select(CredentialRow.kind, func.count()).where(CredentialRow.account == account)
        with reading(self._engine) as session:
            return dict(session.exec(asked.group_by(CredentialRow.kind).order_by(CredentialRow.kind)).all())

    def gate(self, account: str, kind: str, key: str, at: datetime) -> Receipt:
        """Closes all open ones of a class but the export contact's sign-in; `count` is how many now bear `key`.

        Source: DOMAIN identity.2 (one export contact stays alive).
        """
        contacts = select(UserRow.id).where(UserRow.account == account, col(UserRow.export_contact))
        theirs = and_(col(CredentialRow.kind) == CredentialClass.SIGN_IN, col(CredentialRow.owner).in_(contacts))
        of_class = and_(col(CredentialRow.account) == account, col(CredentialRow.kind) == kind)
        nobodys = col(CredentialRow.owner).is_(None)
        change = update(CredentialRow).where(of_class, col(CredentialRow.gated_by).is_(None), or_(nobodys, ~theirs))
        with writing(self._engine) as session:
            session.exec(change.values(gated_by=key, gated_at=at))
            bear = select(func.count()).where(of_class, col(CredentialRow.gated_by) == key)
            return _receipt(f"gate {kind}", account, session.exec(bear).one(), key, at)

    def free(self, account: str, key: str, at: datetime) -> Receipt:
        """Opens those that `key` closed; `count` is how many that were now."""
        change = update(CredentialRow).where(col(CredentialRow.account) == account, col(CredentialRow.gated_by) == key)
        with writing(self._engine) as session:
            freed = session.exec(change.values(gated_by=None, gated_at=None)).rowcount
            return _receipt("free", account, freed, key, at)

    def delete(self, account: str) -> int:
        """Deletes all; answers how many went."""
        with writing(self._engine) as session:
            return session.exec(delete(CredentialRow).where(col(CredentialRow.account) == account)).rowcount


def _receipt(action: str, account: str, count: int, key: str, at: datetime) -> Receipt:
    return Receipt(system="access", action=action, subject=account, count=count, at=at, reference=key)
