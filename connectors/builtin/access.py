"""The built-in access system: credentials in Farewell's own tables. Source: DOMAIN identity."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Engine, and_, delete, func, or_, update
from sqlmodel import Session, col, select

from connectors.builtin.assets import assets_of, hand_back, hand_over
from connectors.store.sessions import keep_once, reading, writing
from models.access import SharedAsset
from models.payload import Receipt
from models.tables.identities import CredentialRow, SharedAssetRow, UserRow
from models.vocabulary import CredentialClass

PROBED = (CredentialClass.SESSION, CredentialClass.API_KEY)
"""The classes in which a probe is planted."""
_OPEN = col(CredentialRow.gated_by).is_(None)


class BuiltinAccess:
    """An `AccessSystem`: credentials are gated, never deleted, until erasure. Source: DOMAIN identity.5."""

    def __init__(self, engine: Engine) -> None:
        """Keeps the engine; each method is one short transaction."""
        self._engine = engine

    def check(self) -> None:
        """Our own database, which is checked by itself."""

    def counts(self, account: str) -> dict[str, int]:
        """How many credentials of each class are there, gated or not."""
        with reading(self._engine) as session:
            return _by_class(session, _of(account))

    def gate(self, account: str, kind: str, key: str, at: datetime) -> Receipt:
        """Closes all open ones of a class but the export contact's sign-in; `count` is how many now bear `key`.

        A late attempt doesn't close what the undoing of `key` has opened. Source: DOMAIN identity.2, identity.5.
        """
        of_class = and_(_of(account), col(CredentialRow.kind) == kind)
        never = or_(col(CredentialRow.was_gated_by).is_(None), col(CredentialRow.was_gated_by) != key)
        change = update(CredentialRow).where(of_class, _OPEN, never, ~_spared(account))
        with writing(self._engine) as session:
            session.exec(change.values(gated_by=key, gated_at=at))
            bear = select(func.count()).where(of_class, col(CredentialRow.gated_by) == key)
            return _receipt(f"gate {kind}", account, session.exec(bear).one(), key, at)

    def free(self, account: str, key: str, at: datetime) -> Receipt:
        """Opens those that `key` closed; `count` is how many it opened, again the same."""
        change = update(CredentialRow).where(_of(account), col(CredentialRow.gated_by) == key)
        with writing(self._engine) as session:
            session.exec(change.values(gated_by=None, gated_at=None, was_gated_by=key))
            freed = select(func.count()).where(_of(account), col(CredentialRow.was_gated_by) == key)
            return _receipt("free", account, session.exec(freed).one(), key, at)

    def open(self, account: str) -> dict[str, int]:
        """How many of each class are open, but the export contact's sign-in. Source: DOMAIN identity.3."""
        with reading(self._engine) as session:
            return _by_class(session, and_(_of(account), _OPEN, ~_spared(account)))

    def plant(self, account: str, token: str, key: str, at: datetime) -> Receipt:
        """A session and an API key that accept `token`, whose SHA-256 alone is kept. Source: DOMAIN identity.3."""
        with writing(self._engine) as session:
            for kind in PROBED:
                keep_once(session, _probe(account, kind, token, key))
            return _receipt("plant", account, len(PROBED), key, at)

    def admits(self, account: str, token: str) -> tuple[str, ...]:
        """The classes by which `token` comes in: one that bears its hash and isn't gated. Source: DOMAIN identity.3."""
        asked = select(CredentialRow.kind).where(_of(account), _OPEN, col(CredentialRow.token_sha256) == _hash(token))
        with reading(self._engine) as session:
            found = set(session.exec(asked))
        return tuple(kind.value for kind in CredentialClass if kind in found)

    def pull(self, account: str, key: str, at: datetime) -> Receipt:
        """Removes what `key` planted; `count` is of how many classes it's gone now, whoever took it away."""
        with writing(self._engine) as session:
            session.exec(delete(CredentialRow).where(_of(account), col(CredentialRow.planted_by) == key))
            return _receipt("pull", account, len(PROBED), key, at)

    def assets(self, account: str) -> list[SharedAsset]:
        """What nobody has handed over yet, by id. Source: DOMAIN identity.4."""
        with reading(self._engine) as session:
            return assets_of(session, account)

    def hand_over(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives each asset that has a successor to them; `count` is how many bear `key`. Source: DOMAIN identity.4."""
        with writing(self._engine) as session:
            return _receipt("hand over", account, hand_over(session, account, key), key, at)

    def hand_back(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives those back that `key` handed over; `count` is how many, again the same. Source: DOMAIN identity.5."""
        with writing(self._engine) as session:
            return _receipt("hand back", account, hand_back(session, account, key), key, at)

    def delete(self, account: str) -> int:
        """Deletes all, with the list of shared assets; answers how many credentials went."""
        with writing(self._engine) as session:
            session.exec(delete(SharedAssetRow).where(col(SharedAssetRow.account) == account))
            return session.exec(delete(CredentialRow).where(_of(account))).rowcount


def _probe(account: str, kind: CredentialClass, token: str, key: str) -> CredentialRow:
    return CredentialRow(
        id=f"{account}-probe-{_hash(key)[:16]}-{kind}",
        account=account,
        kind=kind,
        label="probe",
        planted_by=key,
        token_sha256=_hash(token),
    )


def _of(account: str) -> ColumnElement[bool]:
    return col(CredentialRow.account) == account


def _spared(account: str) -> ColumnElement[bool]:
    """The export contact's sign-in, which stays alive until retrieval ends. Source: DOMAIN identity.2."""
    contacts = select(UserRow.id).where(UserRow.account == account, col(UserRow.export_contact))
    owned = and_(col(CredentialRow.owner).is_not(None), col(CredentialRow.owner).in_(contacts))
    return and_(col(CredentialRow.kind) == CredentialClass.SIGN_IN, owned)


def _by_class(session: Session, which: ColumnElement[bool]) -> dict[str, int]:
    asked = select(CredentialRow.kind, func.count()).where(which)
    return dict(session.exec(asked.group_by(CredentialRow.kind).order_by(CredentialRow.kind)).all())


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _receipt(action: str, account: str, count: int, key: str, at: datetime) -> Receipt:
    return Receipt(system="access", action=action, subject=account, count=count, at=at, reference=key)
