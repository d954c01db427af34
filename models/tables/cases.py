"""Cases, plans, approvals, tasks, holds, notes: the read model beside the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field

from models.keys import KeyScope
from models.tables.form import Row, aware
from models.tables.personal import OfCustomer, account_of, without_texts

_TOLD = ("tasks", "waiting_for")
_WORDS = frozenset({"cause", "fix", "why", "text", "subject", "description"})
"""Free texts of tasks, waits, blockers, messages and statements."""
_FREE = frozenset({"description", "line", "evidence", "note", "text"})
"""Free texts of documents."""


class CaseRow(OfCustomer, table=True):
    """An exit. At most one open case an account, by a partial unique index. Source: DOMAIN stages.4.

    `state` is the last `CaseState` that the workflow told, as JSON.
    """

    __tablename__ = "case"
    __personal__ = ("state",)
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

    @classmethod
    def in_clear(cls, column: str, value: Any) -> Any:  # noqa: ARG003  # it has one
        """All but the words of its tasks, and what it waits for."""
        told = {name: value[name] for name in _TOLD if name in value}
        return {**value, **without_texts(told, _WORDS)}

    def key_scopes(self) -> tuple[KeyScope, ...]:
        """The account's; after it the closing's."""
        return *super().key_scopes(), KeyScope.of_closing(self.id)


class PlanRow(OfCustomer, table=True):
    """A plan as it was made; its `hash` binds the approvals."""

    __tablename__ = "plan"
    __personal__ = ("plan",)
    case: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    made_at: datetime = Field(sa_column=aware())
    plan: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))

    @classmethod
    def in_clear(cls, column: str, value: Any) -> Any:  # noqa: ARG003  # it has one
        """What people approve, and the figures of what is estimated."""
        told = {name: value[name] for name in ("estimates", "blockers") if name in value}
        return {**value, **without_texts(told, _WORDS)}

    def key_scopes(self) -> tuple[KeyScope, ...]:
        """The account's."""
        return (KeyScope.of_account(account_of(self.case)),)


class DecisionRow(Row, table=True):
    """What a person decided in a case: an approval, an undo, an extension. `details` holds ids only."""

    __tablename__ = "decision"
    key: str = Field(primary_key=True)
    case: str = Field(index=True)
    action: str
    actor: str
    at: datetime = Field(sa_column=aware())
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class NoteRow(OfCustomer, table=True):
    """What a person wrote; erased with the account. Source: DOMAIN erasure.7."""

    __tablename__ = "note"
    __personal__ = ("text",)
    key: str = Field(primary_key=True)
    account: str = Field(index=True)
    text: str


class DocumentRow(OfCustomer, table=True):
    """A result that a later step or a reader needs whole: manifest, statement, receipts, counts.

    `kind`: `manifest` `statement` `receipts` `purge` `recount` `certificate` `seal`.
    """

    __tablename__ = "document"
    __personal__ = ("body",)
    key: str = Field(primary_key=True)
    case: str = Field(index=True)
    kind: str
    at: datetime = Field(sa_column=aware())
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))

    @classmethod
    def in_clear(cls, column: str, value: Any) -> Any:  # noqa: ARG003  # it has one
        """Figures, kinds, ids and times: what a statement is years later. Source: DOMAIN erasure.7."""
        return without_texts(value, _FREE)

    def key_scopes(self) -> tuple[KeyScope, ...]:
        """The account's; after it the closing's, which still watches."""
        return KeyScope.of_account(account_of(self.case)), KeyScope.of_closing(self.case)


class HoldRow(OfCustomer, table=True):
    """A legal hold; it needs no case, and the purge reads it. Source: DOMAIN erasure.3."""

    __tablename__ = "hold"
    __personal__ = ("ground",)
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

    def without_key(self, column: str, value: Any) -> Any:  # noqa: ARG002
        """A hold on what is retained of an erased account: its ground must be readable while it stands."""
        return value
