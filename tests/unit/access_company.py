"""Access activities over the built-in systems, and what an account's rows of access say."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine
from sqlmodel import select

from activities.access import AccessActivities
from connectors.builtin.access import BuiltinAccess
from connectors.builtin.identity import BuiltinIdentity
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.engine import migrate, open_engine
from connectors.store.sessions import reading
from models.effects import UndoRequest
from models.payload import EffectRequest
from models.policy import read_policy
from models.tables.identities import CredentialRow, MembershipRow, SharedAssetRow, UserRow
from tests.contract.sample_access import add_access, add_assets
from tests.contract.sample_account import add_account
from tests.unit.own_database import asked, environment

WRITTEN = read_policy(Path(__file__).parents[2] / "policy.toml")
MARKS = {"was_gated_by", "was_handed_by", "was_deactivated_by", "was_taken_by"}
UNDO = {
    "plant_probe": "pull_probe",
    "hand_over_assets": "hand_back_assets",
    "disconnect_feed": "reconnect_feed",
    "deactivate_users": "reactivate_users",
    "gate_credentials": "free_credentials",
    "scan_for_zombies": "undo_scan",
    "suspend_sign_in": "free_credentials",
}


class Company(NamedTuple):
    """An account with users, groups, credentials and assets, in a database of its own."""

    engine: Engine
    account: str
    keys: FolderKeyStore

    @property
    def identity(self) -> BuiltinIdentity:
        return BuiltinIdentity(self.engine)

    @property
    def access(self) -> BuiltinAccess:
        return BuiltinAccess(self.engine)

    @property
    def store(self) -> SqlCaseStore:
        return SqlCaseStore(self.engine)

    def does(self, page: int = 2, **systems: Any) -> AccessActivities:
        """The activities, over other systems if they're named."""
        house = WRITTEN.house.model_copy(update={"users_a_page": page})
        about = {"identity": self.identity, "access": self.access, "store": self.store, "keys": self.keys}
        return AccessActivities(policy=WRITTEN.model_copy(update={"house": house}), **{**about, **systems})

    def do(self, step: str, generation: int = 1, does: AccessActivities | None = None) -> Any:
        """One attempt at a step."""
        request = asked(EffectRequest, self.account, step, generation=generation)
        return environment().run(getattr(does or self.does(), step), request)

    def undo(self, step: str, generation: int = 1) -> Any:
        """One attempt at the way back."""
        undoes = asked(EffectRequest, self.account, step, generation=generation).idempotency_key
        request = asked(UndoRequest, self.account, f"undo_{step}", undoes=undoes, generation=generation)
        return environment().run(getattr(self.does(), UNDO[step]), request)

    def key(self, step: str, generation: int = 1) -> str:
        return asked(EffectRequest, self.account, step, generation=generation).idempotency_key

    def rows(self) -> list[dict[str, Any]]:
        """Who comes in and who owns what; not what was undone before."""
        with reading(self.engine) as session:
            tables = (UserRow, MembershipRow, CredentialRow, SharedAssetRow)
            found = [row.model_dump(exclude=MARKS) for table in tables for row in session.exec(select(table))]
        return sorted(found, key=lambda row: sorted((k, str(v)) for k, v in row.items()))


def a_company(folder: Path) -> Iterator[Company]:
    """Closed afterwards; what is personal in its database is sealed."""
    keys = FolderKeyStore(folder / "keys", base64.b64encode(bytes(32)).decode())
    engine = open_engine(f"sqlite:///{folder}/farewell.db", keys)
    migrate(engine)
    account = add_account(engine)
    add_access(engine, account)
    add_assets(engine, account)
    yield Company(engine, account, keys)
    engine.dispose()


def but(system: object, **methods: Callable[..., Any]) -> Any:
    """A system that does some things otherwise."""
    other = type("Otherwise", (type(system),), {name: staticmethod(method) for name, method in methods.items()})
    changed = other.__new__(other)
    changed.__dict__.update(system.__dict__)
    return changed
