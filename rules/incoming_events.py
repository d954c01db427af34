"""What a provider tells of a message of ours, as JSON. Source: docs/messages.md."""

import base64
from collections.abc import Mapping
from typing import Any

from models.vocabulary import Heard
from rules.incoming import Echo, heard_in

RECEIVED, OPTED_OUT = "message.received", "message.opted_out"
HEARD = {
    "message.bounced": Heard.BOUNCE,
    "message.delayed": Heard.DELAY,
    "message.complained": Heard.COMPLAINT,
    "message.replied": Heard.REPLY,
    "message.auto_replied": Heard.AUTO_REPLY,
    OPTED_OUT: Heard.REPLY,  # STOP to a text, say
}


class NoEvent(Exception):
    """What was sent is none, and why."""


def echo_of(event: Mapping[str, Any], ours: str) -> Echo | None:
    """What an event says: `type`, and in `data` the `message_id`, or the whole message as base64 in `raw`.

    None: nothing of ours. `ours` is the domain of our Message-IDs.

    Raises:
        NoEvent: it lacks what it must say.
    """
    kind, data = event.get("type"), event.get("data")
    if not isinstance(data, Mapping):
        raise NoEvent("`data` must be an object")
    if kind == RECEIVED:
        return heard_in(_raw(data), ours)
    if kind not in HEARD:
        raise NoEvent(f"`type` must be one of {', '.join([RECEIVED, *HEARD])}")
    named = data.get("message_id")
    if not isinstance(named, str) or not named.strip(" <>"):
        raise NoEvent("`data.message_id` must be the Message-ID that we gave the message")
    return Echo(HEARD[kind], (named.strip(" <>"),), opted_out=kind == OPTED_OUT)


def _raw(data: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(str(data["raw"]), validate=True)
    except (KeyError, ValueError):
        raise NoEvent("`data.raw` must be the message as it came, in base64") from None
