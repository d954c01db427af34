"""Column types of the sample product: exact in SQLite, native in PostgreSQL."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Column, DateTime, ForeignKey, Integer, Numeric, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

DIGITS, DECIMALS = 14, 3


class _Declared(UserDefinedType[str]):
    """Text in SQLite under a declared type that still says what it holds."""

    cache_ok = True

    def __init__(self, spec: str) -> None:
        self.spec = spec

    def get_col_spec(self, **_: Any) -> str:
        """The type as the schema shows it."""
        return self.spec


class Instant(TypeDecorator[datetime]):
    """An aware datetime: RFC 3339 text with its offset in SQLite, `timestamptz` in PostgreSQL."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite has no type that keeps an offset."""
        return _Declared("TIMESTAMP") if dialect.name == "sqlite" else self.impl_instance

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Text for SQLite, unchanged elsewhere."""
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant, with the offset it was written with."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class Exact(TypeDecorator[Decimal]):
    """A decimal: its digits as text in SQLite, where NUMERIC would turn 12.500 into a float; NUMERIC elsewhere.

    The declared type contains TEXT, so SQLite leaves the digits alone.
    """

    impl = Numeric(DIGITS, DECIMALS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite has no exact decimals."""
        spec = f"DECIMAL_TEXT({DIGITS}, {DECIMALS})"
        return _Declared(spec) if dialect.name == "sqlite" else self.impl_instance

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Text for SQLite, unchanged elsewhere."""
        return format(value, "f") if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """The same digits."""
        return Decimal(value) if isinstance(value, str) else value


def key() -> Column[str]:
    """An opaque primary key, like `usr_4kd81mzq0x`."""
    return Column("id", Text, primary_key=True)


def number() -> Column[int]:
    """A counted primary key, for tables with many rows."""
    return Column("id", Integer, primary_key=True, autoincrement=False)


def owner(table: str, name: str = "", *, nullable: bool = False) -> Column[Any]:
    """A foreign key to a row of an account; indexed, for joins up and purges down both walk it."""
    return Column(name or f"{table}_id", ForeignKey(f"{table}.id"), nullable=nullable, index=True)


def reference(table: str, *, nullable: bool = False) -> Column[Any]:
    """A foreign key to a shared reference table; not indexed, for nobody deletes there."""
    return Column(table, Text, ForeignKey(f"{table}.code"), nullable=nullable)


def text(name: str, *, nullable: bool = False) -> Column[str]:
    """A text column."""
    return Column(name, Text, nullable=nullable)


def at(name: str, *, nullable: bool = False) -> Column[datetime]:
    """A column that holds an instant."""
    return Column(name, Instant, nullable=nullable)


def amount(name: str) -> Column[Decimal]:
    """A column that holds an exact decimal."""
    return Column(name, Exact, nullable=False)


def document(name: str) -> Column[Any]:
    """A column that holds JSON."""
    return Column(name, JSON, nullable=False)
