"""Users, groups and credentials by class, as the product database has them. Source: DOMAIN identity.2."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy import Row as Found

from devstack.company import schema
from models.tables.form import Row
from models.tables.identities import CredentialRow, GroupRow, MembershipRow, SharedAssetRow, UserRow
from models.vocabulary import CredentialClass

# Class, table, the column with the label, the column with the owner.
_PLAIN = (
    (CredentialClass.API_KEY, schema.api_key, "name", "created_by"),
    (CredentialClass.SERVICE_ACCOUNT, schema.service_account, "name", None),
    (CredentialClass.WEBHOOK, schema.webhook, "url", None),
    (CredentialClass.SCHEDULE, schema.report_schedule, "name", None),
    (CredentialClass.OAUTH_GRANT, schema.integration, "provider", None),
)


def access_rows(product: Connection) -> Iterator[Sequence[Row]]:
    """The rows in the order in which their foreign keys allow them."""
    users = _all(product, schema.app_user)
    account_of = {user.id: user.account_id for user in users}
    yield [
        UserRow(
            id=user.id,
            account=user.account_id,
            name=user.name,
            email=user.email,
            active=user.active,
            export_contact=user.role == "owner",
        )
        for user in users
    ]
    yield _groups(product)
    yield [MembershipRow(group=row.team_id, user=row.user_id) for row in _all(product, schema.team_member)]
    yield list(_of_users(product, users, account_of))
    yield list(_of_accounts(product))
    yield list(_assets(product, users))


def _groups(product: Connection) -> list[GroupRow]:
    account_of = {site.id: site.account_id for site in _all(product, schema.site)}
    teams = _all(product, schema.team)
    return [GroupRow(id=team.id, account=account_of[team.site_id], name=team.name) for team in teams]


def _of_users(product: Connection, users: Sequence[Found[Any]], account_of: dict[str, str]) -> Iterator[CredentialRow]:
    for user in users:
        if user.active:
            yield _credential(f"sign-in-{user.id}", user.account_id, CredentialClass.SIGN_IN, user.email, user.id)
    for row in _all(product, schema.session):
        yield _credential(row.id, account_of[row.user_id], CredentialClass.SESSION, row.device, row.user_id)


def _of_accounts(product: Connection) -> Iterator[CredentialRow]:
    for kind, table, label, owner in _PLAIN:
        for row in _all(product, table):
            found = row._mapping  # noqa: SLF001  SQLAlchemy's public name, for all its underscore
            yield _credential(row.id, row.account_id, kind, found[label], found[owner] if owner else None)
    for account in _all(product, schema.account):
        if account.settings["single_sign_on"]:
            yield _credential(f"idp-{account.id}", account.id, CredentialClass.IDP_FEED, "SAML + SCIM", None)
    for site in _all(product, schema.site):
        if site.inbound_mail:
            kind = CredentialClass.INBOUND_MAIL
            yield _credential(f"inbound-{site.id}", site.account_id, kind, site.inbound_mail, None)
    for group in _groups(product):
        yield _credential(f"group-{group.id}", group.account, CredentialClass.GROUP, group.name, None)


def _assets(product: Connection, users: Sequence[Found[Any]]) -> Iterator[SharedAssetRow]:
    """Where there are reports on a schedule, one of the users has made them a page; the owner takes it over."""
    for account in {row.account_id: None for row in _all(product, schema.report_schedule)}:
        theirs = [user for user in users if user.account_id == account and user.active]
        makers = [user.id for user in theirs if user.role != "owner"]
        for owner in (user.id for user in theirs if user.role == "owner" and makers):
            about = {"kind": "dashboard", "label": "Weekly reports", "owner": makers[0], "successor": owner}
            yield SharedAssetRow(id=f"asset-{account}", account=account, **about)


def _credential(key: str, account: str, kind: CredentialClass, label: str, owner: str | None) -> CredentialRow:
    return CredentialRow(id=key, account=account, kind=kind.value, label=label, owner=owner)


def _all(product: Connection, table: Table) -> Sequence[Found[Any]]:
    return product.execute(select(table).order_by(*table.primary_key)).all()
