"""Opens what is sealed in a history, so that it replays, and is read, without the key."""

import base64
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload
from temporalio.converter import JSONPlainPayloadConverter

from connectors.codec import ENCODING, ENCRYPTED, unseal
from connectors.errors import Gone
from connectors.ports.storage import KeyStore

_ENCRYPTED = base64.b64encode(ENCRYPTED).decode()
_HIDDEN, _SUMMARY = "encodedAttributes", "userMetadata"
_MESSAGE, _TRACE = "message", "stack_trace"


def opened(keys: KeyStore, part: Any) -> Any:
    """Temporal's history JSON with every payload opened, and failures saying again what they said.

    Raises:
        Gone: a payload's key was destroyed; but a summary, which is only for looking at, is left out.
    """
    if isinstance(part, list):
        return [opened(keys, each) for each in part]
    if not isinstance(part, dict):
        return part
    if _is_sealed(part):
        return MessageToDict(unseal(keys, _payload(part)))
    if _SUMMARY in part and not _opens(keys, part[_SUMMARY]):
        part = {name: each for name, each in part.items() if name != _SUMMARY}
    return _told({name: opened(keys, each) for name, each in part.items()})


def first_sealed(part: Any) -> Payload | None:
    """The first sealed payload in the JSON of an event."""
    if isinstance(part, dict) and _is_sealed(part):
        return _payload(part)
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return next((found for each in parts if (found := first_sealed(each)) is not None), None)


def _opens(keys: KeyStore, summary: Any) -> bool:
    """A child's summary is sealed by the key of who started it, which may be gone; replaying needs no summary."""
    try:
        opened(keys, summary)
    except Gone:
        return False
    return True


def _is_sealed(part: dict[str, Any]) -> bool:
    metadata = part.get("metadata")
    return isinstance(metadata, dict) and metadata.get(ENCODING) == _ENCRYPTED


def _payload(part: dict[str, Any]) -> Payload:
    return ParseDict(part, Payload())


def _told(part: dict[str, Any]) -> dict[str, Any]:
    """A failure as it was before the SDK put its words into a payload, to be sealed."""
    hidden = part.get(_HIDDEN)
    said = JSONPlainPayloadConverter().from_payload(_payload(hidden)) if isinstance(hidden, dict) else None
    if not isinstance(said, dict) or not said.keys() <= {_MESSAGE, _TRACE}:
        return part
    kept = {name: value for name, value in part.items() if name != _HIDDEN}
    return {**kept, "message": said.get(_MESSAGE, ""), "stackTrace": said.get(_TRACE, "")}
