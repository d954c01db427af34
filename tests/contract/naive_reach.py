"""Which rows are an account's, worked out the slow and plain way: again and again over all rows until nothing changes."""

from collections.abc import Callable, Mapping
from typing import Any

from models.hop import Hop
from models.inventory import DataSet, Inventory

Rows = Mapping[str, list[dict[str, Any]]]
"""Table → its rows; a row is known by its place."""
Places = dict[str, set[int]]


class Naive:
    """The rows of a database, and whose they are."""

    def __init__(self, inventory: Inventory, rows: Rows) -> None:
        self.inventory, self.rows = inventory, rows
        self.hops = [hop for data_set in inventory.data_sets for hop in data_set.hops]

    def account(self, root_key: Any) -> Places:
        """The rows of the account, by table."""
        return self._closed({self.inventory.root: self._roots(lambda key: key == root_key)}, self.hops)

    def of_two(self, root_key: Any) -> Places:
        """Those that another root reaches, too: its own rows of the root's table aside."""
        ours = self.account(root_key)
        others = set(range(len(self.rows[self.inventory.root]))) - ours.get(self.inventory.root, set())
        beyond = [hop for hop in self.hops if hop.child != self.inventory.root]
        theirs = self._closed({self.inventory.root: others}, beyond)
        return {table: places & theirs.get(table, set()) for table, places in ours.items()}

    def shared(self, root_key: Any) -> Places:
        """The rows of the reference sets that exported rows point at."""
        ours, two = self.account(root_key), self.of_two(root_key)
        exported = {
            each.table: ours.get(each.table, set()) - (two.get(each.table, set()) if each.of_two == "keep" else set())
            for each in self.inventory.data_sets
            if each.export
        }
        up = [_turned(hop) for each in self.inventory.reference_sets for hop in each.used_by]
        return self._closed(exported, up)

    def of(self, data_set: DataSet, root_key: Any) -> set[int]:
        """The places of the rows of one data set or reference set."""
        return (self.shared if data_set.used_by else self.account)(root_key).get(data_set.table, set())

    def _roots(self, whose: Callable[[Any], bool]) -> set[int]:
        rows = enumerate(self.rows[self.inventory.root])
        return {place for place, row in rows if whose(row[self.inventory.key])}

    def _closed(self, places: Places, hops: list[Hop]) -> Places:
        found = {table: set(some) for table, some in places.items()}
        while sum(self._widened(found, hop) for hop in hops):
            pass
        return found

    def _widened(self, found: Places, hop: Hop) -> bool:
        parents = {
            tuple(self.rows[hop.parent][place][name] for name in hop.parent_columns)
            for place in found.get(hop.parent, set())
        }
        led = {
            place
            for place, row in enumerate(self.rows[hop.child])
            if None not in (values := tuple(row[name] for name in hop.child_columns)) and values in parents
        }
        fresh = led - found.setdefault(hop.child, set())
        found[hop.child] |= fresh
        return bool(fresh)


def _turned(hop: Hop) -> Hop:
    return Hop(child=hop.parent, child_columns=hop.parent_columns, parent=hop.child, parent_columns=hop.child_columns)
