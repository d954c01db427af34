"""Users, a group and credentials of every class for a sample account."""

from sqlalchemy import Engine

from connectors.store.sessions import writing
from models.tables.identities import CredentialRow, GroupRow, MembershipRow, SharedAssetRow, UserRow
from models.vocabulary import CredentialClass

USERS = 5
CREDENTIALS = {kind.value: 3 if kind is CredentialClass.SIGN_IN else 1 for kind in CredentialClass}


def add_access(engine: Engine, account: str) -> None:
    """User 0 is the export contact, user 4 has been inactive for long; nobody owns the feed or the schedule."""
    users = [
        UserRow(id=f"{account}-{n}", account=account, name=f"User {n}", email=f"{n}@faro.example", active=n < USERS - 1)
        for n in range(USERS)
    ]
    users[0].export_contact = True
    with writing(engine) as session:
        session.add_all([*users, GroupRow(id=f"{account}-g", account=account, name="Team")])
        session.flush()
        session.add_all(MembershipRow(group=f"{account}-g", user=user.id) for user in users[:3])
        for kind, count in CREDENTIALS.items():
            owned = kind not in {CredentialClass.IDP_FEED, CredentialClass.SCHEDULE}
            session.add_all(
                CredentialRow(
                    id=f"{account}-{kind}-{n}",
                    account=account,
                    kind=kind,
                    label=kind,
                    owner=f"{account}-{n}" if owned else None,
                )
                for n in range(count)
            )


def add_assets(engine: Engine, account: str) -> None:
    """A dashboard that the export contact takes over, and a report that nobody does."""
    with writing(engine) as session:
        about = {"account": account, "label": "Weekly"}
        session.add_all(
            [
                SharedAssetRow(
                    id=f"{account}-a1", kind="dashboard", owner=f"{account}-1", successor=f"{account}-0", **about
                ),
                SharedAssetRow(id=f"{account}-a2", kind="report", owner=f"{account}-2", **about),
            ]
        )
