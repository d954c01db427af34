"""Answers of nobody, in Farewell's own database. Source: DOMAIN messages.6.

Neither a row nor its place tells when it came: with each answer all of them are written anew, in another order, under
other ids, in one transaction. In PostgreSQL into a new file (`TRUNCATE`), so that no dead row keeps the number of the
transaction that brought it; in SQLite over pages that are wiped, whose log is emptied afterwards.
"""

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, delete, insert, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, col, func, select

from connectors.errors import Rejected
from connectors.store.engine import SECONDS_TO_WAIT_FOR_A_WRITER
from connectors.store.sessions import alone, in_words, reading, told, writing
from models.surveys import SurveyAnswer
from models.tables.farewells import SurveyAnswerRow, SurveyFormRow
from models.tables.messages import MessageRow
from models.vocabulary import Channel, MailKind

_BOX = "survey"
_ID_BYTES = 16
_SECONDS_FOR_THE_LOG = 1
_SECONDS_FOR_A_BACKUP = 3
_ASKED = (
    col(MessageRow.kind) == MailKind.GOODBYE,
    col(MessageRow.state) == "sent",
    col(MessageRow.channel).not_in((Channel.PHONE, Channel.NONE)),
)
"""Goodbyes in writing: what is said on the phone asks nobody."""
_Table = TypeVar("_Table", SurveyAnswerRow, SurveyFormRow)


class SqlSurveys:
    """The port `Surveys`."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def keep(self, cohort: str, form: str, answer: SurveyAnswer) -> bool:
        """Keeps an answer; False: the form with this random word was sent in before.

        All answers are rewritten, so it takes time in proportion to how many there are.

        Raises:
            Rejected: our role may not empty the tables.
            Unavailable: somebody reads the whole table for longer than we wait, such as a backup.
        """
        digest = hashlib.sha256(form.encode()).hexdigest()
        with writing(self._engine) as session:
            _patient(session.connection())
            alone(session.connection(), _BOX)
            if session.get(SurveyFormRow, digest) is not None:
                return False
            forms = [{"digest": digest, "cohort": cohort}, *_rows(session, SurveyFormRow)]
            said = {"cohort": cohort, **answer.model_dump(mode="json")}
            answers = [{**row, "id": secrets.token_hex(_ID_BYTES)} for row in (said, *_rows(session, SurveyAnswerRow))]
            _write_anew(session.connection(), SurveyAnswerRow, answers)
            _write_anew(session.connection(), SurveyFormRow, forms)
        _empty_log(self._engine)
        return True

    def answers(self, cohorts: Sequence[str]) -> list[SurveyAnswer]:
        """Those of some cohorts, in no order."""
        with reading(self._engine) as session:
            alone(session.connection(), _BOX)  # a table that is being rewritten looks empty to who began before
            found = session.exec(select(SurveyAnswerRow).where(col(SurveyAnswerRow.cohort).in_(cohorts)))
            answers = [SurveyAnswer.model_validate(row.model_dump()) for row in found]
        secrets.SystemRandom().shuffle(answers)
        return answers

    def asked(self, begin: datetime, end: datetime) -> int:
        """How many goodbyes with the survey's link were sent in `[begin, end)`."""
        within = (col(MessageRow.sent_at) >= begin, col(MessageRow.sent_at) < end)
        with reading(self._engine) as session:
            return session.exec(select(func.count()).select_from(MessageRow).where(*_ASKED, *within)).one()

    def asked_on(self) -> list[date]:
        """The days, by UTC, on which goodbyes with the survey's link were ever sent: one a goodbye, in order."""
        when = select(MessageRow.sent_at).where(*_ASKED).order_by(col(MessageRow.sent_at))
        with reading(self._engine) as session:
            return [at.date() for at in session.exec(when) if at is not None]


def _rows(session: Session, table: type[_Table]) -> list[dict[str, Any]]:
    return [row.model_dump() for row in session.exec(select(table))]


def _patient(connection: Connection) -> None:
    """A backup in PostgreSQL holds every table for as long as it takes; a page can't wait for that."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_SECONDS_FOR_A_BACKUP}s'"))


def _write_anew(connection: Connection, table: type[_Table], rows: list[dict[str, Any]]) -> None:
    """All rows of a table, in an order that says nothing."""
    if connection.dialect.name == "postgresql":
        try:
            connection.execute(text(f"TRUNCATE TABLE {table.__tablename__}"))
        except ProgrammingError as error:  # a role that was let in before these tables were written anew
            raise Rejected("database", in_words(error), "farewell database grant") from None
    else:
        connection.execute(delete(table))
    secrets.SystemRandom().shuffle(rows)
    connection.execute(insert(table), rows)


def _empty_log(engine: Engine) -> None:
    """SQLite's write-ahead log holds the pages as they were: it is emptied. PostgreSQL's isn't the application's.

    Whoever reads meanwhile goes first: then the next answer empties it.
    """
    if engine.dialect.name != "sqlite":
        return
    with told(), closing(engine.raw_connection()) as pooled:
        cursor = pooled.cursor()
        for wish in (_SECONDS_FOR_THE_LOG, None, SECONDS_TO_WAIT_FOR_A_WRITER):
            cursor.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)" if wish is None else f"PRAGMA busy_timeout = {wish * 1000}"
            )
            cursor.fetchall()
