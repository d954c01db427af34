"""The whole promise in one exit: the largest sample account, its users at a SCIM service, all databases PostgreSQL.

It runs as the role that can only add to the ledger, and ends in a pack that verifies with no server left, by published
keys alone.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import make_url, text

from commands.audits import fetch_pack
from commands.beginning import Asked, begin
from connectors.store.engine import migrate, open_engine
from connectors.store.roles import grant, power_over_ledger
from devstack.leaving import hand_over, let_go
from devstack.play import Play
from devstack.postgres import Postgres
from devstack.running import Running, running
from devstack.scim import ScimServer, fill, running_scim
from models.vocabulary import Mode, Reason, Stage
from tests.contract.snapshot_schema import database_of

LARGEST, NEIGHBOUR = "acc_q9x4vd", "acc_3xk9vm"
CASE = f"{LARGEST}-1"
PATIENCE_SECONDS = 300.0  # it has a hundred times the rows of others
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def scim(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScimServer]:
    """The settings lead to it, and to two empty databases, of which our own is the application's role's."""
    monkeypatch.setenv("FAREWELL_DATABASE_URL", _as_application(database_of(postgres)))
    product = database_of(postgres).replace("postgresql:", "postgresql+psycopg:")
    monkeypatch.setenv("FAREWELL_PRODUCT_DATABASE_URL", product)
    with running_scim() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def _as_application(url: str) -> str:
    """The tables are there, the owner's; the role has what `farewell database grant` gives."""
    owner, role = open_engine(url), "leaving"
    migrate(owner)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'"))
    grant(owner, role)
    owner.dispose()
    as_role = make_url(url).set(drivername="postgresql+psycopg", username=role, password=role)
    return as_role.render_as_string(hide_password=False)


async def test_an_exit_of_the_largest_account_over_scim_and_postgresql_verifies_offline(
    scim: ScimServer, tmp_path: Path
) -> None:
    async with running(tmp_path / "home") as here:
        for account in (LARGEST, NEIGHBOUR):
            await asyncio.to_thread(fill, scim.url, scim.token, here.connections, account)
        users, neighbours = _users(scim, LARGEST), _users(scim, NEIGHBOUR)
        assert power_over_ledger(here.connections.engine) is None
        play = await _begun(here)
        await _closed(here, scim, play, len(users))
        state = await play.reach(Stage.SETTLE, Stage.RETRIEVAL)
        await let_go(play, state)
        assert _users(scim, LARGEST) == _groups(scim, LARGEST) == []
        assert _users(scim, NEIGHBOUR) == neighbours
        await asyncio.to_thread(fetch_pack, here.connections, CASE, tmp_path / "pack")
        published = await asyncio.to_thread(_farewell, tmp_path / "home", "keys", "publish")
        (tmp_path / "published.json").write_text(published.stdout)
    _verifies_offline(tmp_path)


async def _begun(here: Running) -> Play:
    asked = Asked(LARGEST, "ana", Mode.STOP, Reason.PRICE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    return Play(here, LARGEST, f"offboarding-{CASE}", PATIENCE_SECONDS)


async def _closed(here: Running, scim: ScimServer, play: Play, users: int) -> None:
    """All users but the export contact are shut out, our own probe with them, and it was refused when it tried."""
    await hand_over(play)
    planted = {each["id"]: each["active"] for each in _users(scim, LARGEST)}
    assert len(planted) == users + 1
    assert sum(planted.values()) == 1
    (probe,) = here.connections.cases.documents(CASE, "probe")
    assert planted[probe["user"]] is False
    kept = [receipt for body in here.connections.cases.documents(CASE, "receipts") for receipt in body["receipts"]]
    (tried,) = [receipt for receipt in kept if receipt["action"] == "tried the probe"]
    (planting,) = [receipt for receipt in kept if receipt["action"] == "plant"]
    assert (planting["count"], tried["count"]) == (2, 0)


def _verifies_offline(place: Path) -> None:
    """No server runs any more, and no setting tells of one."""
    told = _farewell(
        place / "nowhere", "audit", "verify", str(place / "pack"), "--keys", str(place / "published.json"), "--json"
    )
    assert told.returncode == 0, told.stdout + told.stderr
    report = json.loads(told.stdout)
    assert (report["sound"], report["findings"]) == (True, [])
    certificate = next((place / "pack").rglob("certificate.jws"))
    body = bytearray(certificate.read_bytes())
    body[40] ^= 1
    certificate.write_bytes(body)
    assert _farewell(place / "nowhere", "audit", "verify", str(place / "pack")).returncode == 6


def _users(scim: ScimServer, account: str) -> list[Any]:
    return _listed(scim, "Users", account)


def _groups(scim: ScimServer, account: str) -> list[Any]:
    return _listed(scim, "Groups", account)


def _listed(scim: ScimServer, kind: str, account: str) -> list[Any]:
    asked = {"filter": f'externalId sw "{account}:"', "count": 10_000}
    answer = httpx2.get(
        f"{scim.url}/{kind}", params=asked, headers={"Authorization": f"Bearer {scim.token}"}, timeout=60
    )
    found: list[Any] = answer.raise_for_status().json().get("Resources", [])
    return found


def _farewell(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("FAREWELL_", "TEMPORAL_", "AWS_"))}
    program = [Path(sys.executable).with_name("farewell"), *words]
    environment = {**outside, "FAREWELL_HOME": str(home)}
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False, timeout=60)
