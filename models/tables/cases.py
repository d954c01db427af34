"""Cases, plans, approvals, tasks, holds, notes: the read model beside the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field

from models.keys import KeyScope
from models.tables.form import Row, aware
from models.tables.personal import OfCustomer, account_of, only_named


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


# What anybody may read for ever, by name: ids, kinds, instants, amounts, digests, words of ours. Whatever isn't named
# is sealed, so that a new field can't be forgotten.
_OF_CASE = _named("request plan_hash effective_date cause paused_from")
_OF_TASKS_AND_WAITS = _named("id kind step owner opened_at who until")
_OF_PLAN = _named("hash commitments approvals_required")
_OF_ESTIMATES = _named("cost to_come currency kind amount total tax tax_rate reference channel language send_at code")
_OF_MONEY = "key digest at currency kind amount total tax tax_rate reference invoice_id payment_id usage_ids"
_OF_PACKAGE = "location digest instant verified_at name path sha256 index_sha256"
_OF_DOCUMENTS = {
    kind: _named(names)
    for kind, names in {
        "certificate": "key jws claims digest pdf_base64",
        "key_destruction": "ids at proven copies_until",
        "late_charges": "charge_id currency amount paid at payments",
        "manifest": _OF_PACKAGE,
        "probe": "user planted_by",
        "processor": "name key asked_at confirmed_at reference",
        "processor_confirmed": "name by confirmed_at",
        "purge": "name at",
        "read_back": "currency expected found",
        "receipts": "system action subject at reference",
        "refunds": "refund_id currency amount status",
        "retention_end": "name ground root root_set at",
        "seal": "head at decisions receipts keys",
        "seal_token": "jws",
        "sealed_payload": "workflow payload",
        "sighting": "scan look at probe",
        "statement": _OF_MONEY,
        "statement_draft": _OF_MONEY,
        "supplement": "claims certificate receipts keys",
        "supplement_token": "jws",
        "trial_manifest": _OF_PACKAGE,
    }.items()
}


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

    def in_clear(self, column: str, value: Any) -> Any:  # noqa: ARG002  # it has one
        """All but the words of its tasks, and why it waits."""
        told = {name: part for name, part in value.items() if name not in _OF_CASE}
        return {**value, **only_named(told, _OF_TASKS_AND_WAITS)}

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

    def in_clear(self, column: str, value: Any) -> Any:  # noqa: ARG002  # it has one
        """What people approve, and the figures of what is estimated."""
        told = {name: part for name, part in value.items() if name not in _OF_PLAN}
        return {**value, **only_named(told, _OF_ESTIMATES)}

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

    `kind`: `statement`, `receipts`, `certificate`, … as the activities that keep them name it.
    """

    __tablename__ = "document"
    __personal__ = ("body",)
    key: str = Field(primary_key=True)
    case: str = Field(index=True)
    kind: str
    at: datetime = Field(sa_column=aware())
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))

    def in_clear(self, column: str, value: Any) -> Any:  # noqa: ARG002  # it has one
        """Of its kind what is named above, and figures: what a statement is years later. Source: DOMAIN erasure.7."""
        return only_named(value, _OF_DOCUMENTS.get(self.kind, frozenset()))

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
