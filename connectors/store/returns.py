"""Who came back, in Farewell's own database. Source: DOMAIN messages.9."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import col, select

from connectors.store.sessions import keep_once, reading, writing
from models.tables.farewells import ReturnRow


class SqlReturns:
    """The port `Returns`."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def note(self, case: str, account: str, at: datetime, *, restored: bool) -> bool:
        """The customer of an ended case is here again; False: that was known.

        The first day stays; that the package was restored, too, may be learnt later.
        """
        with writing(self._engine) as session:
            row, new = keep_once(session, ReturnRow(case=case, account=account, at=at, restored=restored))
            row.restored = row.restored or restored
            return new

    def since(self, begin: datetime, end: datetime) -> list[Mapping[str, Any]]:
        """`case`, `account`, `at`, `restored` of those in `[begin, end)`, in order."""
        within = select(ReturnRow).where(col(ReturnRow.at) >= begin, col(ReturnRow.at) < end)
        with reading(self._engine) as session:
            return [row.model_dump() for row in session.exec(within.order_by(col(ReturnRow.at), ReturnRow.case))]
