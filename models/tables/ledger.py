"""The ledger: append-only, hash-chained. Source: DOMAIN audit.1, CONTRACTS, Forms."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.tables.form import Row, aware


class LedgerRow(Row, table=True):
    """One entry. The migration adds a trigger that refuses UPDATE and DELETE."""

    __tablename__ = "ledger"
    __table_args__ = (UniqueConstraint("workflow", "run", "activity", "attempt"),)
    case: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_column=aware())
    actor: str
    action: str
    stage: str
    subject: str
    attempt: int
    outcome: str
    input_hmac: str
    output_hmac: str
    prev_sha256: str
    entry_sha256: str
    workflow: str | None = None
    run: str | None = None
    activity: str | None = None
