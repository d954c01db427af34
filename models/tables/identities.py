"""The built-in identity and access systems: users, groups, credentials. Source: DOMAIN identity."""

from datetime import datetime

from sqlmodel import Field

from models.tables.form import Row, aware
from models.tables.personal import OfCustomer


class UserRow(OfCustomer, table=True):
    """A user at the customer; deactivated first, deleted only at erasure. Source: DOMAIN identity.1."""

    __tablename__ = "user"
    __personal__ = ("name", "email")
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    name: str
    email: str
    active: bool = True
    export_contact: bool = False
    deactivated_by: str | None = None
    was_deactivated_by: str | None = None


class GroupRow(OfCustomer, table=True):
    """A group of users."""

    __tablename__ = "group"
    __personal__ = ("name",)
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    name: str


class MembershipRow(Row, table=True):
    """A user in a group; taken out by an effect it stays, and says so in `taken_by`. Source: DOMAIN identity.5."""

    __tablename__ = "membership"
    group: str = Field(primary_key=True, foreign_key="group.id")
    user: str = Field(primary_key=True, foreign_key="user.id")
    taken_by: str | None = None
    was_taken_by: str | None = None


class CredentialRow(OfCustomer, table=True):
    """What lets somebody in: gated, never deleted, until erasure. Source: DOMAIN identity.5.

    `gated_by` is the idempotency key of the effect that gated it; undoing that effect frees these rows alone, and
    leaves its key in `was_gated_by`: so a late attempt of either counts the same and changes nothing. Of a credential
    of our own (`planted_by`) there is only the SHA-256 of its token. Source: DOMAIN identity.3.
    """

    __tablename__ = "credential"
    __personal__ = ("label",)
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    kind: str = Field(index=True)
    label: str
    owner: str | None = None
    gated_by: str | None = None
    gated_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    was_gated_by: str | None = None
    planted_by: str | None = None
    token_sha256: str | None = None


class SharedAssetRow(OfCustomer, table=True):
    """What others use and a user of the account owns; `successor` owns it once it's handed over. `kind`: any word.

    `handed_by` is the idempotency key of the effect that handed it over; undoing that effect moves it to
    `was_handed_by`. Source: DOMAIN identity.4.
    """

    __tablename__ = "shared_asset"
    __personal__ = ("label",)
    id: str = Field(primary_key=True)
    account: str = Field(foreign_key="account.id", index=True)
    kind: str
    label: str
    owner: str
    successor: str | None = None
    handed_by: str | None = None
    was_handed_by: str | None = None


class ScimMarkRow(Row, table=True):
    """What the effect `key` changes at the SCIM service: `user` was active, or in `group`; ids are the service's.

    Written before the change is asked for; `undone` since it was given back. Source: DOMAIN identity.5.
    """

    __tablename__ = "scim_mark"
    key: str = Field(primary_key=True)
    account: str = Field(primary_key=True, foreign_key="account.id", index=True)
    user: str = Field(primary_key=True)
    group: str = Field(primary_key=True, default="")
    undone: bool = False
