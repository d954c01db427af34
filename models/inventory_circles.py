"""Tables whose foreign keys lead in a circle: their rows are found together, and erased together."""

from collections.abc import Collection, Iterable, Mapping

from models.hop import Hop
from models.inventory import DataSet, Inventory


def circles(inventory: Inventory) -> tuple[frozenset[str], ...]:
    """Sets of tables whose hops lead in a circle, a table with a hop to itself included; children first."""
    return _circles(hop for data_set in inventory.data_sets for hop in data_set.hops)


def knots(inventory: Inventory) -> tuple[frozenset[str], ...]:
    """As `circles`, but by ignored keys as well: no order of theirs lets the rows of these tables be erased alone."""
    return _circles(hop for data_set in inventory.data_sets for hop in (*data_set.hops, *data_set.ignored))


def erased_together(inventory: Inventory, data_set: DataSet) -> tuple[DataSet, ...]:
    """The data set, and those of its knot that are to be erased too: none of them can go before the others."""
    knot = next((each for each in knots(inventory) if data_set.table in each), frozenset())
    others = (each for each in inventory.data_sets if each.table in knot - {data_set.table})
    return (data_set, *(each for each in others if each.erase != "retain"))


def strongly_connected(edges: Mapping[str, Collection[str]]) -> list[frozenset[str]]:
    """The strongly connected components of a graph, children first; a lone node is a component of its own."""
    back: dict[str, list[str]] = {}
    for child, parents in edges.items():
        for parent in parents:
            back.setdefault(parent, []).append(child)
    met: set[str] = set()
    finished = [node for start in edges for node in _post_order(start, edges, met)]
    seen: set[str] = set()
    found = (frozenset(_post_order(start, back, seen)) for start in reversed(finished))
    return [component for component in found if component]


def _circles(hops: Iterable[Hop]) -> tuple[frozenset[str], ...]:
    edges: dict[str, dict[str, None]] = {}
    for hop in hops:
        edges.setdefault(hop.child, {})[hop.parent] = None
        edges.setdefault(hop.parent, {})
    found = strongly_connected(edges)
    return tuple(each for each in found if len(each) > 1 or any(node in edges[node] for node in each))


def _post_order(start: str, edges: Mapping[str, Collection[str]], met: set[str]) -> list[str]:
    """The nodes not met yet that `start` leads to, each after those that it leads to; no recursion: chains are long."""
    if start in met:
        return []
    met.add(start)
    done: list[str] = []
    open_nodes = [(start, iter(edges.get(start, ())))]
    while open_nodes:
        node, parents = open_nodes[-1]
        step = next((parent for parent in parents if parent not in met), None)
        if step is None:
            done.append(node)
            open_nodes.pop()
        else:
            met.add(step)
            open_nodes.append((step, iter(edges.get(step, ()))))
    return done
