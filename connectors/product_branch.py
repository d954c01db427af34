"""Erases a table whose rows point at each other, in batches: in a tree, no order of keys would do."""

from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, TableClause, case, exists, false, not_, null, or_, select

from connectors.product_row import Target
from connectors.product_sql import among, untrue
from connectors.product_strike import Values, strike
from connectors.reach import Belonging
from models.hop import Hop


def erase_branches(target: Target, limit: int) -> int | None:
    """Deletes up to `limit` rows and detaches those that point at them; None: they only go all at once.

    Rows are batched by their other ways to the account: a row that is the account's by the row above it alone would
    no longer be found once that is gone.
    """
    branches = _Branches(target)
    if not branches.can_be_parted:
        return None
    due = branches.due().limit(limit)
    if target.connection.scalar(select(exists(branches.hanging(due.cte())))):
        return None
    blow = strike(target.connection)
    taken = blow.take(due)
    own = target.named()
    loosened = blow.take(branches.pointing(taken))
    blow.change(own, target.row, loosened, branches.loosening(own, taken), counted=False)
    blow.delete(own, target.row, taken)
    return blow.done()


class _Branches:
    """The rows of one table, by the ways that don't lead over the table itself, and by those that do."""

    def __init__(self, target: Target) -> None:
        self._target, self._keys = target, target.own_keys
        self._others = tuple(hop for hop in target.data_set.hops if hop.parent != hop.child)

    @property
    def can_be_parted(self) -> bool:
        """Whether there is another way, and each of its own can be cut."""
        is_root = self._target.data_set.table == self._target.inventory.root
        return bool(self._others or is_root) and all(map(self._target.loose, self._keys))

    @cached_property
    def _direct(self) -> Belonging:
        data_set = self._target.data_set.model_copy(update={"hops": self._others})
        return Belonging(self._target.inventory, data_set, self._target.root_key, self._target.dialect)

    def due(self) -> Select[Any]:
        """Rows that go by another way, and that no other account reaches."""
        own = self._target.named()
        way = self._direct.rows(own, *self._alone(own))
        return way.select(*way.these(dict.fromkeys([*self._target.row, *self._target.pointed_at])))

    def hanging(self, taken: FromClause) -> Select[Any]:
        """Rows that belong by rows that are taken, and by nothing else."""
        own = self._target.named()
        leading = [hop for hop in self._keys if hop in self._target.data_set.hops]
        to_them = [_leads(hop, own, taken) for hop in leading]
        return select(own.c[self._target.row[-1]]).where(or_(false(), *to_them), *map(untrue, self._direct.ways(own)))

    def pointing(self, taken: FromClause) -> Select[Any]:
        """Rows of the account that stay for a later batch and point at what is taken."""
        own = self._target.named()
        row = self._target.row
        # As a join, not as NOT IN: PostgreSQL goes through a large list row by row.
        of_them = exists().select_from(taken).where(*(taken.c[name] == own.c[name] for name in row)).correlate(own)
        to_them = or_(*(_leads(hop, own, taken) for hop in self._keys))
        rows = select(*(own.c[name] for name in row))
        return rows.where(to_them, not_(of_them), or_(*self._direct.ways(own)), *self._alone(own))

    def loosening(self, own: TableClause, taken: FromClause) -> Values:
        """NULL where a key leads to what is taken, and what stands there where it doesn't."""
        by_column: dict[str, list[Hop]] = {}
        for hop in self._keys:
            for name in self._target.loose(hop):
                by_column.setdefault(name, []).append(hop)
        return {
            name: case((or_(*(_leads(hop, own, taken) for hop in hops)), null()), else_=own.c[name])
            for name, hops in by_column.items()
        }

    def _alone(self, own: TableClause) -> list[ColumnElement[bool]]:
        target = self._target
        whole = Belonging(target.inventory, target.data_set, target.root_key, target.dialect)
        shared = whole.with_others(own)
        return [] if shared is None else [untrue(shared)]


def _leads(hop: Hop, own: TableClause, taken: FromClause) -> ColumnElement[bool]:
    there = select(*(taken.c[name] for name in hop.parent_columns))
    return among([own.c[name] for name in hop.child_columns], there)
