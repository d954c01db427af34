"""The rows of one account while they are made up."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from devstack.company.accounts import Account

Row = dict[str, Any]
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_BITS = 50
_PREFIXES = {"app_user": "usr", "api_key": "key", "service_account": "svc", "webhook": "hook"}


@dataclass
class Draft:
    """Rows by table, the account's own seeded chance, and counters that all accounts share."""

    account: Account
    anchor: date
    rng: Random
    counters: dict[str, Iterator[int]]
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    @property
    def today(self) -> date:
        """The last day that has fully passed in every time zone."""
        return self.anchor - timedelta(days=2)

    def add(self, table: str, **row: Any) -> Row:
        """Adds a row and hands it back."""
        self.rows[table].append(row)
        return row

    def belonging(self, table: str, **row: Any) -> Row:
        """Adds a row that hangs directly on the account, under a new opaque key."""
        return self.add(table, id=self.opaque(_PREFIXES.get(table, table[:3])), account_id=self.account.id, **row)

    def opaque(self, prefix: str) -> str:
        """A key without meaning, like `cli_4kd81mzq0x`."""
        bits = self.rng.getrandbits(_BITS)
        return f"{prefix}_" + "".join(_LETTERS[bits >> shift & 31] for shift in range(0, _BITS, 5))

    def midnight(self, day: date) -> datetime:
        """The start of that day at the customer."""
        return datetime.combine(day, time(), tzinfo=self.account.zone)

    def working_hour(self, days_ago: int) -> datetime:
        """A moment of the working day at the customer, so many days before the last full one."""
        minutes = self.rng.randrange(7 * 60, 18 * 60)
        return self.midnight(self.today - timedelta(days=days_ago)) + timedelta(minutes=minutes)

    def recent(self, within_days: int) -> datetime:
        """A working hour within the last so many days."""
        return self.working_hour(self.rng.randrange(within_days))


def drafts(accounts: tuple[Account, ...], anchor: date, seed: int) -> Iterator[Draft]:
    """An empty draft for each account; the chance of one doesn't depend on the others."""
    counters: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
    for account in accounts:
        yield Draft(account, anchor, Random(f"{seed}:{account.id}"), counters)


def utc(moment: datetime) -> datetime:
    """The same instant, written in UTC."""
    return moment.astimezone(UTC)
