"""What the product's database says, as errors of ours: by code, never by text, for its text quotes values."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.errors import Conflict, ConnectorError, NotFound, Rejected, Unauthorized, Unavailable

_SYSTEM = "product database"
# Another try may succeed: the file is in use, or the disk behind it had a moment.
_SQLITE_PASSES = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM}
)
# Classes of SQLSTATE: connection, transaction rolled back, resources, operator intervention, system error.
_STATE_PASSES = frozenset({"08", "40", "53", "57", "58"})
_STATE_KINDS: dict[str, type[ConnectorError]] = {"23": Conflict, "28": Unauthorized}
_STATES: dict[str, type[ConnectorError]] = {
    "42501": Unauthorized,
    "42P01": NotFound,
    "42703": NotFound,  # a column
    "3F000": NotFound,  # a schema
}
# A lock that wasn't to be had in time; a snapshot whose transaction is gone (the last two: as of version 17, before).
_PASSES = frozenset({"55P03", "55000", "42704", "22023"})


@contextmanager
def product_errors(doing: str) -> Iterator[None]:
    """Turns what the library raises inside into a ConnectorError; `doing` names tables, never values."""
    try:
        yield
    except DBAPIError as error:
        kind, code = _kind(error)
        raise kind(_SYSTEM, f"{doing}: {type(error.orig).__name__} {code}".rstrip()) from None
    except psycopg.Error as error:
        kind, code = _of_state(error, lost=False)
        raise kind(_SYSTEM, f"{doing}: {type(error).__name__} {code}".rstrip()) from None
    except NoSuchTableError:
        raise NotFound(_SYSTEM, f"{doing}: there is no such table", "correct the inventory") from None
    except PoolTimeout:
        raise Unavailable(_SYSTEM, f"{doing}: all connections are in use") from None
    except SQLAlchemyError as error:
        raise Rejected(_SYSTEM, f"{doing}: {type(error).__name__}") from None


def _kind(error: DBAPIError) -> tuple[type[ConnectorError], str]:
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    return _of_state(error.orig, lost=error.connection_invalidated)


def _of_state(error: BaseException | None, *, lost: bool) -> tuple[type[ConnectorError], str]:
    state = str(getattr(error, "sqlstate", None) or "")
    unsaid = not state and not isinstance(error, psycopg.DataError)  # which the driver found, before the server did
    if lost or unsaid or state[:2] in _STATE_PASSES or state in _PASSES:
        return Unavailable, state
    return _STATES.get(state) or _STATE_KINDS.get(state[:2], Rejected), state


def _of_sqlite(error: sqlite3.Error) -> tuple[type[ConnectorError], str]:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    name = getattr(error, "sqlite_errorname", "")
    if code in _SQLITE_PASSES:
        return Unavailable, name
    return (Conflict if code == sqlite3.SQLITE_CONSTRAINT else Rejected), name
