"""Takes personal data out of a workflow's history, so that it can be kept for years and still replays.

Source: DESIGN, Security; DOMAIN audit.1.
"""

import base64
import json
from typing import Any

from activities.ledger import keyed_digest

_PERSONAL = {"text", "hmac"}
_STICKY = "TASK_QUEUE_KIND_STICKY"  # a worker's own queue bears its machine's name


def scrubbed(history: Any, key: bytes) -> Any:
    """Temporal's history JSON with personal texts, and who polled from which machine, replaced by their HMAC.

    A payload whose data isn't plain JSON passes as it is.
    """
    if isinstance(history, list):
        return [scrubbed(part, key) for part in history]
    if not isinstance(history, dict):
        return history
    if _is_json_payload(history):
        return {**history, "data": _scrubbed_data(history["data"], key)}
    machine = {"identity", "name"} if history.get("kind") == _STICKY else {"identity"}
    return {
        name: keyed_digest(key, part) if name in machine and part else scrubbed(part, key)
        for name, part in history.items()
    }


def without_personal(value: Any, key: bytes) -> Any:
    """A JSON value with each `Personal` in its scrubbed form."""
    if isinstance(value, list):
        return [without_personal(part, key) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == _PERSONAL and isinstance(value["text"], str) and value["hmac"] is None:
        return {"text": None, "hmac": keyed_digest(key, value["text"])}
    return {name: without_personal(part, key) for name, part in value.items()}


def _is_json_payload(part: dict[str, Any]) -> bool:
    metadata = part.get("metadata")
    encoding = metadata.get("encoding") if isinstance(metadata, dict) else None
    return (
        isinstance(encoding, str) and base64.b64decode(encoding) == b"json/plain" and isinstance(part.get("data"), str)
    )


def _scrubbed_data(data: str, key: bytes) -> str:
    value = json.loads(base64.b64decode(data))
    kept = without_personal(value, key)
    if kept == value:
        return data
    return base64.b64encode(json.dumps(kept, separators=(",", ":")).encode()).decode()
