"""A SCIM 2.0 service on loopback for tests: `scim2-server`, in memory, with the sample company's users in it."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx2
from scim2_server.utils import load_default_service_provider_config
from sqlmodel import col, select

from connectors.errors import Unavailable
from connectors.store.sessions import reading
from devstack.ports import LOOPBACK, free_ports
from models.tables.identities import GroupRow, MembershipRow, UserRow

if TYPE_CHECKING:
    from connectors.opening import Connections

SECONDS_TO_START = 30
FILTER = 'externalId sw "{account}:"'
"""Which users and groups are an account's in what `fill` puts there."""
_A_BULK = 500


class ScimServer(NamedTuple):
    """Where it is, and the bearer token that it takes."""

    url: str
    token: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead there."""
        return {
            "FAREWELL_IDENTITY": "scim",
            "FAREWELL_SCIM_URL": self.url,
            "FAREWELL_SCIM_TOKEN": self.token,
            "FAREWELL_SCIM_FILTER": FILTER,
            "FAREWELL_SCIM_CALLS_A_MINUTE": "100000",
        }


@contextmanager
def running_scim(*, bulk: bool = True, etag: bool = True, sort: bool = True) -> Iterator[ScimServer]:
    """Starts it empty, and ends it with the block; without what is off it says so in its ServiceProviderConfig."""
    token, (port,) = secrets.token_hex(18), free_ports(1)
    with TemporaryDirectory(prefix="farewell-scim-") as folder:
        offers = Path(folder) / "config.json"
        offers.write_text(json.dumps(_offers(bulk=bulk, etag=etag, sort=sort)))
        command = [sys.executable, "-m", "scim2_server.testserver.cli", "--port", str(port), "--bearer-token", token]
        command += ["--hostname", LOOPBACK, "--service-provider-config", str(offers)]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as server:
            try:
                found = ScimServer(f"http://{LOOPBACK}:{port}/v2", token)
                _wait(server, found.url)
                yield found
            finally:
                server.kill()


def fill(url: str, token: str, connections: "Connections", account: str) -> None:
    """Puts the users and groups that Farewell's own tables have of an account there, as its product would."""
    with reading(connections.engine) as session:
        users = session.exec(select(UserRow).where(UserRow.account == account).order_by(UserRow.id)).all()
        groups = session.exec(select(GroupRow).where(GroupRow.account == account).order_by(GroupRow.id)).all()
        members = session.exec(select(MembershipRow).where(col(MembershipRow.group).in_([g.id for g in groups]))).all()
    with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        made = _create(client, "/Users", [_user(account, user) for user in users])
        known = {user.id: resource for user, resource in zip(users, made, strict=True)}
        teams = {group.id: [{"value": known[m.user]} for m in members if m.group == group.id] for group in groups}
        _create(client, "/Groups", [_group(account, group, teams[group.id]) for group in groups])


def _user(account: str, user: UserRow) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "externalId": f"{account}:{user.id}",
        "userName": user.email,
        "displayName": user.name,
        "emails": [{"value": user.email}],
        "active": user.active,
    }


def _group(account: str, group: GroupRow, members: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "externalId": f"{account}:{group.id}",
        "displayName": group.name,
        "members": members,
    }


def _create(client: httpx2.Client, endpoint: str, resources: Sequence[dict[str, Any]]) -> list[str]:
    """Makes them in bulk where that's offered, else one by one; answers their ids."""
    if not client.get("/ServiceProviderConfig").json()["bulk"]["supported"]:
        return [client.post(endpoint, json=each).raise_for_status().json()["id"] for each in resources]
    made: list[str] = []
    for at in range(0, len(resources), _A_BULK):
        some = enumerate(resources[at : at + _A_BULK])
        operations = [{"method": "POST", "path": endpoint, "bulkId": str(n), "data": each} for n, each in some]
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
        answer = client.post("/Bulk", json=body).raise_for_status().json()
        made += [each["location"].rsplit("/", 1)[1] for each in answer["Operations"]]
    return made


def _offers(**offered: bool) -> dict[str, Any]:
    config = load_default_service_provider_config().model_dump()
    for name, on in offered.items():
        config[name]["supported"] = on
    return config


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            httpx2.get(f"{url}/ServiceProviderConfig", timeout=5).raise_for_status()
        except httpx2.HTTPError:
            if server.poll() is not None or time.monotonic() > until:
                raise Unavailable("scim2-server", "it doesn't start", "install the development dependencies") from None
            time.sleep(0.05)
        else:
            return
