"""The contracts of accounts, and how those of several accounts hang together. Source: DOMAIN dates.2, stages.5."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from models.account import Contract
from models.tables.accounts import ContractRow
from models.vocabulary import PeriodEnd

_NOTICE = ("notice_days", "notice_months", "notice_ends")
_TERM = ("term_ends_on", "renews", "renewal_months")


def agreements(session: Session, account: str | None = None) -> defaultdict[str, list[Contract]]:
    """The contracts by account, of every account or of one: with what they take from the contract of their group.

    `members` are the other accounts whose contracts are part of one, and haven't ended.
    """
    whose = [] if account is None else [ContractRow.account == account]
    own = session.exec(select(ContractRow).where(*whose).order_by(col(ContractRow.id))).all()
    pointed_at = select(ContractRow.part_of).where(*whose, col(ContractRow.part_of).is_not(None))
    heads = select(ContractRow).where(col(ContractRow.id).in_(pointed_at))
    groups = {head.id: head for head in session.exec(heads)}
    joined = select(ContractRow).where(col(ContractRow.part_of).in_(select(ContractRow.id).where(*whose)))
    members = _members(own, session.exec(joined.where(ContractRow.state == "active")).all())
    found: defaultdict[str, list[Contract]] = defaultdict(list)
    for row in own:
        terms = {**row.model_dump(), **_taken_from(groups, row), "members": members.get(row.id, ())}
        found[row.account].append(Contract.model_validate(terms))
    return found


def _members(own: Sequence[ContractRow], joined: Sequence[ContractRow]) -> dict[str, list[str]]:
    accounts = {row.id: row.account for row in own}
    others = {(row.part_of, row.account) for row in joined if accounts[row.part_of or ""] != row.account}
    return {head: sorted(account for of, account in others if of == head) for head, _ in others if head}


def _taken_from(groups: Mapping[str, ContractRow], row: ContractRow) -> dict[str, Any]:
    """What an affiliate's contract doesn't say, the one of the group that it has joined does."""
    head = groups.get(row.part_of or "")
    if head is None or head.account == row.account:
        return {}
    says_notice = row.notice_days is not None or row.notice_months is not None or row.notice_ends != PeriodEnd.ANY_DAY
    taken = (*(() if says_notice else _NOTICE), *(() if row.term_ends_on else _TERM))
    fee = head.early_termination if row.early_termination is None else row.early_termination
    return {**{name: getattr(head, name) for name in taken}, "early_termination": fee}
