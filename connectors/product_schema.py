"""What the product's database says of its tables, asked anew each time."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from connectors import product_schema_any, product_schema_postgres, product_schema_sqlite
from connectors.errors import NotFound
from models.schema import SchemaFacts, TableFacts

_READERS = {"postgresql": product_schema_postgres.facts, "sqlite": product_schema_sqlite.facts}


def schema_facts(connection: Connection) -> SchemaFacts:
    """All tables of all schemas but the system's: a few queries, whatever their number."""
    return _READERS.get(connection.dialect.name, product_schema_any.facts)(connection)


def table_facts(connection: Connection, table: str) -> TableFacts:
    """One table by its written name.

    Raises:
        NotFound: there is none, or it is no table of its own.
    """
    schema = _READERS.get(connection.dialect.name, product_schema_any.facts)(connection, table)
    if schema.tables:
        return schema.tables[0]
    why = f"{table} is left out: {schema.left_out[table]}" if table in schema.left_out else f"there is no table {table}"
    raise NotFound("product database", why, "farewell inventory check tells what to write")


_HIDDEN = 1  # SQLite's mark of a virtual table's own columns


def split(table: str) -> tuple[str, str | None]:
    """Name and schema of `name` or `schema.name`."""
    schema, _, name = table.rpartition(".")
    return name, schema or None


def columns_of(connection: Connection, table: str) -> list[Mapping[str, Any]]:
    """`name`, `type` as the database declares it, `nullable`, in order; empty when there is no such table."""
    name, schema = split(table)
    if connection.dialect.name != "sqlite":
        return [
            {"name": each["name"], "type": each["type"].compile(connection.dialect), "nullable": each["nullable"]}
            for each in inspect(connection).get_columns(name, schema)
        ]
    # SQLite lets any word be a type, and SQLAlchemy would answer with the nearest that it knows.
    info = func.pragma_table_xinfo(name, schema or "main").table_valued("name", "type", "notnull", "hidden")
    listed = connection.execute(select(info.c.name, info.c.type, info.c.notnull).where(info.c.hidden != _HIDDEN))
    return [{"name": each.name, "type": each.type, "nullable": not each.notnull} for each in listed]


def primary_key(connection: Connection, table: str) -> list[str]:
    """The columns of the primary key."""
    return list(inspect(connection).get_pk_constraint(*split(table))["constrained_columns"])


def foreign_keys(connection: Connection, table: str) -> list[dict[str, Any]]:
    """Each key's `columns`, the `table` they point to, and the columns there that it `references`."""
    return [
        {
            "columns": list(key["constrained_columns"]),
            "table": ".".join(filter(None, (key["referred_schema"], key["referred_table"]))),
            "references": list(key["referred_columns"]),
        }
        for key in inspect(connection).get_foreign_keys(*split(table))
    ]
