"""What Farewell itself holds of a customer, and how it goes. Source: DOMAIN erasure.7."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel import Session, col, or_, select

from connectors.store.outbox import forget
from models.tables.accounts import AccountRow, ContactRow
from models.tables.cases import NoteRow
from models.tables.messages import MessageRow

CONTENT = (
    *(MessageRow.recipient, MessageRow.subject, MessageRow.text, MessageRow.html, MessageRow.attachments),
    MessageRow.unsubscribe,
)
Own = ContactRow | MessageRow | NoteRow


def holding(session: Session, account: str, what: str) -> Sequence[Own]:
    """The `contacts`, `messages` or `notes` of an account that still hold content.

    Raises:
        ValueError: another `what`; users belong to IdentitySystem.
    """
    match what:
        case "contacts":
            return session.exec(select(ContactRow).where(ContactRow.account == account)).all()
        case "messages":
            with_content = or_(*(col(column).is_not(None) for column in CONTENT))
            return session.exec(select(MessageRow).where(MessageRow.account == account, with_content)).all()
        case "notes":
            return session.exec(select(NoteRow).where(NoteRow.account == account)).all()
    raise ValueError(f"{what} isn't among contacts, messages and notes")


def empty(session: Session, rows: Sequence[Own]) -> None:
    """Deletes contacts and notes; of a message the fact that it was stays."""
    for row in rows:
        if isinstance(row, MessageRow):
            forget(row)
        else:
            session.delete(row)


def mask(session: Session, account: str) -> None:
    """Takes the name from the account's own row, which stays for what is retained; from now on it counts as erased."""
    row = session.get(AccountRow, account)
    if row is not None and row.erased_at is None:
        row.name, row.erased_at = "", datetime.now(UTC)
