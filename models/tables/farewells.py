"""What a goodbye leaves behind: offers, who isn't written to again, anonymous answers, who came back."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from models.tables.form import Row, aware


class OfferRow(Row, table=True):
    """The one offer of a case, by figures: `models.offers.Offer`. It stays: we learn what offers are worth."""

    __tablename__ = "offer"
    id: str = Field(primary_key=True)
    case: str = Field(unique=True)
    account: str = Field(index=True)
    kind: str
    reason: str
    terms: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    citation: str = ""
    made_at: datetime = Field(sa_column=aware())
    until: datetime = Field(sa_column=aware())
    answer: str | None = None
    answered_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    kept_at: datetime | None = Field(default=None, sa_column=aware(nullable=True))
    kept_by: str | None = None


class SuppressionRow(Row, table=True):
    """An address that gets no more messages but those that the law requires: its HMAC alone, for ever.

    Source: DOMAIN messages.8.
    """

    __tablename__ = "suppression"
    digest: str = Field(primary_key=True)
    ground: str
    since: date


class SurveyAnswerRow(Row, table=True):
    """An answer of nobody: no account, person, token or exact time. `cohort` is a quarter: `2026-Q4`.

    The key is random, and a cohort's rows are written anew in another order with each answer, so that nothing says
    which came when. Source: DOMAIN messages.6.
    """

    __tablename__ = "survey_answer"
    __table_args__ = ({"sqlite_with_rowid": False},)
    id: str = Field(primary_key=True)
    cohort: str = Field(index=True)
    reason: str
    change: str
    leaving: int
    back: str
    comment: str | None = None


class SurveyFormRow(Row, table=True):
    """A form that was sent in, by the digest of the random word in it: sent twice, it counts once."""

    __tablename__ = "survey_form"
    __table_args__ = ({"sqlite_with_rowid": False},)
    digest: str = Field(primary_key=True)
    cohort: str


class ReturnRow(Row, table=True):
    """A customer who came back after `case` had ended; `restored`: with the package that they had kept."""

    __tablename__ = "returned"
    case: str = Field(primary_key=True)
    account: str = Field(index=True)
    at: datetime = Field(sa_column=aware())
    restored: bool = False
