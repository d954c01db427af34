"""Every message, before and after it left, in Farewell's own database."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from connectors.errors import NotFound
from connectors.store.readers import reader_of
from connectors.store.sessions import keep_once, reading, writing
from models.messages import Draft, Kept, Reader
from models.tables.accounts import AccountRow
from models.tables.messages import FollowUpContactRow, MessageRow


class SqlOutbox:
    """The port `Outbox`."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def prepare(self, draft: Draft) -> Kept:
        """Keeps the message under its Message-ID; a second time answers what stands, without content if erased."""
        with writing(self._engine) as session:
            standing, _ = keep_once(session, MessageRow(**draft.model_dump(mode="json")))
            return _kept(standing)

    def sent(self, message_id: str, at: datetime) -> None:
        """It left; the first time counts. Of an erased account only the fact stays. Raises NotFound."""
        with writing(self._engine) as session:
            row = _message(session, message_id)
            if row.state != "sent":
                row.state, row.why, row.sent_at = "sent", "", at
            _forget_if_erased(session, row)

    def skipped(self, message_id: str, why: str) -> None:
        """It won't leave, unless it has left already. Raises NotFound."""
        with writing(self._engine) as session:
            row = _message(session, message_id)
            if row.state == "sending":
                row.state, row.why = "skipped", why
            _forget_if_erased(session, row)

    def messages(self, case: str) -> list[Kept]:
        """What was sent or skipped in a case: by time, the skipped ones last."""
        settled = select(MessageRow).where(MessageRow.case == case, col(MessageRow.state).in_(["sent", "skipped"]))
        in_order = settled.order_by(col(MessageRow.sent_at).nulls_last(), MessageRow.message_id)
        with reading(self._engine) as session:
            return [_kept(row) for row in session.exec(in_order)]

    def reader(self, case: str, account: str) -> Reader:
        """What is kept for the follow-ups if anything is, else the main contact. Raises NotFound."""
        with reading(self._engine) as session:
            kept = session.get(FollowUpContactRow, case)
            if kept is not None:
                return Reader.model_validate(kept.model_dump())
            return reader_of(session, account)


def forget(row: MessageRow) -> None:
    """Takes address, content and attachments; that it was, when and which kind stays. Source: DOMAIN erasure.7."""
    row.recipient = row.subject = row.text = row.html = row.attachments = None


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
