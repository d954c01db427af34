"""Cases, plans, approvals, tasks, holds, notes: the read model beside the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field

from models.tables.form import Row, aware


class CaseRow(Row, table=True):
    """An exit. At most one open case an account, by a partial unique index. Source: DOMAIN stages.4.

    `state` is the last `CaseState` that the workflow told, as JSON.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index(
            "one_open_case_an_account",
            "account",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    account: str = Field(index=True)
    number: int
    mode: str
    stage: str
    manager: str
    workflow_id: str
    reason: str
    language: str
    channel: str
    opened_at: datetime = Field(sa_column=aware())
    effective_date: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    state: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class PlanRow(Row, table=True):
    """A plan as it was made; its `hash` binds the approvals."""

    __tablename__ = "plan"
    case: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    made_at: datetime = Field(sa_column=aware())
    plan: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class DecisionRow(Row, table=True):
    """What a person decided in a case: an approval, an undo, an extension. `details` holds ids only."""

    __tablename__ = "decision"
    key: str = Field(primary_key=True)
    case: str = Field(index=True)
    action: str
    actor: str
    at: datetime = Field(sa_column=aware())
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class NoteRow(Row, table=True):
    """What a person wrote; erased with the account. Source: DOMAIN erasure.7."""

    __tablename__ = "note"
    key: str = Field(primary_key=True)
    account: str = Field(index=True)
    text: str


class DocumentRow(Row, table=True):
    """A result that a later step or a reader needs whole: manifest, statement, receipts, counts.

    `kind`: `manifest` `statement` `receipts` `purge` `recount` `certificate` `seal`.
    """

    __tablename__ = "document"
    key: str = Field(primary_key=True)
    case: str = Field(index=True)
    kind: str
    at: datetime = Field(sa_column=aware())
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class HoldRow(Row, table=True):
    """A legal hold; it needs no case, and the purge reads it. Source: DOMAIN erasure.3."""

    __tablename__ = "hold"
    id: str = Field(primary_key=True)
    account: str = Field(index=True)
    ground: str
    data_sets: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    placed_by: str
    placed_at: datetime = Field(sa_column=aware())
    confirmed_by: str | None = None
    release_asked_by: str | None = None
    released_by: str | None = None
    released_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
