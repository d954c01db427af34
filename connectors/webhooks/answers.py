"""What an answer to a webhook means."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from connectors.errors import (
    Conflict,
    ConnectorError,
    NotFound,
    RateLimited,
    Rejected,
    Timeout,
    Unauthorized,
    Unavailable,
)
from connectors.retry_after import read_wait

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ERRORS: dict[int, type[ConnectorError]] = {
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Unauthorized,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.REQUEST_TIMEOUT: Timeout,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: NotFound,
}
_FIXES: dict[type[ConnectorError], str] = {
    Unauthorized: "both sides need the same secret, whsec_…, and clocks that differ by less than five minutes",
    NotFound: "does the receiver know the account, and is its address the right one?",
    Conflict: "look at the receiver: it holds this otherwise",
    Rejected: "look at the receiver's log: docs/webhooks.md says what it is asked and should answer",
}


def read(system: str, status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The JSON object of a 2xx.

    Raises:
        RateLimited: 429 or 425, or 503 that says when to come again; bounded to an hour.
        Unavailable: 5xx. Timeout: 408. Unauthorized: 401, 403. NotFound: 404, 410. Conflict: 409.
        Rejected: another 4xx; a redirect, which is never followed; an answer that is no JSON object.
    """
    if HTTPStatus(200) <= status < HTTPStatus(300):
        return _content(system, body)
    wait = read_wait(headers.get("retry-after", ""))
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.TOO_EARLY} or (status == 503 and wait):  # noqa: PLR2004
        raise RateLimited(system, f"asked to slow down ({status})", retry_after=wait)
    what = f"answered {status}{_code(body)}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(system, what, "the receiver failed: look at its log")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise Rejected(system, f"{what}, a redirect: none is followed", "set the address to which it leads")
    error = _ERRORS.get(status, Rejected)
    raise error(system, what, _FIXES.get(error, ""))


def _content(system: str, body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Rejected(system, "answered with something that is no JSON object", _FIXES[Rejected])
    return content


def _code(body: bytes) -> str:
    """The receiver's own short word for why, if its answer holds one; its text may name a person, so it's left out."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = content.get("code") if isinstance(content, dict) else None
    return f": {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
