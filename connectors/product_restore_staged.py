"""A table of the package in its staging table, beside the table that it goes to, and what becomes of each row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, FromClause, TableClause, and_, exists, func, select

from connectors.product_restore_package import OpenedPackage, PackagedTable
from connectors.product_sql import named
from models.hop import Hop
from models.schema import TableFacts


class Fate(StrEnum):
    """What becomes of a row of the package."""

    NEW = "new"  # its key isn't there: inserted
    SAME = "same"  # stands already as it is
    LEFT = "left"  # a shared row that stands otherwise: everybody's, so left as it is
    BACK = "back"  # stands masked or cut: the package's values come back
    OTHER = "other"  # stands with other content: a conflict


Masks = Mapping[str, str | None]
WRITTEN = (Fate.NEW, Fate.BACK)


@dataclass(frozen=True)
class Staged:
    """`masks` are values that erasing puts into columns, `handed` the hops that it cuts of rows that it hands over."""

    packaged: PackagedTable
    facts: TableFacts
    number: int
    masks: Masks
    handed: tuple[Hop, ...] = ()

    @property
    def name(self) -> str:
        """The staging table's."""
        return f"farewell_restore_{self.number}"

    @cached_property
    def mask(self) -> TableClause:
        """The table whose one row holds the masks."""
        return named(f"farewell_mask_{self.number}", self.masks)

    @cached_property
    def fate_name(self) -> str:
        """The staging table's own column, of a name that no other has."""
        return _free("farewell_fate", self.packaged.columns)

    @cached_property
    def form_name(self) -> str:
        """The same, for the text of the row as erasing leaves it."""
        return _free("farewell_form", self.packaged.columns)

    @cached_property
    def staging(self) -> TableClause:
        """The staging table."""
        return named(self.name, (*self.packaged.columns, self.fate_name, self.form_name))

    @cached_property
    def target(self) -> FromClause:
        """The table that the rows go to."""
        return named(self.packaged.table, self.packaged.columns).alias("target")

    @property
    def fate(self) -> ColumnElement[Any]:
        """Of a staged row."""
        return self.staging.c[self.fate_name]

    @cached_property
    def own(self) -> tuple[str, ...]:
        """The columns that can be written."""
        computed = {each.name for each in self.facts.columns if each.generated}
        return tuple(name for name in self.packaged.columns if name not in computed)

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns that tell the rows apart; none where only the whole rows do."""
        unique = (each for each in self.facts.unique if not self.facts.nullable(each))
        found = self.facts.primary or next(unique, ())
        return found if set(found) <= set(self.packaged.columns) else ()

    @cached_property
    def loose(self) -> tuple[str, ...]:
        """The columns that erasing may change in a row that stays: masks, and what pointed at rows that went."""
        hops = (*(key.hop for key in self.facts.foreign), *self.handed)
        emptied = (name for hop in hops for name in hop.child_columns if self.facts.nullable((name,)))
        names = dict.fromkeys((*self.masks, *emptied))
        return tuple(name for name in names if name in self.own and name not in self.key)

    def has(self, *fates: Fate) -> ColumnElement[bool]:
        """Staged rows of these fates."""
        return self.fate.in_([each.value for each in fates])

    def same_key(self) -> ColumnElement[bool]:
        """A target row has a staged row's key."""
        here, there = self.target.c, self.staging.c
        return and_(
            *(
                here[name].is_not_distinct_from(there[name])
                if self.facts.nullable((name,))
                else here[name] == there[name]
                for name in self.key
            )
        )

    def standing(self, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        """A target row of a staged row's key stands, and meets the conditions."""
        return exists().select_from(self.target).where(self.same_key(), *conditions).correlate(self.staging)


class Way(Protocol):
    """What differs from database to database."""

    def prepare(self, connection: Connection) -> None:
        """Sets the session so that text means what it meant at the export."""
        ...

    def fill(self, connection: Connection, staged: Staged, package: OpenedPackage) -> None:
        """Makes the staging tables, typed as the target, and reads the file into it; every row is `new`."""
        ...

    def text(self, columns: Iterable[ColumnElement[Any]]) -> ColumnElement[str]:
        """One text for the values: equal texts are equal values, to the last bit."""
        ...

    def row(self, staged: Staged) -> tuple[str, ...]:
        """What names a row where nothing else does, in the staging table and in the target."""
        ...

    def write(self, connection: Connection, together: list[Staged]) -> None:
        """Inserts new rows, and brings others back, of tables that point at each other."""
        ...

    def finish(self, connection: Connection, staged: list[Staged]) -> None:
        """What counts keys goes on after the restored ones."""
        ...


def equal(left: FromClause, names: Iterable[str], right: FromClause, others: Iterable[str]) -> ColumnElement[bool]:
    """Columns of both sides are equal, pairwise; the left side's collation holds."""
    return and_(*(left.c[a] == right.c[b] for a, b in zip(names, others, strict=True)))


def counted(connection: Connection, staged: Staged, *conditions: ColumnElement[bool]) -> int:
    """How many staged rows meet the conditions."""
    query = select(func.count()).select_from(staged.staging).where(*conditions)
    return int(connection.scalar(query) or 0)


def _free(name: str, taken: Iterable[str]) -> str:
    lowered = {each.lower() for each in taken}
    while name in lowered:
        name += "_"
    return name
