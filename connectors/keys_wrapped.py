"""How a key lies in its file: sealed by a master key, which the file names. Source: DESIGN, Security, Keys."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import AwareDatetime, Base64Bytes, ValidationError

from connectors.errors import Rejected, Unauthorized
from models.payload import Payload

KEY_BYTES = 32
NONCE_BYTES = 12
_LABEL = b"farewell master key "
_ID_HEX = 16


class Wrapped(Payload):
    """The file of a key; `sealed` is nonce and AES-256-GCM of the secret, the key's id being associated data."""

    wrapped_by: str
    made_at: AwareDatetime
    sealed: Base64Bytes


class MasterKeys:
    """The master key of today, which wraps, and those before it, which only open."""

    def __init__(self, today: str, old: Sequence[str] = ()) -> None:
        """Each is 32 bytes in base64; raises Unauthorized where one isn't."""
        first, *others = (
            _decoded("FAREWELL_MASTER_KEY", today),
            *(_decoded("FAREWELL_MASTER_KEY_OLD", k) for k in old),
        )
        self.today = master_id(first)
        self._by_id = {master_id(key): AESGCM(key) for key in (*others, first)}

    def __contains__(self, master: str) -> bool:
        return master in self._by_id

    def wrap(self, key_id: str, secret: bytes, made_at: datetime) -> bytes:
        """The file of a key, wrapped by the master key of today."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._by_id[self.today].encrypt(nonce, secret, key_id.encode())
        wrapped = Wrapped(wrapped_by=self.today, made_at=made_at, sealed=base64.b64encode(sealed))
        return wrapped.model_dump_json().encode()

    def unwrap(self, key_id: str, wrapped: Wrapped) -> bytes:
        """The secret.

        Raises:
            Unauthorized: none of ours wraps it; says which does. Rejected: it's damaged, or another key's.
        """
        master = self._by_id.get(wrapped.wrapped_by)
        if master is None:
            raise self.refused(key_id, wrapped.wrapped_by)
        try:
            return master.decrypt(wrapped.sealed[:NONCE_BYTES], wrapped.sealed[NONCE_BYTES:], key_id.encode())
        except (InvalidTag, ValueError):  # a nonce that is cut short is a ValueError
            raise damaged(key_id) from None

    def refused(self, key_id: str, needed: str) -> Unauthorized:
        """What to say of a key that another master key wraps."""
        what = f"FAREWELL_MASTER_KEY is the master key {self.today}, but {key_id} is wrapped by {needed}"
        return Unauthorized("key store", what, f"set the master key {needed}, or add it to FAREWELL_MASTER_KEY_OLD")


def read_wrapped(key_id: str, body: bytes) -> Wrapped:
    """The file of a key; raises Rejected where it's damaged."""
    try:
        return Wrapped.model_validate_json(body)
    except ValidationError:
        raise damaged(key_id) from None


def damaged(what: str) -> Rejected:
    """What to say of a file that isn't what we wrote."""
    return Rejected("key store", f"the file of {what} is damaged", "bring it back from the key store's copy")


def master_id(key: bytes) -> str:
    """By which a master key is named where it mustn't be told."""
    return hashlib.sha256(_LABEL + key).hexdigest()[:_ID_HEX]


def _decoded(setting: str, master_key: str) -> bytes:
    try:
        key = base64.b64decode(master_key, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Unauthorized("key store", f"{setting} isn't 32 bytes in base64", "openssl rand -base64 32")
    return key
