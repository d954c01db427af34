"""How a PostgreSQL session writes and reads values as text: the same at the export and at the restore."""

from sqlalchemy import Connection, text

SECONDS_FOR_A_LOCK = 5
# Text must mean the same both times, no policy may hide rows from us, and nothing may cut a long read short.
_SETTINGS = {
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "lc_monetary": "C",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "array_nulls": "on",
    "xmloption": "content",
    "row_security": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",  # from PostgreSQL 17 on
}
_SET = text("""
SELECT set_config(name, wanted, true) FROM unnest(CAST(:names AS text[]), CAST(:wanted AS text[])) AS each(name, wanted)
WHERE current_setting(name, true) IS NOT NULL
""")


def set_session(connection: Connection, **more: str) -> None:
    """For the transaction at hand; `more` settings by their names. What the server doesn't know is left out."""
    wanted = _SETTINGS | more
    connection.execute(_SET, {"names": [*wanted], "wanted": [*wanted.values()]})


def wait_for_nobody(connection: Connection) -> None:
    """Whoever holds what this transaction wants for longer makes it fail: what it holds itself is free again then."""
    if connection.dialect.name == "postgresql":
        connection.execute(_SET, {"names": ["lock_timeout"], "wanted": [f"{SECONDS_FOR_A_LOCK}s"]})
