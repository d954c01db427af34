"""The 25 customers of the sample product, read from `accounts.toml` beside this file."""

import tomllib
from datetime import tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from models.vocabulary import PeriodEnd

MoneyCase = Literal["paid", "large_debt", "small_debt", "short_payment", "credit"]
EU = frozenset({"ES", "DE", "FR", "IT", "PT"})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Part):
    """Where the customer is; `language` is the one it is written to in."""

    country: str
    city: str
    timezone: str
    language: Literal["es", "en"]


class Addon(_Part):
    """Something ordered on top, with a yearly term of its own that ends in `renews_in` days."""

    title: str
    renews_in: int


class Terms(_Part):
    """The agreement. `tax` is a share of the net; `renews_in` the days until a yearly term ends.

    `group` is the account whose agreement this one has joined; `early_termination` the share of the remaining price.
    """

    currency: Literal["EUR", "USD", "JPY", "KWD"]
    plan: Literal["taller", "equipo", "red"]
    interval: Literal["month", "year"]
    seats: int
    tax: Decimal
    years: int
    renews_in: int | None = None
    notice_days: int | None = None
    notice_months: int | None = None
    notice_ends: PeriodEnd = PeriodEnd.ANY_DAY
    early_termination: Decimal | None = None
    group: str | None = None
    addon: Addon | None = None


class Person(_Part):
    """A contact."""

    name: str
    phone: str | None = None
    channel: Literal["email", "whatsapp", "phone"] = "email"
    come_back: bool = False


class Size(_Part):
    """How many of what makes an account big."""

    sites: int
    users: int
    assets: int
    orders: int
    events: int
    files: int


class Account(_Part):
    """A customer. `case` is what is instructive about its money."""

    id: str
    name: str
    trade: str
    place: Place
    terms: Terms
    main: Person
    billing: Person | None = None
    domain: str
    size: Size
    sso: bool = False
    case: MoneyCase = "paid"
    blocking: tuple[dict[str, str], ...] = Field(default=())

    @property
    def zone(self) -> tzinfo:
        """The customer's own."""
        return ZoneInfo(self.place.timezone)

    @property
    def jurisdiction(self) -> str:
        """`EU`, or the country where its own law applies."""
        return "EU" if self.place.country in EU else self.place.country


@cache
def sample_accounts() -> tuple[Account, ...]:
    """All of them, in the order of the file."""
    written = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(Account.model_validate(entry) for entry in written["account"])
