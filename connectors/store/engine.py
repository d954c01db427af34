"""Opens a database: SQLite embedded, PostgreSQL by URL; brings Farewell's own to its present form."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

import models
from connectors.errors import Rejected
from connectors.ports.storage import KeyStore
from connectors.store.reaching import why_not_reached
from connectors.store.sealer import KEYS
from connectors.store.sessions import READS, alone, told

MIGRATIONS = Path(models.__file__).with_name("migrations")
EXPECTED = "sqlite:///folder/farewell.db or postgresql+psycopg://user:password@host/farewell"
SECONDS_TO_CONNECT = 5
SECONDS_TO_WAIT_FOR_A_WRITER = 30


def open_engine(url: str, keys: KeyStore | None = None) -> Engine:
    """Opens the database and asks it once; an SQLite file that isn't there is made.

    `keys` seal what is personal in Farewell's own; without them it's written as it is.

    Raises:
        Rejected: no such form of URL, or the file is no database.
        Unavailable: it doesn't answer. Unauthorized: it doesn't let us in. NotFound: no such folder or database.
    """
    target = _target(url)
    engine = _sqlite(target) if target.get_backend_name() == "sqlite" else _postgresql(target)
    try:
        with engine.execution_options(**{READS: True}).connect() as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError as error:
        engine.dispose()
        raise why_not_reached(target, error) from None
    return engine.execution_options(**{KEYS: keys}) if keys is not None else engine


def migrate(engine: Engine) -> None:
    """Brings the schema to its present form in one transaction; again, or beside another, changes nothing."""
    # Start-up time: only who migrates pays for Alembic.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with told(), engine.begin() as connection:
        alone(connection, "migrate")
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def _target(url: str) -> URL:
    try:
        target = make_url(url)
    except (ArgumentError, ValueError):
        raise Rejected("database", "this is no database URL", f"write {EXPECTED}") from None
    if target.drivername in {"postgresql", "postgres"}:
        target = target.set(drivername="postgresql+psycopg")
    if target.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise Rejected("database", f"{target.drivername} isn't supported", f"write {EXPECTED}")
    return target


def _postgresql(target: URL) -> Engine:
    options = {"connect_timeout": SECONDS_TO_CONNECT, "application_name": "farewell", "client_encoding": "utf8"}
    return create_engine(target, connect_args=options, pool_pre_ping=True, hide_parameters=True)


def _sqlite(target: URL) -> Engine:
    engine = create_engine(target, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """Takes BEGIN from the driver, which would start no transaction before a SELECT or a CREATE TABLE."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {SECONDS_TO_WAIT_FOR_A_WRITER * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")


def _begin(connection: Connection) -> None:
    """A writer takes its lock at once: one that read first and then writes would be refused without a wait."""
    reads = connection.get_execution_options().get(READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
