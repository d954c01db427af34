"""Cases in Farewell's own database: the read model of what the workflows tell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from connectors.errors import NotFound
from connectors.store.holds import SqlHolds
from connectors.store.papers import SqlPapers
from connectors.store.sessions import alone, reading, writing
from models.case import CaseRequest, StageRecord
from models.tables.cases import CaseRow
from models.vocabulary import Mode, Stage

_PAUSED_FROM = "paused_from"


class SqlCaseStore(SqlPapers, SqlHolds):
    """The port `CaseStore`.

    A case's `state` holds `request`, and as last recorded `plan_hash`, `waiting_for`, `tasks`, `cause`,
    `effective_date` (with the customer's offset, which the column of that name doesn't keep), and `paused_from`.
    """

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def open_case(self, request: CaseRequest, at: datetime) -> CaseRequest:
        """Opens a case, or answers with the open one of that account, as it was requested."""
        with writing(self._engine) as session:
            alone(session.connection(), f"case:{request.account}")
            running = _open(session, request.account)
            if running is not None:
                return CaseRequest.model_validate(running.state["request"])
            number = _numbers(session, request.account) + 1
            opened = request.model_copy(update={"case": f"{request.account}-{number}"})
            session.add(_row(opened, number, at))
        return opened

    def abandon(self, case: str) -> None:
        """Takes back a case whose workflow never started; one that has told of itself stays."""
        with writing(self._engine) as session:
            row = session.get(CaseRow, case)
            if row is not None and "tasks" not in row.state:
                session.delete(row)

    def record(self, record: StageRecord, at: datetime) -> None:
        """Keeps where the case stands; once it has ended, nothing changes it. Raises NotFound."""
        with writing(self._engine) as session:
            row = session.get(CaseRow, record.case, with_for_update=True)
            if row is None:
                raise NotFound("cases", f"there is no case {record.case}")
            if row.ended_at is None:
                _tell(row, record, at)

    def case(self, account: str) -> Mapping[str, Any] | None:
        """The newest case of an account, as a plain row, or None."""
        newest = select(CaseRow).where(CaseRow.account == account).order_by(col(CaseRow.number).desc())
        with reading(self._engine) as session:
            row = session.exec(newest.limit(1)).first()
            return row.model_dump() if row else None

    def by_id(self, case: str) -> Mapping[str, Any] | None:
        """That case, whatever became of its account, as a plain row, or None."""
        with reading(self._engine) as session:
            row = session.get(CaseRow, case)
            return row.model_dump() if row else None

    def cases(self) -> list[Mapping[str, Any]]:
        """All cases, newest first."""
        newest_first = select(CaseRow).order_by(col(CaseRow.opened_at).desc(), CaseRow.id)
        with reading(self._engine) as session:
            return [row.model_dump() for row in session.exec(newest_first)]

    def pauses(self, account: str, since: datetime) -> int:
        """How many pauses of the account began at an instant or later; one still asked for has not begun.

        One that became another way out, which was taken back, has been one all the same. Source: DOMAIN modes.1.
        """
        with reading(self._engine) as session:
            rows = session.exec(select(CaseRow).where(CaseRow.account == account)).all()
            began = [row.state.get(_PAUSED_FROM) for row in rows]
        return sum(datetime.fromisoformat(at) >= since for at in began if at)


def _open(session: Session, account: str) -> CaseRow | None:
    return session.exec(select(CaseRow).where(CaseRow.account == account, col(CaseRow.ended_at).is_(None))).first()


def _numbers(session: Session, account: str) -> int:
    return session.exec(select(func.max(CaseRow.number)).where(CaseRow.account == account)).one() or 0


def _row(request: CaseRequest, number: int, at: datetime) -> CaseRow:
    return CaseRow(
        id=request.case,
        account=request.account,
        number=number,
        mode=request.mode,
        stage=Stage.REQUESTED,
        manager=request.manager,
        workflow_id=f"offboarding-{request.case}",
        reason=request.reason,
        language=request.language,
        channel=request.channel,
        opened_at=at,
        state={"request": request.model_dump(mode="json")},
    )


def _tell(row: CaseRow, record: StageRecord, at: datetime) -> None:
    row.mode, row.stage = record.mode, record.stage
    row.effective_date = record.effective_date or row.effective_date
    row.ended_at = at if record.ended else None
    told = record.model_dump(mode="json", include={"waiting_for", "tasks"})
    lasting = record.model_dump(mode="json", include={"plan_hash", "effective_date", "cause"}, exclude_none=True)
    if record.mode is Mode.PAUSE and record.stage in {Stage.PAUSED, Stage.RESUMED}:
        lasting[_PAUSED_FROM] = (row.effective_date or row.opened_at).isoformat()
    row.state = {**row.state, **told, **lasting}
