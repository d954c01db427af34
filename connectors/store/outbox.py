"""Every message, before and after it left, in Farewell's own database."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.errors import NotFound
from connectors.store.readers import reader_of
from connectors.store.sessions import keep_once, reading, writing
from models.messages import ABANDONED, Draft, Kept, Reader
from models.tables.accounts import AccountRow
from models.tables.messages import FollowUpContactRow, MessageRow
from models.vocabulary import Heard

OPEN, SETTLED = ("sending", "leaving", "to_call"), ("sent", "skipped")
GRAVITY = (Heard.DELAY, Heard.AUTO_REPLY, Heard.REPLY, Heard.BOUNCE, Heard.COMPLAINT)


class SqlOutbox:
    """The port `Outbox`. Each call is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def prepare(self, draft: Draft) -> Kept:
        """Keeps the message under its Message-ID; a second time answers what stands, without content if erased."""
        with writing(self._engine) as session:
            standing, _ = keep_once(session, MessageRow(**draft.model_dump(mode="json")))
            return _kept(standing)

    def leaving(self, message_id: str, at: datetime) -> Kept:
        """It is about to be handed over: answers how it stood before. Raises NotFound.

        Of several attempts one finds it `sending`; and one finds it `leaving` for longer than any attempt takes. The
        first of them gives the message its `sent_at`, so that a repeat bears the same date.
        """
        with writing(self._engine) as session:
            row = _message(session, message_id)
            before = _kept(row)
            if row.state == "sending" or (row.state == "leaving" and _abandoned(before, at)):
                row.state, row.leaving_at, row.sent_at = "leaving", at, before.sent_at or at
            return before

    def stayed(self, message_id: str) -> None:
        """The handing over surely failed: it is `sending` again, and no date stands yet. Raises NotFound."""
        with writing(self._engine) as session:
            row = _message(session, message_id)
            if row.state == "leaving":
                row.state, row.leaving_at, row.sent_at = "sending", None, None

    def to_call(self, message_id: str) -> None:
        """A person must say it on the phone, unless it's settled already. Raises NotFound."""
        with writing(self._engine) as session:
            row = _message(session, message_id)
            if row.state == "sending":
                row.state = "to_call"

    def sent(self, message_id: str, at: datetime, why: str = "") -> None:
        """It left; the first time counts. `why` tells what there is to say of it.

        Of an erased account only the fact stays. Raises NotFound.
        """
        with writing(self._engine) as session:
            row = _message(session, message_id)
            if row.state != "sent":
                row.state, row.why, row.code, row.sent_at, row.leaving_at = "sent", why or row.why, "", at, None
            _forget_if_erased(session, row)

    def skipped(self, message_id: str, why: str, code: str = "") -> None:
        """It won't leave, unless it has left already, or may have: then its content isn't needed. Raises NotFound."""
        with writing(self._engine) as session:
            row = _message(session, message_id)
            if row.state in ("sending", "to_call"):
                row.state, row.why, row.code = "skipped", why, code
                forget(row)
            _forget_if_erased(session, row)

    def heard(self, message_id: str, what: Heard, at: datetime) -> Kept | None:
        """Something came back of it; the gravest word stays. None: no message of ours."""
        with writing(self._engine) as session:
            row = session.get(MessageRow, message_id, with_for_update=True)
            if row is None:
                return None
            if row.heard is None or GRAVITY.index(what) > GRAVITY.index(Heard(row.heard)):
                row.heard, row.heard_at = what, at
            return _kept(row)

    def messages(self, case: str) -> list[Kept]:
        """What was sent or skipped in a case: by time, the skipped ones last."""
        return self._in_order(case, SETTLED)

    def waiting(self, case: str) -> list[Kept]:
        """What was written in a case and is not settled: on its way, or to be said on the phone."""
        return self._in_order(case, OPEN)

    def message(self, message_id: str) -> Kept | None:
        """One of them, whatever became of it."""
        with reading(self._engine) as session:
            row = session.get(MessageRow, message_id)
            return _kept(row) if row else None

    def reader(self, case: str, account: str) -> Reader:
        """What is kept for the follow-ups if anything is, else the main contact. Raises NotFound."""
        with reading(self._engine) as session:
            kept = session.get(FollowUpContactRow, case)
            if kept is not None:
                return Reader.model_validate(kept.model_dump())
            return reader_of(session, account)

    def _in_order(self, case: str, states: tuple[str, ...]) -> list[Kept]:
        found = select(MessageRow).where(MessageRow.case == case, col(MessageRow.state).in_(states))
        in_order = found.order_by(col(MessageRow.sent_at).nulls_last(), MessageRow.message_id)
        with reading(self._engine) as session:
            return [_kept(row) for row in session.exec(in_order)]


def forget(row: MessageRow) -> None:
    """Takes address, content and attachments; that it was, when and which kind stays. Source: DOMAIN erasure.7."""
    row.recipient = row.subject = row.text = row.html = row.attachments = row.unsubscribe = None


def _abandoned(kept: Kept, at: datetime) -> bool:
    return kept.leaving_at is not None and at - kept.leaving_at >= ABANDONED


def _forget_if_erased(session: Session, row: MessageRow) -> None:
    account = session.get(AccountRow, row.account)
    if account is not None and account.erased_at is not None:
        forget(row)


def _message(session: Session, message_id: str) -> MessageRow:
    row = session.get(MessageRow, message_id, with_for_update=True)
    if row is None:
        raise NotFound("outbox", f"there is no message {message_id}")
    return row


def _kept(row: MessageRow) -> Kept:
    return Kept.model_validate({**row.model_dump(), "attachments": row.attachments or ()})
