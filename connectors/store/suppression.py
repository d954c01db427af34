"""Who gets no more messages but those that the law requires: keyed hashes that outlive the account.

Whoever takes the database learns no address from it, and can't try addresses out either: the key is elsewhere.
Source: DOMAIN messages.8.
"""

import base64
import hashlib
import hmac
from datetime import date

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.errors import Rejected
from connectors.store.sessions import keep_once, reading, writing
from models.addresses import in_one_form
from models.tables.farewells import SuppressionRow

_MARK, _OF_KEY = "farewell suppression", "key"


class SqlSuppression:
    """The port `Suppression`. Each call is one short transaction."""

    def __init__(self, engine: Engine, key: str) -> None:
        """`key` is base64 of at least 32 bytes: never replaced, or the list would forget everybody."""
        self._engine, self._key = engine, base64.b64decode(key, validate=True)

    def add(self, address: str, ground: str, on: date) -> bool:
        """Keeps an address or number; False: it was there, and its first ground stays.

        Raises:
            Rejected: neither an address nor a number, or the list was made with another key.
        """
        digest = self._known_as(address)
        with writing(self._engine) as session:
            self._refuse_other_key(session)
            keep_once(session, SuppressionRow(digest=self._mark(), ground=_OF_KEY, since=on))
            _, new = keep_once(session, SuppressionRow(digest=digest, ground=ground, since=on))
            return new

    def holds(self, address: str) -> str | None:
        """The ground on which this address isn't written to; None: it may be.

        Raises:
            Rejected: the list was made with another key, so nobody can tell.
        """
        try:
            digest = self._known_as(address)
        except Rejected:  # what is no address was never added
            return None
        with reading(self._engine) as session:
            row = session.get(SuppressionRow, digest)
            if row is None:
                self._refuse_other_key(session)
            return row.ground if row else None

    def lift(self, address: str) -> bool:
        """They asked to hear from us again; False: it wasn't there. Raises what `add` does."""
        digest = self._known_as(address)
        with writing(self._engine) as session:
            self._refuse_other_key(session)
            row = session.get(SuppressionRow, digest, with_for_update=True)
            if row is not None:
                session.delete(row)
            return row is not None

    def check(self) -> None:
        """Raises Rejected where the list was made with another key: everybody on it would be written to again."""
        with reading(self._engine) as session:
            self._refuse_other_key(session)

    def _refuse_other_key(self, session: Session) -> None:
        """The first entry of a list is a mark of its key."""
        anybody = session.exec(select(SuppressionRow).order_by(col(SuppressionRow.digest)).limit(1)).first()
        if anybody is not None and session.get(SuppressionRow, self._mark()) is None:
            what = "the list of who isn't written to was made with another FAREWELL_SUPPRESSION_KEY"
            raise Rejected("suppression", what, "set that key again; without it nobody on the list is known")

    def _known_as(self, address: str) -> str:
        try:
            return self._digest(in_one_form(address))
        except ValueError as no:
            raise Rejected("suppression", str(no), "write ana@example.com or +34600112233") from None

    def _mark(self) -> str:
        return self._digest(_MARK)

    def _digest(self, address: str) -> str:
        return hmac.new(self._key, address.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
