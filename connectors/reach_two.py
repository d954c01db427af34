"""Whether a row of a data set could be of two accounts at all: most can't, and needn't be asked."""

from models.hop import Hop
from models.inventory import DataSet, Inventory


def only_one_way(inventory: Inventory, data_set: DataSet) -> bool:
    """Whether each row leads to at most one row of the root, by the keys alone."""
    sets = {each.table: each for each in inventory.data_sets}
    here = data_set
    for _ in sets:
        if here.table == inventory.root:
            return True
        if len(here.hops) != 1 or not _names_one(inventory, sets[here.hops[0].parent], here.hops[0]):
            return False
        here = sets[here.hops[0].parent]
    return False


def _names_one(inventory: Inventory, parent: DataSet, hop: Hop) -> bool:
    if parent.table == inventory.root and inventory.key in hop.parent_columns:
        return True
    return bool(parent.key) and {*parent.key} <= {*hop.parent_columns}
