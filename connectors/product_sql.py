"""Pieces of statements about the product's tables; every name is quoted by SQLAlchemy."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Select,
    TableClause,
    bindparam,
    column,
    quoted_name,
    table,
    true,
    tuple_,
)
from sqlalchemy.types import NullType

from models.hop import split


def named(table_name: str, columns: Iterable[str]) -> TableClause:
    """A table by its written name, with the columns that a statement mentions."""
    name, schema = split(table_name)
    each: Iterable[ColumnClause[Any]] = (column(exact(part)) for part in dict.fromkeys(columns))
    return table(exact(name), *each, schema=exact(schema) if schema else None)


def exact(name: str) -> str:
    """A name that is quoted wherever it must be: SQLAlchemy alone would forget it for a line break at the end."""
    return name if name.isidentifier() else quoted_name(name, quote=True)


def value(content: str | None) -> ColumnElement[Any]:
    """A bound value without a type of its own: the database takes the column's, number, UUID or text."""
    return bindparam(None, content, type_=NullType(), unique=True)


def among(columns: Sequence[ColumnElement[Any]], chosen: Select[Any]) -> ColumnElement[bool]:
    """The columns, one or several, hold a row of `chosen`."""
    return columns[0].in_(chosen) if len(columns) == 1 else tuple_(*columns).in_(chosen)


def untrue(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """False or unknown: a comparison with NULL is neither true nor false, and NOT wouldn't find it."""
    return condition.is_not(true())
