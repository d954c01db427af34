"""Legal holds, which need no case. Source: DOMAIN erasure.3."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from connectors.errors import NotFound, Rejected
from connectors.store.sessions import alone, reading, writing
from models.account import Actor
from models.tables.cases import HoldRow
from models.vocabulary import Role


class SqlHolds:
    """The part of `CaseStore` that keeps holds."""

    _engine: Engine

    def place_hold(self, account: str, actor: Actor, ground: str, data_sets: Sequence[str], at: datetime) -> str:
        """Places a hold, standing at once; the same person's same hold, while it stands, is not placed twice.

        Raises:
            Rejected: the person isn't of compliance.
        """
        _check_compliance(actor)
        with writing(self._engine) as session:
            alone(session.connection(), f"hold:{account}")
            for row in _standing(session, account):
                if (row.placed_by, row.ground, row.data_sets) == (actor.id, ground, list(data_sets)):
                    return row.id
            row = HoldRow(
                id=f"{account}-hold-{_placed(session, account) + 1}",
                account=account,
                ground=ground,
                data_sets=list(data_sets),
                placed_by=actor.id,
                placed_at=at,
            )
            session.add(row)
            return row.id

    def confirm_hold(self, hold: str, actor: Actor, at: datetime) -> str:  # noqa: ARG002 - the ledger has the time
        """A second person confirms; answers the account. A hold that is confirmed stays as it is.

        Raises:
            NotFound: there is no such hold. Rejected: the same person, not of compliance, or it was released.
        """
        _check_compliance(actor)
        with writing(self._engine) as session:
            row = _hold(session, hold)
            if row.released_at is not None:
                raise Rejected("holds", f"{hold} was released", "place a new one")
            if row.placed_by == actor.id:
                raise Rejected("holds", f"{actor.id} placed {hold}", "another person of compliance confirms it")
            row.confirmed_by = row.confirmed_by or actor.id
            return row.account

    def release_hold(self, hold: str, actor: Actor, at: datetime) -> bool:
        """The first ask is noted (False), a second person's releases (True); a repeat answers the same.

        Raises:
            NotFound: there is no such hold. Rejected: not of compliance.
        """
        _check_compliance(actor)
        with writing(self._engine) as session:
            row = _hold(session, hold)
            if row.released_at is not None:
                return True
            row.release_asked_by = row.release_asked_by or actor.id
            if row.release_asked_by == actor.id:
                return False
            row.released_by, row.released_at = actor.id, at
            return True

    def holds(self, account: str) -> list[Mapping[str, Any]]:
        """The holds that stand, confirmed or not, in the order in which they were placed."""
        with reading(self._engine) as session:
            return [row.model_dump() for row in _standing(session, account)]

    def all_holds(self) -> list[Mapping[str, Any]]:
        """The holds that stand on any account, oldest first."""
        with reading(self._engine) as session:
            return [row.model_dump() for row in _standing(session)]


def _check_compliance(actor: Actor) -> None:
    if Role.COMPLIANCE not in actor.roles:
        raise Rejected(
            "holds", f"{actor.id} isn't of compliance", "only compliance places, confirms and releases holds"
        )


def _hold(session: Session, hold: str) -> HoldRow:
    """The row, locked until the transaction ends."""
    row = session.get(HoldRow, hold, with_for_update=True)
    if row is None:
        raise NotFound("holds", f"there is no hold {hold}")
    return row


def _standing(session: Session, account: str | None = None) -> list[HoldRow]:
    """On that account, or on any."""
    stands = select(HoldRow).where(col(HoldRow.released_at).is_(None))
    asked = stands if account is None else stands.where(HoldRow.account == account)
    return list(session.exec(asked.order_by(col(HoldRow.placed_at), HoldRow.id)))


def _placed(session: Session, account: str) -> int:
    return session.exec(select(func.count()).select_from(HoldRow).where(HoldRow.account == account)).one()
