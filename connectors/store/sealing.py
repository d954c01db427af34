"""Personal columns are sealed on their way into the database, and opened on their way out. Source: DOMAIN erasure.6.

The keys come with the engine, as its execution option `keys`; without one, values are written as they are. What is
read of a row whose key was destroyed is what may be read for ever: a text is empty, of JSON the figures stay.

At rest a text is `fw1:<key id>:<base64url of nonce and ciphertext>`, JSON is {"sealed": that, "clear": the rest}. Key,
table and column are bound to it (AES-256-GCM, associated data), so that nothing opens in another place.
"""

import base64
import json
import secrets
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapper, QueryContext, Session, object_session
from sqlalchemy.orm.attributes import get_history, set_committed_value

from connectors.errors import Gone, Rejected
from connectors.ports import KeyStore
from models.keys import KeyScope
from models.tables.personal import OfCustomer

KEYS = "keys"
MARK = "fw1:"
_NONCE_BYTES = 12


class Sealer:
    """Seals and opens with the keys of a store; each is asked for once, so it lives no longer than a session."""

    def __init__(self, keys: KeyStore) -> None:
        """Asks for nothing yet."""
        self._keys = keys
        self._sealing: dict[KeyScope, tuple[str, AESGCM] | None] = {}
        self._opening: dict[str, AESGCM | None] = {}

    def seal(self, scopes: Iterable[KeyScope], place: str, value: Any) -> str | None:
        """The sealed form of a JSON value, by the first of the scopes that has a key; None: all were destroyed."""
        for scope in scopes:
            if found := self._key_of(scope):
                key_id, cipher = found
                nonce = secrets.token_bytes(_NONCE_BYTES)
                sealed = nonce + cipher.encrypt(nonce, json.dumps(value).encode(), _bound(key_id, place))
                return f"{MARK}{key_id}:{base64.urlsafe_b64encode(sealed).decode()}"
        return None

    def open(self, sealed: str, place: str) -> tuple[Any, bool]:
        """The value, and whether there was a key to open it.

        Raises:
            Rejected: it was changed, or put elsewhere. NotFound: the key store never had its key.
        """
        key_id, _, content = sealed.removeprefix(MARK).rpartition(":")
        cipher = self._cipher_of(key_id)
        if cipher is None:
            return None, False
        try:
            raw = base64.urlsafe_b64decode(content)
            return json.loads(cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(key_id, place))), True
        except (InvalidTag, ValueError):
            what = f"a value of {place} isn't what was sealed with {key_id}"
            raise Rejected("database", what, "bring the row back from a backup") from None

    def _key_of(self, scope: KeyScope) -> tuple[str, AESGCM] | None:
        if scope not in self._sealing:
            try:
                key = self._keys.sealing(scope)
            except Gone:
                self._sealing[scope] = None
            else:
                self._sealing[scope] = key.id, AESGCM(key.secret)
        return self._sealing[scope]

    def _cipher_of(self, key_id: str) -> AESGCM | None:
        if key_id not in self._opening:
            try:
                self._opening[key_id] = AESGCM(self._keys.opening(key_id).secret)
            except Gone:
                self._opening[key_id] = None
        return self._opening[key_id]


def _bound(key_id: str, place: str) -> bytes:
    return f"{key_id} {place}".encode()


def _sealer(session: Session | None) -> Sealer | None:
    """The session's own, made when it's first needed; None where the engine has no keys."""
    if session is None:
        return None
    if KEYS not in session.info:
        keys = session.get_bind().get_execution_options().get(KEYS)
        session.info[KEYS] = Sealer(keys) if keys is not None else None
    sealer: Sealer | None = session.info[KEYS]
    return sealer


def _opened(row: OfCustomer, session: Session | None, columns: Iterable[str]) -> None:
    sealer, values = _sealer(session), row.__dict__
    for column in columns:
        sealed, clear = _parts(row, column, values.get(column))
        if sealer is not None and sealed is not None:
            value, there = sealer.open(sealed, _place(row, column))
            set_committed_value(row, column, value if there else clear)


def _parts(row: OfCustomer, column: str, stored: Any) -> tuple[str | None, Any]:
    """The sealed part of what the database holds, if any, and what may be read without a key."""
    if isinstance(stored, str) and stored.startswith(MARK):
        return stored, row.in_clear(column, None)
    if isinstance(stored, dict) and stored.keys() == {"sealed", "clear"}:
        return stored["sealed"], stored["clear"]
    return None, None


def _sealed(row: OfCustomer, session: Session | None, columns: Iterable[str]) -> None:
    """Puts the sealed form in the place of the value, until the statement was sent."""
    sealer, values = _sealer(session), row.__dict__
    if sealer is None:
        return
    for column in columns:
        if value := values.get(column):
            values[column] = _at_rest(row, sealer, column, value)


def _at_rest(row: OfCustomer, sealer: Sealer, column: str, value: Any) -> Any:
    clear = row.in_clear(column, value)
    if clear == value:
        return value
    sealed = sealer.seal(row.key_scopes(), _place(row, column), value)
    if sealed is None:
        return row.without_key(column, value)
    return sealed if isinstance(value, str) else {"sealed": sealed, "clear": clear}


def _place(row: OfCustomer, column: str) -> str:
    return f"{row.__tablename__}.{column}"


@event.listens_for(OfCustomer, "load", propagate=True)
def _on_load(row: OfCustomer, context: QueryContext) -> None:
    _opened(row, context.session, row.__personal__)


@event.listens_for(OfCustomer, "refresh", propagate=True)
def _on_refresh(row: OfCustomer, context: QueryContext, columns: Iterable[str] | None) -> None:
    _opened(row, context.session, set(row.__personal__).intersection(columns or row.__personal__))


@event.listens_for(OfCustomer, "before_insert", propagate=True)
def _before_insert(_mapper: Mapper[Any], _connection: Connection, row: OfCustomer) -> None:
    _sealed(row, object_session(row), row.__personal__)


@event.listens_for(OfCustomer, "before_update", propagate=True)
def _before_update(_mapper: Mapper[Any], _connection: Connection, row: OfCustomer) -> None:
    changed = [column for column in row.__personal__ if get_history(row, column).has_changes()]
    _sealed(row, object_session(row), changed)


@event.listens_for(OfCustomer, "after_insert", propagate=True)
@event.listens_for(OfCustomer, "after_update", propagate=True)
def _after(_mapper: Mapper[Any], _connection: Connection, row: OfCustomer) -> None:
    """The row in hand shows what is read of it from now on."""
    _opened(row, object_session(row), row.__personal__)
