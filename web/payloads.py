"""What of one payload somebody may read. Source: DESIGN, Security."""

import json
import secrets

from temporalio.api.common.v1 import Payload

from activities.scrub import without_personal
from connectors.codec import KEY_ID, unseal
from connectors.errors import Gone, Permanent
from connectors.ports.storage import KeyStore

HIDDEN = "…"
_JSON, _NULL = b"json/plain", b"binary/null"


class PayloadReader:
    """Opens payloads one by one, so that one that can't be opened doesn't hide the others."""

    def __init__(self, keys: KeyStore) -> None:
        """Personal texts are hidden by HMACs under a key of this process: equal ones are seen to be equal, no more."""
        self._keys, self._hiding = keys, secrets.token_bytes(32)

    def show(self, payload: Payload, *, whole: bool) -> Payload:
        """The payload in clear, without what is personal but where `whole`; in words, why it can't be had.

        Raises:
            Transient: the key store doesn't answer.
        """
        try:
            plain = unseal(self._keys, payload)
        except Gone as gone:
            return _told(f"destroyed: {gone.what}")
        except Permanent as no:
            return _told(f"unreadable: {no.what}")
        return plain if whole else self._scrubbed(plain)

    def _scrubbed(self, payload: Payload) -> Payload:
        """Fails closed: what isn't JSON is hidden whole."""
        encoding = payload.metadata.get("encoding")
        if encoding == _NULL:
            return payload
        try:
            value = json.loads(payload.data) if encoding == _JSON else HIDDEN
        except ValueError:
            value = HIDDEN
        kept = json.dumps(without_personal(value, self._hiding), ensure_ascii=False, separators=(",", ":"))
        return Payload(metadata={**payload.metadata, "encoding": _JSON}, data=kept.encode())


def key_of(payload: Payload) -> str:
    """The id of the key that sealed it; nothing where none did."""
    return payload.metadata.get(KEY_ID, b"").decode(errors="replace")


def _told(words: str) -> Payload:
    return Payload(metadata={"encoding": _JSON}, data=json.dumps(words, ensure_ascii=False).encode())
