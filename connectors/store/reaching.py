"""Why a database wasn't reached, in one line for people."""

import sqlite3
from typing import cast

import psycopg
from psycopg import pq
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from connectors.errors import ConnectorError, NotFound, Rejected, Unauthorized, Unavailable

SECONDS_TO_ASK = 3
_SQLITE = {
    sqlite3.SQLITE_CANTOPEN: (NotFound, "the file can't be opened", "make its folder, or let us write there"),
    sqlite3.SQLITE_NOTADB: (Rejected, "the file is no SQLite database", "name another file"),
    sqlite3.SQLITE_READONLY: (Unauthorized, "the file can't be written", "let us write there"),
    sqlite3.SQLITE_PERM: (Unauthorized, "the file can't be read", "let us read there"),
}


def why_not_reached(target: URL, error: DBAPIError) -> ConnectorError:
    """The error of the first connection, by what the driver knows, never by its text; without the password."""
    if isinstance(error.orig, sqlite3.Error):
        return _why_not_sqlite(target, error.orig)
    return _why_not_postgresql(target, cast("psycopg.Error", error.orig))


def _why_not_sqlite(target: URL, error: sqlite3.Error) -> ConnectorError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    kind, what, fix = _SQLITE.get(code, (Unavailable, str(error), ""))
    return kind("database", f"{what}: {target.database}", fix)


def _why_not_postgresql(target: URL, error: psycopg.Error) -> ConnectorError:
    """The driver hides the server's code while connecting, so the server is asked again in other ways."""
    place = f"{target.host or 'the local socket'}:{target.port or 5432}"
    if not _answers(target):
        return Unavailable("database", f"no PostgreSQL answers at {place}", "start it, or correct the URL")
    if _lets_in(target.set(database="postgres")):
        fix = f"createdb {target.database}, or correct the URL"
        return NotFound("database", f"there is no database {target.database} at {place}", fix)
    said = str(error).strip().splitlines()[-1]
    return Unauthorized("database", f"{place} doesn't let us in: {said}", "correct user and password in the URL")


def _answers(target: URL) -> bool:
    """Whether a server accepts connections there; it needs no credentials for that."""
    return pq.PGconn.ping(_conninfo(target).encode()) == pq.Ping.OK


def _lets_in(target: URL) -> bool:
    try:
        psycopg.connect(_conninfo(target)).close()
    except psycopg.OperationalError:
        return False
    return True


def _conninfo(target: URL) -> str:
    address = target.set(drivername="postgresql").update_query_dict({"connect_timeout": str(SECONDS_TO_ASK)})
    return address.render_as_string(hide_password=False)
