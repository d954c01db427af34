"""How belonging flows from table to table: from parents to their children, from exported rows to what they use."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.errors import Rejected
from models.hop import Hop
from models.inventory import DataSet, Inventory


@dataclass(frozen=True)
class Flow:
    """A row of `target` belongs if its `target_columns` hold the `source_columns` of a row of `source` that does."""

    source: str
    source_columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True)
class Flows:
    """What leads to one data set: through data sets from the root, from those into shared tables, among these."""

    own: tuple[Flow, ...]
    outward: tuple[Flow, ...]
    shared: tuple[Flow, ...]
    columns: dict[str, list[str]]
    """Table → all its columns that take part."""
    asked: dict[str, list[str]]
    """Table → its columns that lead on."""


def flows_to(inventory: Inventory, data_set: DataSet) -> Flows:
    """All flows that make a row of the data set the account's, or part of its reference set.

    Raises:
        Rejected: a hop starts or ends elsewhere, or nothing leads to the root: it could reach the rows of others.
    """
    sets = {each.table: each for each in (*inventory.data_sets, *inventory.reference_sets)}
    sets[data_set.table] = data_set
    shared = {each.table for each in sets.values() if each.used_by}
    found = _lineage(sets, data_set)
    if inventory.root not in {data_set.table, *(flow.source for flow in found)}:
        raise _astray(data_set, f"no hop leads from {data_set.table} to {inventory.root}")
    return Flows(
        own=tuple(flow for flow in found if flow.target not in shared),
        outward=tuple(flow for flow in found if flow.target in shared and flow.source not in shared),
        shared=tuple(flow for flow in found if flow.source in shared),
        columns=_by_table(_taking_part(inventory, data_set, found)),
        asked=_by_table((flow.source, flow.source_columns) for flow in found),
    )


def _lineage(sets: dict[str, DataSet], data_set: DataSet) -> list[Flow]:
    waiting, met, found = [data_set], {data_set.table}, []
    while waiting:
        here = waiting.pop()
        into = _into(sets, here)
        found += into
        for source in dict.fromkeys(flow.source for flow in into):
            if source not in met:
                met.add(source)
                waiting.append(sets[source])
    return found


def _into(sets: dict[str, DataSet], data_set: DataSet) -> list[Flow]:
    down = [_down(hop) for hop in data_set.hops]
    up = [_up(hop) for hop in data_set.used_by]
    for flow, hop in zip((*down, *up), (*data_set.hops, *data_set.used_by), strict=True):
        if flow.target != data_set.table or flow.source not in sets:
            raise _astray(data_set, f"{hop} isn't a hop of {data_set.table} to a data set")
    return [*down, *(flow for flow in up if sets[flow.source].export)]


def _down(hop: Hop) -> Flow:
    return Flow(hop.parent, hop.parent_columns, hop.child, hop.child_columns)


def _up(hop: Hop) -> Flow:
    return Flow(hop.child, hop.child_columns, hop.parent, hop.parent_columns)


def _taking_part(
    inventory: Inventory, data_set: DataSet, flows: Iterable[Flow]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield inventory.root, (inventory.key,)
    yield data_set.table, data_set.key
    for flow in flows:
        yield flow.source, flow.source_columns
        yield flow.target, flow.target_columns


def _by_table(columns: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for table, names in columns:
        found[table].update(names)
    return {table: sorted(names) for table, names in found.items()}


def _astray(data_set: DataSet, what: str) -> Rejected:
    return Rejected("inventory", f"{data_set.name}: {what}", "correct its `hops` or `used_by`")
