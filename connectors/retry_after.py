"""How long a system asks to be left alone. Source: RFC 9110 §10.2.3."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(hours=1)
"""A wait beyond reason is taken from nobody."""


def read_wait(told: str) -> timedelta | None:
    """What `Retry-After` tells, in seconds or as a date of HTTP; None where it tells nothing."""
    if re.fullmatch(r"[0-9]{1,99}", told):
        return timedelta(seconds=min(int(told), LONGEST_WAIT.seconds))
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(until - datetime.now(UTC), timedelta(0)), LONGEST_WAIT)
