"""What any other database says of its tables, by SQLAlchemy's inspector, in bulk."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Inspector, inspect
from sqlalchemy.exc import CompileError, SAWarning
from sqlalchemy.types import TypeEngine

from models.hop import Hop, written
from models.schema import ColumnFacts, ForeignKeyFacts, SchemaFacts, TableFacts

_SYSTEM = frozenset({"information_schema", "pg_catalog", "mysql", "performance_schema", "sys"})
_Table = tuple[str | None, str]


def facts(connection: Connection, only: str | None = None) -> SchemaFacts:
    """The tables of all schemas but the system's, or only one."""
    inspector = inspect(connection)
    home = inspector.default_schema_name
    schemas = [name for name in inspector.get_schema_names() if name.lower() not in _SYSTEM]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # "did not recognize type": it's kept as what it says it is
        tables = [table for name in schemas for table in _tables(inspector, None if name == home else name)]
    views = [
        written(view, None if name == home else name) for name in schemas for view in inspector.get_view_names(name)
    ]
    return SchemaFacts(
        dialect=connection.dialect.name,
        tables=tuple(table for table in tables if only in (None, table.name)),
        left_out=dict.fromkeys(views, "a view"),
    )


def _tables(inspector: Inspector, schema: str | None) -> Iterable[TableFacts]:
    columns, primary = inspector.get_multi_columns(schema), inspector.get_multi_pk_constraint(schema)
    unique, indexes = inspector.get_multi_unique_constraints(schema), inspector.get_multi_indexes(schema)
    foreign, home = inspector.get_multi_foreign_keys(schema), inspector.default_schema_name
    for table in sorted(columns, key=lambda each: each[1]):
        keys = [
            *(tuple(key["column_names"]) for key in unique.get(table, ())),
            *(tuple(name or "" for name in key["column_names"]) for key in indexes.get(table, ()) if _whole(key)),
        ]
        yield TableFacts(
            name=_name(table),
            columns=tuple(_column(each, inspector) for each in columns[table]),
            primary=tuple(primary[table]["constrained_columns"]) if table in primary else (),
            unique=tuple(dict.fromkeys(keys)),
            foreign=tuple(_foreign(table, key, home) for key in foreign.get(table, ()) if key["referred_columns"]),
        )


def _name(table: _Table) -> str:
    schema, name = table
    return written(name, schema)


def _whole(index: Mapping[str, Any]) -> bool:
    """A unique index over columns alone, and over all rows."""
    partial = any(option.endswith("_where") for option in index.get("dialect_options", {}))
    return bool(index["unique"]) and not partial and None not in index["column_names"]


def _column(column: Mapping[str, Any], inspector: Inspector) -> ColumnFacts:
    return ColumnFacts(
        name=column["name"],
        type=_type(column["type"], inspector),
        nullable=column["nullable"],
        generated="computed" in column,
        identity="identity" in column,
    )


def _type(declared: TypeEngine[Any], inspector: Inspector) -> str:
    try:
        return declared.compile(inspector.dialect)
    except CompileError:
        return ""


def _foreign(table: _Table, key: Mapping[str, Any], home: str | None) -> ForeignKeyFacts:
    schema = None if key["referred_schema"] == home else key["referred_schema"]
    hop = Hop(
        child=_name(table),
        child_columns=tuple(key["constrained_columns"]),
        parent=_name((schema, key["referred_table"])),
        parent_columns=tuple(key["referred_columns"]),
    )
    options = key.get("options", {})
    on_delete = str(options.get("ondelete") or "").upper()
    return ForeignKeyFacts(
        hop=hop, on_delete="" if on_delete == "NO ACTION" else on_delete, deferrable=bool(options.get("deferrable"))
    )
