"""Payloads as they lie on the Temporal server: sealed by the key that the workflow's id chooses.

Source: DESIGN, Security; DOMAIN erasure.6.
"""

import secrets
import zlib
from collections.abc import Sequence
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec, SerializationContext, WithSerializationContext

from connectors.errors import Rejected
from connectors.ports.storage import KeyStore
from models.keys import KeyScope

ENCRYPTED: Final = b"binary/encrypted"
ENCODING, KEY_ID = "encoding", "key-id"
_NONCE_BYTES = 12
_BARE = -zlib.MAX_WBITS  # without header and checksum: the cipher has its own


class AccountCodec(PayloadCodec, WithSerializationContext):
    """Seals each payload whole by AES-256-GCM, under the newest key of the scope of the workflow that it is for.

    The key's id goes beside it, so that opening needs no context. Looking a key up takes some ten microseconds; only
    the first payload of an account waits for the disk, on which its key is made.
    """

    def __init__(self, keys: KeyStore, workflow: str | None = None) -> None:
        """`workflow` is whose payloads are sealed: the SDK says so, by `with_context`."""
        self._keys, self._workflow = keys, workflow

    def with_context(self, context: SerializationContext) -> Self:
        """The codec for the payloads of one workflow."""
        return type(self)(self._keys, getattr(context, "workflow_id", None))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Sealed.

        Raises:
            ValueError: of no workflow, or of one whose id isn't ours. Gone: its key was destroyed.
        """
        if self._workflow is None:
            raise ValueError("a payload of no workflow has no key")
        scope = KeyScope.of_workflow(self._workflow)
        return [seal(self._keys, scope, payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Opened; raises as `unseal`."""
        return [unseal(self._keys, payload) for payload in payloads]


def seal(keys: KeyStore, scope: KeyScope, payload: Payload) -> Payload:
    """The payload, metadata and all, deflated (noise can't be) and sealed by the scope's newest key.

    Raises:
        Gone: the scope's keys were destroyed.
    """
    key, nonce = keys.sealing(scope), secrets.token_bytes(_NONCE_BYTES)
    packed = zlib.compress(payload.SerializeToString(), wbits=_BARE)
    data = nonce + AESGCM(key.secret).encrypt(nonce, packed, key.id.encode())
    return Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: key.id.encode()}, data=data)


def unseal_bytes(keys: KeyStore, payload: bytes) -> Payload:
    """What was sealed in the bytes of a `Payload`; raises as `unseal`."""
    return unseal(keys, Payload.FromString(payload))


def unseal(keys: KeyStore, payload: Payload) -> Payload:
    """What was sealed; a payload that isn't sealed comes back as it is.

    Raises:
        Gone: its key was destroyed. NotFound: nobody knows its key. Rejected: it isn't what was sealed.
    """
    if payload.metadata.get(ENCODING) != ENCRYPTED:
        return payload
    key_id = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
    key = keys.opening(key_id)
    try:
        opened = AESGCM(key.secret).decrypt(payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:], key.id.encode())
        return Payload.FromString(zlib.decompress(opened, wbits=_BARE))
    except (InvalidTag, ValueError, DecodeError, zlib.error):  # a nonce that is cut short is a ValueError
        raise Rejected("codec", f"a payload under the key {key_id} was changed or cut short") from None
