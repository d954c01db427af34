"""A customer who was erased comes back: by importing the account again. Source: DOMAIN messages.9."""

from collections.abc import Iterable

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from models.keys import KeyScope
from models.tables.accounts import AccountRow, AccountStateRow
from models.tables.cases import CaseRow
from models.tables.form import Row


def why_not_yet(session: Session, row: Row) -> str | None:
    """Why this can't be imported, if its account was erased; an account that may come back is marked as being here."""
    if isinstance(row, AccountRow):
        if row.erased_at is not None and _is_leaving(session, row.id):
            return "its exit isn't closed yet; farewell status says what it waits for"
        if row.erased_at is not None:
            _reopen(session, row.id)
        row.erased_at = None
        return None
    account = session.get(AccountRow, getattr(row, "account", ""))
    return "its account was erased: import the account, too" if account and account.erased_at else None


def let_in(engine: Engine, accounts: Iterable[str]) -> None:
    """Those of the accounts that were erased may have new keys; what the old ones sealed stays unreadable."""
    from connectors.store.sealer import keys_of

    keys = keys_of(engine)
    for account in erased_of(engine, accounts):
        if keys is not None:
            keys.reopen(KeyScope.of_account(account))


def erased_of(engine: Engine, accounts: Iterable[str]) -> list[str]:
    """Those of the accounts that were erased, and aren't here again."""
    from connectors.store.sessions import reading

    asked = select(AccountRow.id).where(col(AccountRow.erased_at).is_not(None))
    with reading(engine) as session:
        return list(session.exec(asked.where(col(AccountRow.id).in_(list(accounts))).order_by(AccountRow.id)))


def _reopen(session: Session, account: str) -> None:
    """In the built-in contract system: what had ended stays so, but the account isn't closed any more."""
    standing = session.get(AccountStateRow, account)
    if standing is not None:
        standing.state, standing.changed_at, standing.changed_by = "active", None, None


def _is_leaving(session: Session, account: str) -> bool:
    still_open = select(CaseRow.id).where(CaseRow.account == account, col(CaseRow.ended_at).is_(None))
    return session.exec(still_open).first() is not None
