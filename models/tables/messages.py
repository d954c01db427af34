"""Messages: the outbox, and who must not be written to again."""

from datetime import date, datetime

from sqlalchemy import JSON, Column
from sqlmodel import Field

from models.keys import KeyScope
from models.tables.form import aware
from models.tables.personal import OfCustomer


class MessageRow(OfCustomer, table=True):
    """A message, before and after it left. `message_id` is derived, so the second attempt finds the first.

    `state`: `sending`, `leaving` (since `leaving_at`), `to_call`, `sent`, `skipped` (with `why`, and its `code`).
    Content, attachments and address are erased with the account. `heard` is what came back of it.
    """

    __tablename__ = "message"
    __personal__ = ("recipient", "subject", "text", "html", "attachments", "unsubscribe")
    message_id: str = Field(primary_key=True)
    case: str = Field(index=True)
    account: str = Field(index=True)
    kind: str
    channel: str
    language: str
    recipient: str | None = None
    sender: str | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    attachments: list[dict[str, str]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    marketing: bool = False
    unsubscribe: str | None = None
    state: str = "sending"
    why: str = ""
    code: str = ""
    leaving_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    heard: str | None = None
    heard_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    sent_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))

    def key_scopes(self) -> tuple[KeyScope, ...]:
        """The account's; after it the follow-ups', which still write."""
        return *super().key_scopes(), KeyScope.of_follow_ups(self.case)


class FollowUpContactRow(OfCustomer, table=True):
    """The least that the follow-ups need, until the cadence ends. Source: DOMAIN erasure.7, DESIGN, Security."""

    __tablename__ = "follow_up_contact"
    __personal__ = ("name", "email", "phone", "account_name")
    case: str = Field(primary_key=True)
    account: str = Field(index=True)
    name: str
    email: str | None = None
    phone: str | None = None
    language: str
    channel: str
    timezone: str
    hours_from: int | None = None
    hours_to: int | None = None
    country: str
    account_name: str
    signed_by: str
    customer_since: date
    come_back: bool = False

    def key_scopes(self) -> tuple[KeyScope, ...]:
        """The follow-ups' own."""
        return (KeyScope.of_follow_ups(self.case),)
