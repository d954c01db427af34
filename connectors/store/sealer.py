"""Seals single values, and whose keys it is done with. Source: DESIGN, Security; DOMAIN erasure.6."""

import base64
import json
import secrets
from collections.abc import Iterable
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine

from connectors.errors import Gone, Rejected
from connectors.ports.storage import KeyStore
from models.keys import DataKey, KeyScope

KEYS = "keys"
"""The execution option of an engine that holds its key store."""
MARK = "fw1:"
_NONCE_BYTES = 12


class Keys(Protocol):
    """What sealing needs of a `KeyStore`."""

    def sealing(self, scope: KeyScope) -> DataKey:
        """As the port's."""
        ...

    def opening(self, key_id: str) -> DataKey:
        """As the port's."""
        ...


class Sealer:
    """Seals and opens with the keys of a store; each is asked for once, so it lives no longer than a session."""

    def __init__(self, keys: Keys) -> None:
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


class _Nobodys:
    """Keys for a rehearsal: what they seal is rolled back, so they are forgotten with it."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._own = DataKey(id="rehearsal", secret=secrets.token_bytes(32))

    def sealing(self, scope: KeyScope) -> DataKey:  # noqa: ARG002  # one for all
        return self._own

    def opening(self, key_id: str) -> DataKey:
        return self._own if key_id == self._own.id else self._keys.opening(key_id)


def keys_of(engine: Engine) -> KeyStore | None:
    """The key store that an engine seals with, if any."""
    keys: KeyStore | None = engine.get_execution_options().get(KEYS)
    return keys


def rehearsing(engine: Engine) -> Engine:
    """The same database for what is rolled back in the end: all can be read, and no key is made."""
    keys = keys_of(engine)
    return engine.execution_options(**{KEYS: None if keys is None else _Nobodys(keys)})


def _bound(key_id: str, place: str) -> bytes:
    return f"{key_id} {place}".encode()
