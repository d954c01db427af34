"""Personal columns are sealed on their way into the database, and opened on their way out. Source: DOMAIN erasure.6.

The keys come with the engine, as its execution option `keys`; without one, values are written as they are. What is
read of a row whose key was destroyed is what may be read for ever: a text is empty, of JSON the figures stay.

At rest a text is `fw1:<key id>:<base64url of nonce and ciphertext>`, JSON is {"sealed": that, "clear": the rest}. Key,
table and column are bound to it (AES-256-GCM, associated data), so that nothing opens in another place.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import Mapper, QueryContext, Session, object_session
from sqlalchemy.orm.attributes import get_history, set_committed_value

from connectors.store.sealer import KEYS, MARK, Sealer
from models.tables.personal import OfCustomer


def _sealer(session: Session | None) -> Sealer | None:
    """The session's own, made when it's first needed; None where the engine has no keys."""
    if session is None:
        return None
    if KEYS not in session.info:
        keys = session.get_bind().get_execution_options().get(KEYS)
        session.info[KEYS] = Sealer(keys) if keys is not None else None
    sealer: Sealer | None = session.info[KEYS]
    return sealer


def _opened(row: OfCustomer, session: Session | None, columns: Iterable[str]) -> None:
    sealer, values = _sealer(session), row.__dict__
    for column in columns:
        sealed, clear = _parts(row, column, values.get(column))
        if sealer is not None and sealed is not None:
            value, there = sealer.open(sealed, _place(row, column))
            set_committed_value(row, column, value if there else clear)


def _parts(row: OfCustomer, column: str, stored: Any) -> tuple[str | None, Any]:
    """The sealed part of what the database holds, if any, and what may be read without a key."""
    if isinstance(stored, str) and stored.startswith(MARK):
        return stored, row.in_clear(column, None)
    if isinstance(stored, dict) and stored.keys() == {"sealed", "clear"}:
        return stored["sealed"], stored["clear"]
    return None, None


def _sealed(row: OfCustomer, session: Session | None, columns: Iterable[str]) -> None:
    """Puts the sealed form in the place of the value, until the statement was sent."""
    sealer, values = _sealer(session), row.__dict__
    if sealer is None:
        return
    for column in columns:
        if value := values.get(column):
            values[column] = _at_rest(row, sealer, column, value)


def _at_rest(row: OfCustomer, sealer: Sealer, column: str, value: Any) -> Any:
    clear = row.in_clear(column, value)
    if clear == value:
        return value
    sealed = sealer.seal(row.key_scopes(), _place(row, column), value)
    if sealed is None:
        return row.without_key(column, value)
    return sealed if isinstance(value, str) else {"sealed": sealed, "clear": clear}


def _place(row: OfCustomer, column: str) -> str:
    return f"{row.__tablename__}.{column}"


@event.listens_for(OfCustomer, "load", propagate=True)
def _on_load(row: OfCustomer, context: QueryContext | None) -> None:
    if context is not None:  # a merge brings no row of the database
        _opened(row, context.session, row.__personal__)


@event.listens_for(OfCustomer, "refresh", propagate=True)
def _on_refresh(row: OfCustomer, context: QueryContext, columns: Iterable[str] | None) -> None:
    _opened(row, context.session, set(row.__personal__).intersection(columns or row.__personal__))


@event.listens_for(OfCustomer, "before_insert", propagate=True)
def _before_insert(_mapper: Mapper[Any], _connection: Connection, row: OfCustomer) -> None:
    _sealed(row, object_session(row), row.__personal__)


@event.listens_for(OfCustomer, "before_update", propagate=True)
def _before_update(_mapper: Mapper[Any], _connection: Connection, row: OfCustomer) -> None:
    changed = [column for column in row.__personal__ if get_history(row, column).has_changes()]
    _sealed(row, object_session(row), changed)


@event.listens_for(OfCustomer, "after_insert", propagate=True)
@event.listens_for(OfCustomer, "after_update", propagate=True)
def _after(_mapper: Mapper[Any], _connection: Connection, row: OfCustomer) -> None:
    """The row in hand shows what is read of it from now on."""
    _opened(row, object_session(row), row.__personal__)
