"""The one offer, and what it would cost. Source: DOMAIN messages.4."""

from datetime import date

from pydantic import AwareDatetime

from models.money import Amount
from models.payload import Payload
from models.vocabulary import OfferKind, Reason


class Terms(Payload):
    """What is offered, in figures: true on the day on which it is made, and until it may be accepted.

    `price_now` and `price_then` are a `per` (`month` or `year`) in `currency`, without tax; `ends_on` is the last day
    of the other price. Only what belongs to the offer's kind is set.
    """

    currency: str | None = None
    per: str | None = None
    price_now: Amount | None = None
    price_then: Amount | None = None
    percent: Amount | None = None
    months: int | None = None
    days: int | None = None
    plan: str | None = None
    begins_on: date | None = None
    ends_on: date | None = None
    amount: Amount | None = None


class Offer(Payload):
    """One offer, as it was made. `answer` is `accepted`, `declined` or None; `kept_at` is when the promise was kept."""

    id: str
    case: str
    account: str
    kind: OfferKind
    reason: Reason
    terms: Terms
    citation: str = ""
    made_at: AwareDatetime
    until: AwareDatetime
    answer: str | None = None
    answered_at: AwareDatetime | None = None
    kept_at: AwareDatetime | None = None
    kept_by: str | None = None
