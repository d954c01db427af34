"""Deprovisioning over SCIM: calls against the provider's limit, and what ten thousand users cost.

The server is `scim2-server`, in a process of its own. Its clock is ours, with the waits for the limit left out: what
a minute's limit does to an hour is seen in the seconds that the calls themselves take.
"""

import bisect
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import httpx2

from connectors.scim.bucket import TokenBucket
from connectors.scim.filters import AccountFilter
from connectors.scim.identity import ScimIdentity
from connectors.scim.place import ScimPlace
from connectors.store.engine import migrate, open_engine
from connectors.store.sessions import writing
from devstack.scim import FILTER, ScimServer, running_scim
from models.tables.accounts import AccountRow

ACCOUNT, KEY = "acc_bench", "acc_bench-1:deactivate_users:-:1"
PAGE, LIMIT, A_MINUTE = 500, 180, 60.0


class Deprovisioned(NamedTuple):
    """How it went: `minutes` by the clock that counts the waits, `seconds` by the wall's."""

    users: int
    calls: int
    minutes: float
    seconds: float
    most: int
    least: int

    @property
    def share(self) -> float:
        """Of the provider's limit, in the minute with the fewest calls of all that were full."""
        return self.least / LIMIT


class _Clock:
    """Nobody sleeps: the time that is waited for is just added."""

    def __init__(self) -> None:
        self._ahead = 0

    def now(self) -> int:
        return time.monotonic_ns() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += int(seconds * 1e9)


class _Counting(TokenBucket):
    """Remembers the instants, in seconds, at which calls leave: each takes its token right before."""

    def __init__(self, calls_a_minute: int, *, clock: Callable[[], int], sleep: Callable[[float], None]) -> None:
        super().__init__(calls_a_minute, clock=clock, sleep=sleep)
        self.calls: list[float] = []

    def take(self) -> None:
        super().take()
        self.calls.append(self._clock() / 1e9)


def deprovisioned(users: int, folder: Path, *, bulk: bool) -> Deprovisioned:
    """All users of an account, page by page, as the activity does it."""
    with running_scim(bulk=bulk) as server:
        _fill(server, users)
        clock = _Clock()
        bucket = _Counting(LIMIT, clock=clock.now, sleep=clock.sleep)
        identity = _identity(server, folder, bucket)
        began, at = time.perf_counter(), clock.now()
        after = ""
        while page := identity.users(ACCOUNT, after, PAGE):
            identity.deactivate(ACCOUNT, page, KEY)
            after = page[-1]
        if identity.count(ACCOUNT, active=True) != 0:
            raise AssertionError("somebody is still active")
        took = (clock.now() - at) / 1e9 / A_MINUTE
        return Deprovisioned(users, len(bucket.calls), took, time.perf_counter() - began, *_windows(bucket.calls))


def _windows(calls: list[float]) -> tuple[int, int]:
    """The most and the fewest calls in any minute, wherever it begins; the fewest among those before the end."""
    whole = [start for start in calls if start + A_MINUTE <= calls[-1]]
    counts = [bisect.bisect_left(calls, start + A_MINUTE) - at for at, start in enumerate(calls)]
    return max(counts), min(counts[: len(whole)], default=max(counts))


def _identity(server: ScimServer, folder: Path, bucket: TokenBucket) -> ScimIdentity:
    engine = open_engine(f"sqlite:///{folder / 'marks.db'}")
    migrate(engine)
    with writing(engine) as session:
        if session.get(AccountRow, ACCOUNT) is None:
            session.add(an_account(ACCOUNT))
    mine = AccountFilter.read(FILTER)
    place = ScimPlace(server.url, server.token, LIMIT, mine, mine)
    identity = ScimIdentity(place, engine, lambda _: None)
    identity._bucket = bucket  # noqa: SLF001  # the waits are ours
    return identity


def _fill(server: ScimServer, users: int) -> None:
    user = "urn:ietf:params:scim:schemas:core:2.0:User"
    bulk = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
    with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}, timeout=120) as client:
        offered = client.get("/ServiceProviderConfig").json()["bulk"]["supported"]
        rows = [
            {"schemas": [user], "externalId": f"{ACCOUNT}:{n:05}", "userName": f"user-{n:05}", "active": True}
            for n in range(users)
        ]
        if not offered:
            for row in rows:
                client.post("/Users", json=row).raise_for_status()
            return
        for at, end in pairwise([*range(0, users, PAGE), users]):
            operations = [
                {"method": "POST", "path": "/Users", "bulkId": str(n), "data": row}
                for n, row in enumerate(rows[at:end])
            ]
            client.post("/Bulk", json={"schemas": [bulk], "Operations": operations}).raise_for_status()


def an_account(account: str) -> AccountRow:
    """Somebody's."""
    return AccountRow(
        id=account,
        name="Bench",
        country="ES",
        timezone="Europe/Madrid",
        currency="EUR",
        language="es",
        jurisdiction="EU",
        manager="ana",
        customer_since=date(2024, 1, 1),
        yearly_value=Decimal(1000),
        product_root_key=account,
    )
