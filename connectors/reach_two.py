"""Rows of an account that another one reaches as well.

It begins where a hop leads out of the account to a row that another root reaches. That is asked of the account's rows
alone, whatever others have: what others reach is looked up for rows outside only, of which there are few.
"""

from collections import defaultdict

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, false, or_

from connectors.product_sql import named, untrue
from connectors.reach_flow import Flow, Flows
from connectors.reach_rows import Reached
from models.hop import Hop
from models.inventory import DataSet, Inventory


class OfOthers:
    """Conditions on rows that are the account's: whether another account reaches them too."""

    def __init__(self, inventory: Inventory, flows: Flows, account: Reached, dialect: str) -> None:
        """`account`: what the account reaches."""
        self._inventory, self._flows, self._account, self._dialect = inventory, flows, account, dialect
        self._into: dict[str, list[Flow]] = defaultdict(list)
        for flow in flows.own:
            if flow.target != inventory.root:  # a root's row is its own: subsidiaries that leave along are no others
                self._into[flow.target].append(flow)
        beyond = [flow for into in self._into.values() for flow in into]
        many = {each.table for each in inventory.data_sets if not only_one_way(inventory, each)}
        self._others = Reached(beyond, self._other_roots, flows, dialect)
        self._two = Reached((flow for flow in beyond if flow.source in many), self._first_of_two, flows, dialect)

    def reach(self, table: str, own: FromClause) -> ColumnElement[bool]:
        """Whether others reach a row of the account's."""
        if self._dialect == "sqlite":  # it would read that many expressions anew at each naming; its files are small
            return or_(false(), *self._others.ways(table, own))
        return or_(false(), *self._leading_out(table, own), *self._two.led_to(table, own))

    def _other_roots(self, table: str, own: FromClause) -> list[ColumnElement[bool]]:
        return [and_(*map(untrue, self._account.ways(table, own)))] if table == self._inventory.root else []

    def _first_of_two(self, table: str, own: FromClause) -> list[ColumnElement[bool]]:
        out = self._leading_out(table, own)
        return [and_(way, or_(*out)) for way in self._account.ways(table, own)] if out else []

    def _leading_out(self, table: str, own: FromClause) -> list[ColumnElement[bool]]:
        return [self._leads_out(flow, own) for flow in self._into[table]]

    def _leads_out(self, flow: Flow, own: FromClause) -> ColumnElement[bool]:
        there = named(flow.source, self._flows.columns[flow.source]).alias()
        pairs = zip(flow.source_columns, flow.target_columns, strict=True)
        ours = or_(false(), *self._account.ways(flow.source, there))
        # CASE keeps the order: the dear question is for rows that aren't ours.
        others = case((ours, false()), else_=or_(false(), *self._others.ways(flow.source, there)))
        met = and_(*(there.c[name] == own.c[here] for name, here in pairs), others)
        return exists().select_from(there).where(met).correlate(own)


def only_one_way(inventory: Inventory, data_set: DataSet) -> bool:
    """Whether each row leads to at most one row of the root, by the keys alone."""
    sets = {each.table: each for each in inventory.data_sets}
    here = data_set
    for _ in sets:
        if here.table == inventory.root:
            return True
        parent = sets.get(here.hops[0].parent) if len(here.hops) == 1 else None
        if parent is None or not _names_one(inventory, parent, here.hops[0]):
            return False
        here = parent
    return False


def _names_one(inventory: Inventory, parent: DataSet, hop: Hop) -> bool:
    if parent.table == inventory.root and inventory.key in hop.parent_columns:
        return True
    return bool(parent.key) and {*parent.key} <= {*hop.parent_columns}
