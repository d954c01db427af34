"""The facts of accounts, gathered with one query a table."""

from collections import defaultdict
from typing import TypeVar

from sqlmodel import Session, col, select

from connectors.store.agreements import agreements
from models.account import Account, AccountFacts, BlockingFact, Contact
from models.tables.accounts import AccountRow, BlockingFactRow, ContactRow

Part = TypeVar("Part", ContactRow, BlockingFactRow)


def all_facts(session: Session, account: str | None = None) -> list[AccountFacts]:
    """The facts of every account, by id, or of one alone; empty if there is none."""
    accounts = select(AccountRow).order_by(AccountRow.id)
    if account is not None:
        accounts = accounts.where(AccountRow.id == account)
    contacts = _by_account(session, ContactRow, account)
    contracts = agreements(session, account)
    blocking = _by_account(session, BlockingFactRow, account)
    return [
        AccountFacts(
            account=Account.model_validate({**row.model_dump(), "root_key": row.product_root_key}),
            contacts=tuple(Contact.model_validate(part.model_dump()) for part in contacts[row.id]),
            contracts=tuple(contracts[row.id]),
            blocking=tuple(BlockingFact.model_validate(part.model_dump()) for part in blocking[row.id]),
        )
        for row in session.exec(accounts)
    ]


def _by_account(session: Session, kind: type[Part], account: str | None) -> defaultdict[str, list[Part]]:
    rows = select(kind).order_by(col(kind.id))
    if account is not None:
        rows = rows.where(kind.account == account)
    grouped: defaultdict[str, list[Part]] = defaultdict(list)
    for row in session.exec(rows):
        grouped[row.account].append(row)
    return grouped
