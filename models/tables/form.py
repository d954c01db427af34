"""The form that all tables share."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel


class Row(SQLModel):
    """A row of Farewell's own database. Never imported by workflows."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; SQLite forgets the zone, so it's given back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuses a naive datetime: nobody knows which instant that is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime can't be stored: {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, whatever the database handed back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def aware(*, nullable: bool = False, **options: Any) -> Column[datetime]:
    """A column that holds an instant."""
    return Column(Instant(), nullable=nullable, **options)
