"""Ways into the account of these tests beyond the sample company's: one of each class, an asset to hand over, zombies."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import func
from sqlmodel import col, select

from connectors.store.engine import open_engine
from connectors.store.sessions import writing
from models.tables.identities import CredentialRow, GroupRow, MembershipRow, SharedAssetRow, UserRow
from models.vocabulary import CredentialClass

FIRST_ZOMBIE, LAST_ZOMBIE = "zombie-hook", "zombie-key"


def all_ways_in(url: str, account: str) -> None:
    """A credential of each class that has none yet, a shared asset with its successor, a group."""
    engine = open_engine(url)
    with writing(engine) as session:
        of_account = select(CredentialRow.kind).where(col(CredentialRow.account) == account)
        for kind in set(CredentialClass) - {CredentialClass(known) for known in session.exec(of_account)}:
            session.add(CredentialRow(id=f"{account}-{kind}", account=account, kind=kind, label=f"the {kind}"))
        users = select(UserRow.id).where(col(UserRow.account) == account, ~col(UserRow.export_contact))
        members = session.exec(users.order_by(func.lower(UserRow.id)).limit(3)).all()
        about = {"account": account, "kind": "dashboard", "label": "Routes", "owner": members[0]}
        session.add(SharedAssetRow(id=f"{account}-routes", successor="acc_7f3k2m-lead", **about))
        session.add(GroupRow(id=f"{account}-drivers", account=account, name="Drivers"))
        session.flush()
        session.add_all(MembershipRow(group=f"{account}-drivers", user=user) for user in members)
    engine.dispose()


def comes_alive(home: Path, account: str, name: str) -> None:
    """Some other program opens a door again. Source: DOMAIN identity.3."""
    with closing(sqlite3.connect(home / "farewell.db")) as connection, connection:
        row = (f"{account}-{name}", account, CredentialClass.WEBHOOK.value, "")
        connection.execute("INSERT INTO credential (id, account, kind, label) VALUES (?, ?, ?, ?)", row)
