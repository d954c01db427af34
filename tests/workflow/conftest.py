"""The sample company at work, once for all tests of this folder; each test takes an account of its own."""

from collections import deque
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlmodel import col, update

from connectors.store.sessions import writing
from devstack.running import Running, at_work
from devstack.stack import EmbeddedStack
from models.account import Actor
from models.tables.cases import CaseRow
from models.vocabulary import Role, Stage
from tests.workflow.breakable import BreakableConnections

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# Small ones first. Those that a test names are left out, the largest, and the two that share a contract.
ACCOUNTS = deque(
    f"acc_{name}"
    for name in (
        *("2hw8te", "8vzc5h", "z8e5lg", "v2l8ca", "d2m0xq", "6jd3hr", "p7a3wj", "w6d2pa", "t3j7ku"),
        *("e4q0zw", "y1g9rn", "g0b7sd", "7f3k2m", "h9f6tn", "m5r1zc"),
    )
)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def here(stack: EmbeddedStack) -> AsyncIterator[Running]:
    """Servers, sample company and worker; its settings are in the environment for this folder's tests only."""
    async with at_work(stack, BreakableConnections) as running:
        yield running


@pytest.fixture
def account(here: Running) -> Iterator[str]:
    """An account that leaves nowhere; who stays may leave again, in a later test."""
    account = ACCOUNTS.popleft()
    yield account
    case = here.connections.cases.case(account)
    if case is None or (case["ended_at"] is not None and case["stage"] != Stage.CLOSED):
        _long_ago(here, account)
        _release(here, account)
        ACCOUNTS.append(account)


def _release(here: Running, account: str) -> None:
    """A hold that a test left standing would block the next one's plan."""
    cases, compliance = here.connections.cases, (Role.COMPLIANCE,)
    for hold in cases.holds(account):
        for who in ("dora", "felipe"):
            cases.release_hold(str(hold["id"]), Actor(id=who, roles=compliance), datetime.now(UTC))


def _long_ago(here: Running, account: str) -> None:
    """So that no pause of this test counts in a later one."""
    with writing(here.connections.engine) as session:
        session.exec(update(CaseRow).where(col(CaseRow.account) == account).values(opened_at=LONG_AGO))
