"""The form that all tables share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, DateTime, Numeric, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
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


class Exact(TypeDecorator[Decimal]):
    """An amount to three places, as KWD needs; SQLite would make a float of it, so there it's text.

    Source: DOMAIN money.1.
    """

    impl = Numeric(18, 3)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text in SQLite, a number elsewhere."""
        return dialect.type_descriptor(String(24) if dialect.name == "sqlite" else Numeric(18, 3))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Digits, never an exponent."""
        return format(value, "f") if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """A decimal, whatever the database handed back."""
        return None if value is None else Decimal(value)


class Number(Exact):
    """A share or a count of things to six places, without the zeros that a database adds."""

    impl = Numeric(18, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text in SQLite, a number elsewhere."""
        return dialect.type_descriptor(String(24) if dialect.name == "sqlite" else Numeric(18, 6))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """As it was written."""
        exact = super().process_result_value(value, dialect)
        return None if exact is None else Decimal(format(exact.normalize(), "f"))


def money(*, nullable: bool = False) -> Column[Decimal]:
    """A column that holds an amount."""
    return Column(Exact(), nullable=nullable)


def number() -> Column[Decimal]:
    """A column that holds a share, or how many."""
    return Column(Number(), nullable=False)
