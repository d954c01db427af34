"""What the check of a policy looks at, and what it finds."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.payload import Payload
from models.policy import EVERYWHERE, Clause, Policy
from rules.policy_terms import clauses_of


class Finding(Payload):
    """One thing that is wrong: at which clauses, what, and what to write."""

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """The whole line, whatever was written into the file."""
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in f"{self.where}: {self.what}; {self.fix}")


@dataclass(frozen=True)
class Placed:
    """A clause and its place: the `number`th of its matter in the file, from 1."""

    matter: str
    number: int
    clause: Clause

    @property
    def name(self) -> str:
        """`notice 2`."""
        return f"{self.matter} {self.number}"

    @property
    def days(self) -> str:
        """The days on which it's in force."""
        until = f" until {self.clause.valid_to}" if self.clause.valid_to else ""
        return f"from {self.clause.valid_from}{until}"

    @property
    def whom(self) -> str:
        """To whom it applies: `contract K-7`, `EU` or `default`."""
        return f"contract {self.clause.contract}" if self.clause.contract else self.clause.jurisdiction

    def __str__(self) -> str:
        """`notice 2 (EU, from 2025-09-12)`."""
        return f"{self.name} ({self.whom}, {self.days})"


def placed(policy: Policy) -> dict[str, list[Placed]]:
    """The clauses by matter, each with its place."""
    return {
        matter: [Placed(matter, number, clause) for number, clause in enumerate(clauses, start=1)]
        for matter, clauses in clauses_of(policy).items()
    }


def every(policy: Policy) -> Iterator[Placed]:
    """All clauses, in the order of the file's form."""
    for clauses in placed(policy).values():
        yield from clauses


def is_default(each: Placed) -> bool:
    """Whether it applies where no other does."""
    return each.clause.contract is None and each.clause.jurisdiction == EVERYWHERE


def together(one: Placed, other: Placed) -> bool:
    """Whether some day finds both in force."""
    return _before(one.clause, other.clause) and _before(other.clause, one.clause)


def _before(one: Clause, other: Clause) -> bool:
    """Whether one begins before the other has ended."""
    return other.valid_to is None or one.valid_from < other.valid_to
