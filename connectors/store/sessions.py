"""One short transaction a method, and what makes writers take turns."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from connectors.errors import Conflict, Rejected, Unavailable
from connectors.store import sealing  # noqa: F401  # who opens a session seals
from models.tables.form import Row

READS = "farewell_reads"
Kind = TypeVar("Kind", bound=Row)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A transaction that commits at the end; in SQLite it is the only writer from its first moment.

    Raises:
        Unavailable: the database failed. Conflict: it refused what would break a rule of its schema.
        Rejected: a value that it can't hold.
    """
    with told(), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A transaction that only reads, and holds up no writer. Raises Unavailable."""
    with told(), Session(engine.execution_options(**{READS: True})) as session:
        yield session


@contextmanager
def told() -> Iterator[None]:
    """Turns the library's errors into ours."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict("database", in_words(error)) from None
    except DataError as error:
        raise Rejected("database", in_words(error)) from None
    except (OperationalError, InterfaceError) as error:
        raise Unavailable("database", in_words(error)) from None
    except PoolTimeout:
        raise Unavailable("database", "all connections are in use") from None


def in_words(error: DBAPIError) -> str:
    """The database's own first line: the lines after it, and the statement, would quote values."""
    return str(error.orig).strip().partition("\n")[0]


def alone(connection: Connection, name: str) -> None:
    """Waits until no other transaction holds `name`, and holds it until the end; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def keep_once(session: Session, row: Kind) -> tuple[Kind, bool]:
    """Adds the row unless one with its key stands: the row that stands now, and whether it is this one."""
    kind = type(row)
    key = inspect(kind).primary_key_from_instance(row)
    alone(session.connection(), f"{row.__tablename__}:{key}")
    standing = session.get(kind, tuple(key))
    if standing is not None:
        return standing, False
    session.add(row)
    session.flush()
    return row, True
