"""What a legal hold freezes. Source: DOMAIN erasure.3."""

from collections.abc import Iterable

from models.inventory import Inventory


def frozen(inventory: Inventory, covered: Iterable[str]) -> frozenset[str]:
    """The data sets that a hold covers, and those that are to be deleted and that frozen rows point at.

    A row can't go before those that point at it; what is only masked stays, and its values aren't the hold's.
    """
    sets = {each.table: each for each in inventory.data_sets}
    names = set(covered)
    news = [each for each in inventory.data_sets if each.name in names]
    while news:
        here = news.pop()
        parents = [sets[hop.parent] for hop in (*here.hops, *here.ignored) if hop.parent in sets]
        more = [each for each in parents if each.erase == "delete" and each.name not in names]
        names.update(each.name for each in more)
        news += more
    return frozenset(names)
