"""Users and groups of a test, put into every identity system as a product, or the customer's feed, would put them."""

from dataclasses import replace
from typing import Any, Protocol
from uuid import uuid4

import httpx2
from sqlalchemy import Engine, delete
from sqlmodel import col, select

from connectors.builtin.identity import BuiltinIdentity
from connectors.ports.access import IdentitySystem
from connectors.scim.filters import AccountFilter
from connectors.scim.identity import ScimIdentity
from connectors.scim.place import ScimPlace
from connectors.store.sessions import reading, writing
from devstack.scim import FILTER, ScimServer
from models.tables.identities import GroupRow, MembershipRow, UserRow
from tests.contract.sample_account import add_account

USERS = ("contact", "ana", "bea", "carl", "dora")
"""The contact keeps access; `dora` has been inactive for long."""
TEAM = USERS[:3]
TEAMS = ("board", "team")
TAKEN_OUT = len(TEAMS) * (len(TEAM) - 1)
"""Memberships that an exit ends: all but the contact's."""
CORE = "urn:ietf:params:scim:schemas:core:2.0"


class People(Protocol):
    """The users of a test's accounts in one identity system, behind its back."""

    identity: IdentitySystem

    def add_account(self) -> str:
        """One with the users above, and three of them in both teams."""

    def add(self, account: str, name: str) -> str:
        """A user more; its id."""

    def remove(self, account: str, user: str) -> None:
        """A user less."""

    def everything(self, account: str) -> list[Any]:
        """All users and memberships that count, for comparing."""


class BuiltinPeople:
    """In Farewell's own tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self.identity = engine, BuiltinIdentity(engine)

    def add_account(self) -> str:
        account = add_account(self._engine)
        users = {name: self.add(account, name) for name in USERS}
        with writing(self._engine) as session:
            session.get(UserRow, users["contact"]).export_contact = True
            session.get(UserRow, users["dora"]).active = False
            session.add_all(GroupRow(id=f"{account}-{team}", account=account, name=team) for team in TEAMS)
            session.flush()
            session.add_all(MembershipRow(group=f"{account}-{t}", user=users[name]) for t in TEAMS for name in TEAM)
        return account

    def add(self, account: str, name: str) -> str:
        user = f"{account}-{uuid4().hex}"
        with writing(self._engine) as session:
            session.add(UserRow(id=user, account=account, name=name, email=f"{name}@faro.example"))
        return user

    def remove(self, account: str, user: str) -> None:
        del account
        with writing(self._engine) as session:
            session.exec(delete(MembershipRow).where(col(MembershipRow.user) == user))
            session.delete(session.get(UserRow, user))

    def everything(self, account: str) -> list[Any]:
        with reading(self._engine) as session:
            users = session.exec(select(UserRow).where(UserRow.account == account).order_by(UserRow.id))
            groups = session.exec(select(GroupRow).where(GroupRow.account == account)).all()
            members = select(MembershipRow.group, MembershipRow.user).where(
                col(MembershipRow.group).in_([group.id for group in groups]), col(MembershipRow.taken_by).is_(None)
            )
            found = [(user.id, user.name, user.active) for user in users]
            return [*found, *(group.id for group in groups), *sorted(session.exec(members))]


class ScimPeople:
    """At a SCIM service, as any other client of it."""

    def __init__(self, server: ScimServer, engine: Engine, calls_a_minute: int = 1_000_000) -> None:
        self.engine = engine
        self.place = ScimPlace(
            server.url, server.token, calls_a_minute, AccountFilter.read(FILTER), AccountFilter.read(FILTER)
        )
        self.identity: ScimIdentity = self.worker()
        self.client = httpx2.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}, timeout=30
        )

    def worker(self, url: str | None = None) -> ScimIdentity:
        """Another worker, that remembers nothing of the first one; by another address, if need be."""
        place = replace(self.place, url=url or self.place.url)
        return ScimIdentity(place, self.engine, lambda account: f"Contact-{account}@FARO.example")

    def add_account(self) -> str:
        account = add_account(self.engine)
        users = {name: self.add(account, name) for name in USERS}
        self.change(users["dora"], {"op": "replace", "path": "active", "value": False})
        for team in TEAMS:
            self.add_group(account, team, [{"value": users[name]} for name in TEAM])
        return account

    def add(self, account: str, name: str) -> str:
        mail = f"{name}-{account}@faro.example"
        about = {"userName": f"{name}-{account}-{uuid4().hex[:6]}", "emails": [{"value": mail}], "active": True}
        return self._post("/Users", {"schemas": [f"{CORE}:User"], "externalId": f"{account}:{name}", **about})

    def add_group(self, account: str, name: str, members: list[dict[str, str]]) -> str:
        about = {"schemas": [f"{CORE}:Group"], "externalId": f"{account}:{name}", "displayName": name}
        return self._post("/Groups", {**about, "members": members})

    def remove(self, account: str, user: str) -> None:
        del account
        self.client.delete(f"/Users/{user}").raise_for_status()

    def change(self, user: str, operation: dict[str, Any]) -> None:
        self._patch(f"/Users/{user}", operation)

    def change_group(self, group: str, operation: dict[str, Any]) -> None:
        self._patch(f"/Groups/{group}", operation)

    def everything(self, account: str) -> list[Any]:
        found: list[Any] = [(user["id"], user["userName"], user["active"]) for user in self._all("/Users", account)]
        for group in self._all("/Groups", account):
            members = sorted((member["value"], member.get("type", "User")) for member in group.get("members", []))
            found.append((group["id"], group["displayName"], members))
        return found

    def _all(self, endpoint: str, account: str) -> list[dict[str, Any]]:
        asked = {"filter": f'externalId sw "{account}:"', "count": 1000}
        found = self.client.get(endpoint, params=asked).raise_for_status().json().get("Resources", [])
        return sorted(found, key=lambda each: each["id"])

    def _post(self, endpoint: str, body: dict[str, Any]) -> str:
        return str(self.client.post(endpoint, json=body).raise_for_status().json()["id"])

    def _patch(self, path: str, operation: dict[str, Any]) -> None:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        self.client.patch(path, json=body).raise_for_status()
