"""What erasing did to rows that stayed: masked, cut off, or left with nothing to point at.

Source: DOMAIN erasure.1; `connectors/product_erase.py` does it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, exists, insert, null, or_, select

from connectors.product_restore_staged import Masks, Staged, Way, equal
from connectors.product_sql import named, value
from models.hop import Hop
from models.inventory import DataSet, Inventory


def masks_of(inventory: Inventory | None) -> dict[str, Masks]:
    """By table, the values that erasing puts into columns."""
    sets = inventory.data_sets if inventory else ()
    return {each.table: each.mask for each in sets if each.erase == "mask"}


def handed_of(inventory: Inventory | None) -> dict[str, tuple[Hop, ...]]:
    """By table, the hops that handing over cuts: those to rows that can't be of two accounts."""
    sets = inventory.data_sets if inventory else ()
    alone = {each.table for each in sets if each.of_two == "block"}
    return {each.table: _handed(each, alone) for each in sets if each.of_two == "hand_over"}


def keep_masks(connection: Connection, staged: Staged) -> None:
    """Puts them into the table that `Way.fill` made for them, where they are values of their columns' types."""
    if staged.masks:
        connection.execute(insert(staged.mask).values({name: value(text) for name, text in staged.masks.items()}))


@dataclass(frozen=True)
class Erased:
    """Of one table; `others` are all staged tables by their written names."""

    staged: Staged
    others: Mapping[str, Staged]
    way: Way
    _cuts: dict[str, list[ColumnElement[bool]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The columns that may have been emptied, each with the conditions that it was."""
        for hop in dict.fromkeys((*(key.hop for key in self.staged.facts.foreign), *self.staged.handed)):
            for name in hop.child_columns:
                if name in self.staged.loose:
                    self._cuts.setdefault(name, []).append(or_(*self._cut(hop)))

    def brought(self) -> Iterator[ColumnElement[bool]]:
        """The target row holds, in each column, the package's value or what erasing put there."""
        target, staging, text = self.staged.target, self.staged.staging, self.way.text
        for name in self.staged.loose:
            ways = [text([target.c[name]]) == text([staging.c[name]])]
            if name in self.staged.masks:
                ways.append(text([target.c[name]]) == select(text([self.staged.mask.c[name]])).scalar_subquery())
            if name in self._cuts:
                ways.append(target.c[name].is_(None) & or_(*self._cuts[name]))
            yield or_(*ways)

    def form(self) -> ColumnElement[str]:
        """The text of a staged row as erasing leaves it, where it leaves it."""
        return self.way.text(map(self._erased, self.staged.own))

    def _erased(self, name: str) -> ColumnElement[Any]:
        own = self.staged.staging.c[name]
        if name in self.staged.masks:
            return select(self.staged.mask.c[name]).scalar_subquery()
        return case((or_(*self._cuts[name]), null()), else_=own) if name in self._cuts else own

    def _cut(self, hop: Hop) -> Iterator[ColumnElement[bool]]:
        """The row that it points at was erased, so it isn't there; or stays, but was this account's alone."""
        parent = named(hop.parent, hop.parent_columns).alias("parent")
        staging = self.staged.staging
        stands = equal(parent, hop.parent_columns, staging, hop.child_columns)
        yield ~exists().select_from(parent).where(stands).correlate(staging)
        if hop in self.staged.handed and hop.parent in self.others:
            ours = self.others[hop.parent].staging.alias("ours")
            points = equal(ours, hop.parent_columns, staging, hop.child_columns)
            yield exists().select_from(ours).where(points).correlate(staging)


def _handed(data_set: DataSet, alone: set[str]) -> tuple[Hop, ...]:
    return tuple(hop for hop in data_set.hops if hop.parent in alone)
