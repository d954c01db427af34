"""What reports count, out of Farewell's own database: nobody's name, nobody's words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from connectors.store.sessions import reading
from models.learning import Answered, Exited, Happened
from models.tables.accounts import AccountRow
from models.tables.cases import CaseRow, DecisionRow
from models.tables.farewells import ReturnRow
from models.tables.ledger import LedgerRow
from models.tables.messages import MessageRow
from models.vocabulary import MailKind

_SENT, _SKIPPED, _STOPPED = "sent", "skipped", "stopped"
_SENDS, _CALLS, _STOPS, _CHOOSES = "send_message", "note_call", "stop_follow_ups", "set_contact_preference"


class SqlFigures:
    """The port `Figures`."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def exits(self, begin: datetime, end: datetime) -> list[Exited]:
        """The cases opened within, in order."""
        within = (col(CaseRow.opened_at) >= begin, col(CaseRow.opened_at) < end)
        with reading(self._engine) as session:
            about = _About(session, select(CaseRow.id).where(*within))
            cases = session.exec(select(CaseRow).where(*within).order_by(col(CaseRow.opened_at), CaseRow.id))
            return [about.exited(case) for case in cases]

    def happened(self, begin: datetime, end: datetime) -> list[Happened]:
        """The messages sent and skipped, and the stops, within; a skip or stop counts once a case."""
        with reading(self._engine) as session:
            return [*_sent(session, begin, end), *_noted(session, begin, end)]

    def heard(self, begin: datetime, end: datetime) -> list[Answered]:
        """What came back of messages within."""
        counted = select(MessageRow.kind, MessageRow.heard, func.count())
        within = counted.where(col(MessageRow.heard_at) >= begin, col(MessageRow.heard_at) < end)
        with reading(self._engine) as session:
            found = session.exec(within.group_by(MessageRow.kind, col(MessageRow.heard))).all()
        return [Answered.model_validate({"kind": kind, "heard": heard, "count": count}) for kind, heard, count in found]


class _About:
    """What other tables know of some cases."""

    def __init__(self, session: Session, cases: SelectOfScalar[str]) -> None:
        accounts = select(AccountRow).join(CaseRow, col(CaseRow.account) == AccountRow.id)
        self._accounts = {row.id: row for row in session.exec(accounts.where(col(CaseRow.id).in_(cases)))}
        returned = select(ReturnRow).where(col(ReturnRow.case).in_(cases))
        self._returned = {row.case: row for row in session.exec(returned)}
        chosen = select(DecisionRow).where(DecisionRow.action == _CHOOSES, col(DecisionRow.case).in_(cases))
        told = session.exec(chosen.order_by(col(DecisionRow.at)))
        self._chosen = {row.case: row.details["reason"] for row in told if row.details.get("reason")}
        back = select(MessageRow.case, MessageRow.sent_at).where(MessageRow.kind == MailKind.COME_BACK)
        sent = session.exec(back.where(MessageRow.state == _SENT, col(MessageRow.case).in_(cases)))
        self._asked_back: Mapping[str, datetime | None] = dict(sent.all())

    def exited(self, case: CaseRow) -> Exited:
        """The case by figures; the account's row stays when its name goes."""
        account, returned = self._accounts[case.account], self._returned.get(case.id)
        shared: dict[str, Any] = case.model_dump(include={"mode", "stage", "reason", "opened_at", "ended_at"})
        return Exited(
            **shared,
            own_reason=self._chosen.get(case.id),
            yearly_value=account.yearly_value,
            customer_days=(case.opened_at.date() - account.customer_since).days,
            asked_back_at=self._asked_back.get(case.id),
            returned_at=returned.at if returned else None,
            restored=returned.restored if returned else False,
        )


def _sent(session: Session, begin: datetime, end: datetime) -> list[Happened]:
    counted = select(MessageRow.kind, MessageRow.channel, func.count()).where(MessageRow.state == _SENT)
    within = counted.where(col(MessageRow.sent_at) >= begin, col(MessageRow.sent_at) < end)
    found = session.exec(within.group_by(MessageRow.kind, MessageRow.channel)).all()
    return [Happened(what=_SENT, kind=MailKind(kind), channel=channel, count=n) for kind, channel, n in found]


def _noted(session: Session, begin: datetime, end: datetime) -> Iterable[Happened]:
    """By the ledger, which knows when: a message that was never sent has no instant of its own."""
    told = select(LedgerRow.case, LedgerRow.action, LedgerRow.subject).distinct()
    within = told.where(col(LedgerRow.at) >= begin, col(LedgerRow.at) < end, LedgerRow.outcome == "done")
    entries = session.exec(within.where(col(LedgerRow.action).in_([_SENDS, _CALLS, _STOPS]))).all()
    for (action, subject), count in Counter((action, subject) for _, action, subject in entries).items():
        kind, _, why = subject.partition(f":{_SKIPPED}:")
        if action == _STOPS:
            yield Happened(what=_STOPPED, code=subject, count=count)
        elif why:
            yield Happened(what=_SKIPPED, kind=MailKind(kind), code=why, count=count)
