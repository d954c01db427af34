"""The policies that plans rest on, so that a running case keeps its own."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from models.tables.form import Row, aware


class PolicyRow(Row, table=True):
    """A policy as it was when it was kept; it holds no personal data of customers, and stays."""

    __tablename__ = "policy"
    sha256: str = Field(primary_key=True)
    version: str
    kept_at: datetime = Field(sa_column=aware())
    policy: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
