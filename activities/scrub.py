"""Takes personal data out of a workflow's history, so that it can be kept for years and still replays.

Source: DESIGN, Security; DOMAIN audit.1.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

from activities.ledger import keyed_digest

_PERSONAL = {"text", "hmac"}
_MACHINE = "identity"
_WRITTEN = {"message", "stackTrace", "reason"}  # of failures and ends: whoever failed says in it what it was told
_FREE = {"description", "line"}  # what somebody wrote on an invoice, be it one word
_STICKY = "TASK_QUEUE_KIND_STICKY"  # a worker's own queue bears its machine's name


def scrubbed(history: Any, key: bytes) -> Any:
    """Temporal's history JSON with free texts, and who polled from which machine, replaced by their HMAC.

    Free is a `Personal`, what failures say, an invoice's lines, and whatever else has white space in it: ids, names of
    steps, instants and amounts have none, and no workflow branches on other text. A payload whose data isn't plain JSON
    passes as it is.
    """
    if isinstance(history, list):
        return [scrubbed(part, key) for part in history]
    if not isinstance(history, dict):
        return without_text(history, key)
    if _is_json_payload(history):
        return {**history, "data": _scrubbed_data(history["data"], key)}
    hidden = {_MACHINE, *_WRITTEN, *({"name"} if history.get("kind") == _STICKY else ())}
    return {
        name: keyed_digest(key, part) if name in hidden and part and isinstance(part, str) else scrubbed(part, key)
        for name, part in history.items()
    }


def without_text(value: Any, key: bytes) -> Any:
    """A JSON value with each `Personal` in its scrubbed form, and other free text as its HMAC."""
    return _replaced(
        value, key, lambda text, name: text if is_an_id(text) and name not in _FREE else keyed_digest(key, text)
    )


def without_personal(value: Any, key: bytes) -> Any:
    """A JSON value with each `Personal` in its scrubbed form."""
    return _replaced(value, key, lambda text, _name: text)


def _replaced(value: Any, key: bytes, of_text: Callable[[str, str], str], name: str = "") -> Any:
    """`of_text` is told a text and the name under which it stands."""
    if isinstance(value, list):
        return [_replaced(part, key, of_text, name) for part in value]
    if isinstance(value, str):
        return of_text(value, name)
    if not isinstance(value, dict):
        return value
    if value.keys() == _PERSONAL and isinstance(value["text"], str) and value["hmac"] is None:
        return {"text": None, "hmac": keyed_digest(key, value["text"])}
    return {name: _replaced(part, key, of_text, name) for name, part in value.items()}


def is_an_id(text: str) -> bool:
    """Whether it's one word and no address, as an id, a number or an instant is."""
    return "@" not in text and not any(character.isspace() for character in text)


def _is_json_payload(part: dict[str, Any]) -> bool:
    metadata = part.get("metadata")
    encoding = metadata.get("encoding") if isinstance(metadata, dict) else None
    return (
        isinstance(encoding, str) and base64.b64decode(encoding) == b"json/plain" and isinstance(part.get("data"), str)
    )


def _scrubbed_data(data: str, key: bytes) -> str:
    value = json.loads(base64.b64decode(data))
    kept = without_text(value, key)
    if kept == value:
        return data
    return base64.b64encode(json.dumps(kept, separators=(",", ":")).encode()).decode()
