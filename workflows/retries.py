"""How a step is tried: the two retry classes and how long an attempt may take. Source: CONTRACTS; TRUST 10."""

from dataclasses import dataclass, field
from datetime import timedelta

from temporalio.common import RetryPolicy

# Twelve attempts span 12 minutes: an outage of ten delays a case and parks nothing.
OUTSIDE = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=12,
)

# A message of the follow-ups outlives a mail server that is down for days: once in four hours, for a week.
FOR_A_WEEK = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(hours=4),
    maximum_attempts=55,
)

# What destroys and may be done twice goes on until it is done; only a permanent refusal parks it.
TO_THE_END = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(minutes=10),
)

# A worker that dies tells nobody: what it was doing is tried again only after this. Longer work must heartbeat.
SHORT = timedelta(seconds=40)
HEARTBEAT = timedelta(minutes=1)
LONG = timedelta(hours=24)
A_WHILE = timedelta(minutes=5)


@dataclass(frozen=True)
class Manner:
    """How a step is tried; `gate` says that a person can't skip it; `heartbeat` that it tells how far it is."""

    retries: RetryPolicy = field(default_factory=lambda: OUTSIDE)
    attempt: timedelta = SHORT
    heartbeat: timedelta | None = None
    gate: bool = False


STEP = Manner()
GATE = Manner(gate=True)
LONG_STEP = Manner(attempt=LONG, heartbeat=HEARTBEAT)
LONG_GATE = Manner(attempt=LONG, heartbeat=HEARTBEAT, gate=True)
RECORD = Manner(retries=TO_THE_END, gate=True)
UNDO = Manner(retries=TO_THE_END, attempt=A_WHILE, gate=True)
LONG_UNDO = Manner(retries=TO_THE_END, attempt=LONG, heartbeat=HEARTBEAT, gate=True)
PURGE = Manner(retries=TO_THE_END, attempt=LONG, heartbeat=HEARTBEAT, gate=True)
