"""The same exit with its users at a SCIM service that outlives every worker."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from devstack.running import Running
from devstack.scim import ScimServer, fill, running_scim
from tests.faults.dying_worker import Death
from tests.faults.effects import ACCOUNT, Effect
from tests.faults.exits import Outcome, whole_exit

# Around the port's calls, and around the requests within them: the marks stand, the service has answered or not.
EFFECTS = (
    Effect("identity", "plant", ACCOUNT),
    Effect("httpx2", "send", "POST /v2/Users "),
    Effect("identity", "deactivate", ACCOUNT),
    Effect("httpx2", "send", "'path': 'active'"),
    Effect("identity", "empty_groups", ACCOUNT),
    Effect("httpx2", "send", "'members"),
    Effect("identity", "admits", ACCOUNT),
    Effect("identity", "delete", ACCOUNT),
    Effect("httpx2", "send", "'method': 'DELETE', 'path': '/Users/"),
    Effect("httpx2", "send", "'method': 'DELETE', 'path': '/Groups/"),
)


class Outside:
    """The service as a product fills it, and as it stands afterwards."""

    def __init__(self, server: ScimServer) -> None:
        self._server = server

    def fill(self, here: Running) -> None:
        fill(self._server.url, self._server.token, here.connections, ACCOUNT)

    def look(self) -> Any:
        """Who is active, and who is in which group: by the names that the product gave them."""
        users = self._listed("Users")
        names = {user["id"]: user["externalId"] for user in users}
        groups = {group["externalId"]: group.get("members", []) for group in self._listed("Groups")}
        members = {group: sorted(names[each["value"]] for each in found) for group, found in sorted(groups.items())}
        return sorted((user["externalId"], user["active"]) for user in users), members

    def _listed(self, kind: str) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._server.token}"}
        answer = httpx2.get(f"{self._server.url}/{kind}", params={"count": 1000}, headers=headers, timeout=60)
        found: list[dict[str, Any]] = answer.raise_for_status().json().get("Resources", [])
        return found


def scim_exit(home: Path, deaths: Sequence[Death] = (), *, bulk: bool) -> Outcome:
    """Plays it in this process, the service in another."""
    with running_scim(bulk=bulk) as server, pytest.MonkeyPatch.context() as patched:
        for name, value in server.environment.items():
            patched.setenv(name, value)
        return whole_exit(home, deaths, outside=Outside(server))
