"""What the product's database says of its tables, asked anew each time."""

from sqlalchemy import Connection

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
