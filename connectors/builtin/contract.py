"""The built-in contract system: Farewell's own tables."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.store.sessions import alone, keep_once, reading, writing
from models.payload import Receipt
from models.tables.accounts import AccountStateRow, ContractRow

ACTIVE, READ_ONLY, ENDED = "active", "read_only", "ended"


class BuiltinContracts:
    """A `ContractSystem`. What the marks `ends_at` and `changed_by` name is ours, so an undo touches nothing else."""

    def __init__(self, engine: Engine) -> None:
        """Keeps the engine; each method is one short transaction."""
        self._engine = engine

    def check(self) -> None:
        """Our own database, which is checked by itself."""

    def state(self, account: str) -> str:
        """`active`, `read_only` or `ended`; an account without a row is active."""
        with reading(self._engine) as session:
            row = session.get(AccountStateRow, account)
            return row.state if row else ACTIVE

    def serve_notice(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """Dates the end of every active contract; a later notice moves it."""
        with writing(self._engine) as session:
            contracts = _contracts(session, account, ACTIVE)
            for contract in contracts:
                contract.ends_at = ends_at
            return _receipt("serve_notice", account, len(contracts), key, at)

    def withdraw_notice(self, account: str, key: str, at: datetime) -> Receipt:
        """Takes the end off every active contract."""
        with writing(self._engine) as session:
            contracts = _contracts(session, account, ACTIVE)
            for contract in contracts:
                contract.ends_at = None
            return _receipt("withdraw_notice", account, len(contracts), key, at)

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """An active account becomes read-only; one that is so already stays as it is."""
        with writing(self._engine) as session:
            row = _standing(session, account)
            if row.state == ACTIVE:
                row.state, row.changed_at, row.changed_by = READ_ONLY, at, key
            return _receipt("freeze", account, 1, key, at)

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """A read-only account becomes active again, unless somebody else had frozen it."""
        with writing(self._engine) as session:
            row = _standing(session, account)
            if row.state == READ_ONLY and row.changed_by:
                row.state, row.changed_at, row.changed_by = ACTIVE, at, None
            return _receipt("unfreeze", account, 1, key, at)

    def terminate(self, account: str, key: str, at: datetime) -> Receipt:
        """Ends every active contract at `at`, and with them the account's standing.

        What this effect ended before, a repeat doesn't end again: there may be a new agreement since.
        """
        with writing(self._engine) as session:
            standing, ended = _standing(session, account), _ended_by(session, account, key)
            if not ended:
                standing.state, ended = ENDED, _contracts(session, account, ACTIVE)
                for contract in ended:
                    contract.state, contract.ended_at, contract.ended_by = ENDED, at, key
            return _receipt("terminate", account, len(ended), key, at)

    def recontract(self, account: str, key: str, at: datetime) -> Receipt:
        """New contracts on the terms of those that `key` ended; the account is read-only until it is unfrozen.

        Source: DOMAIN stages.7.
        """
        with writing(self._engine) as session:
            ended = _ended_by(session, account, key)
            for contract in ended:
                keep_once(session, _renewed(contract, {each.id for each in ended}, key, at))
            row = _standing(session, account)
            if ended and row.state == ENDED:
                row.state = READ_ONLY
            return _receipt("recontract", account, len(ended), key, at)


def _contracts(session: Session, account: str, state: str) -> list[ContractRow]:
    asked = select(ContractRow).where(ContractRow.account == account, ContractRow.state == state)
    return list(session.exec(asked.order_by(col(ContractRow.id))))


def _ended_by(session: Session, account: str, key: str) -> list[ContractRow]:
    return [contract for contract in _contracts(session, account, ENDED) if contract.ended_by == key]


def _renewed(contract: ContractRow, ended: Collection[str], key: str, at: datetime) -> ContractRow:
    """The id comes from the effect that ended the old one, so that no repeat makes a second.

    An add-on belongs to the new main one; a term that is over stays over.
    """
    terms = contract.model_dump(exclude={"state", "ends_at", "ended_at", "ended_by"})
    suffix = sha256(key.encode()).hexdigest()[:8]
    new = {"id": f"{contract.id}-{suffix}", "started_on": at.date()}
    if contract.part_of in ended:
        new["part_of"] = f"{contract.part_of}-{suffix}"
    if contract.term_ends_on and contract.term_ends_on <= at.date():
        new["term_ends_on"] = None
    return ContractRow(**{**terms, **new})


def _standing(session: Session, account: str) -> AccountStateRow:
    alone(session.connection(), f"account_state:{account}")
    return keep_once(session, AccountStateRow(account=account))[0]


def _receipt(action: str, account: str, count: int, key: str, at: datetime) -> Receipt:
    return Receipt(system="contracts", action=action, subject=account, count=count, at=at, reference=key)
