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

# What destroys and may be done twice goes on until it is done; only a permanent refusal parks it.
TO_THE_END = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(minutes=10),
)

SHORT = timedelta(minutes=5)
LONG = timedelta(hours=24)
HEARTBEAT = timedelta(minutes=1)


@dataclass(frozen=True)
class Manner:
    """How a step is tried; `gate` says that a person can't skip it; `heartbeat` that it tells how far it is."""

    retries: RetryPolicy = field(default_factory=lambda: OUTSIDE)
    attempt: timedelta = SHORT
    heartbeat: timedelta | None = None
    gate: bool = False


STEP = Manner()
LONG_STEP = Manner(attempt=LONG, heartbeat=HEARTBEAT)
GATE = Manner(gate=True)
LONG_GATE = Manner(attempt=LONG, heartbeat=HEARTBEAT, gate=True)
UNDO = Manner(retries=TO_THE_END, attempt=LONG, gate=True)
PURGE = Manner(retries=TO_THE_END, attempt=LONG, heartbeat=HEARTBEAT, gate=True)
