"""Shared assets in Farewell's own tables. Source: DOMAIN identity.4."""

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select

from models.access import SharedAsset
from models.tables.identities import SharedAssetRow, UserRow


def assets_of(session: Session, account: str) -> list[SharedAsset]:
    """Those that still have their old owner, by id."""
    asked = select(SharedAssetRow).where(_of(account), col(SharedAssetRow.handed_by).is_(None))
    return [SharedAsset(**row.model_dump()) for row in session.exec(asked.order_by(col(SharedAssetRow.id)))]


def hand_over(session: Session, account: str, key: str) -> int:
    """Marks those that have a successor with `key`; answers how many bear it. Who leaves, too, is none.

    A late attempt doesn't hand over what the undoing of `key` has given back.
    """
    never = or_(col(SharedAssetRow.was_handed_by).is_(None), col(SharedAssetRow.was_handed_by) != key)
    leaving = select(UserRow.id).where(UserRow.account == account, ~col(UserRow.export_contact))
    stays = (col(SharedAssetRow.successor) != col(SharedAssetRow.owner), col(SharedAssetRow.successor).not_in(leaving))
    ready = (*stays, col(SharedAssetRow.handed_by).is_(None))
    session.exec(update(SharedAssetRow).where(_of(account), *ready, never).values(handed_by=key))
    return session.exec(select(func.count()).where(_of(account), col(SharedAssetRow.handed_by) == key)).one()


def hand_back(session: Session, account: str, key: str) -> int:
    """The old owner again; answers how many `key` had handed over."""
    theirs = (_of(account), col(SharedAssetRow.handed_by) == key)
    session.exec(update(SharedAssetRow).where(*theirs).values(handed_by=None, was_handed_by=key))
    return session.exec(select(func.count()).where(_of(account), col(SharedAssetRow.was_handed_by) == key)).one()


def _of(account: str) -> ColumnElement[bool]:
    return col(SharedAssetRow.account) == account
