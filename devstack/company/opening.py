"""Opens the product database."""

import sqlite3
from json import JSONEncoder

from sqlalchemy import Engine, create_engine, event

_COMPACT = JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def open_product(url: str) -> Engine:
    """An engine on it, with foreign keys enforced in SQLite too."""
    engine = create_engine(url, json_serializer=_COMPACT.encode)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _enforce)
    return engine


def _enforce(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
