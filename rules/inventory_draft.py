"""A first inventory, from what the database says of itself: a person reviews it. Source: DOMAIN erasure.1."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import count
from typing import Literal, get_args

from models.hop import Hop, split
from models.inventory import DataSet, Inventory, Outside, OwnSet
from models.inventory_circles import strongly_connected
from models.schema import SchemaFacts, TableFacts
from rules.inventory_text import safe_name
from rules.inventory_ways import hops_of, leading_to, led_to, row_key

_OWN = get_args(OwnSet.model_fields["name"].annotation)


class DraftRefused(Exception):
    """No inventory can be drafted: what is wrong with the `root` or the `key`, and the `fix`."""

    def __init__(self, about: Literal["root", "key"], what: str, fix: str) -> None:
        """Keeps all three for the person who asked."""
        super().__init__(what)
        self.about, self.what, self.fix = about, what, fix


def draft(schema: SchemaFacts, root: str, key: str | None = None, *, subsidiaries: bool = False) -> Inventory:
    """All tables: those that reach the root with the keys they do it by, the others outside, reasons left empty.

    The root's key to itself is followed with `subsidiaries` only: rows under a customer are other customers.

    Raises:
        DraftRefused: there is no such root, or nothing says which of its columns is the account's key.
    """
    tables = schema.by_name()
    root_table = _root(root, tables)
    hops = hops_of(schema)
    reaching = leading_to([root_table.name], hops)
    shared = led_to(reaching, hops) - reaching
    names = _names(tables)
    leaving = _by(lambda hop: hop.child, (hop for hop in hops if hop.parent in reaching))
    used_by = _by(lambda hop: hop.parent, (hop for hop in hops if hop.child in reaching | shared))
    sets = {
        name: _data_set(
            tables[name], names[name], *_followed(leaving[name], root_table.name, subsidiaries=subsidiaries)
        )
        for name in sorted(reaching)
    }
    return Inventory(
        root=root_table.name,
        key=_key(root_table, key),
        data_set=[sets[name] for name in _order(sets)],
        outside=[
            _shared(table, names[name], used_by[name])
            if name in shared
            else Outside(table=name, duty="none", reason="")
            for name, table in tables.items()
            if name not in reaching
        ],
        own=[OwnSet(name=name) for name in _OWN],
    )


def _root(root: str, tables: dict[str, TableFacts]) -> TableFacts:
    if root in tables:
        return tables[root]
    alike = [name for name in tables if name.lower() == root.lower() or split(name)[0] == root]
    fix = f"did you mean {', '.join(alike)}?" if alike else "name the table whose rows are the accounts"
    raise DraftRefused("root", f"there is no table {root}", fix)


def _key(root: TableFacts, key: str | None) -> str:
    if key is None:
        if len(root.primary) != 1:
            what = f"the primary key of {root.name} is {', '.join(root.primary) or 'missing'}, not one column"
            raise DraftRefused("key", what, "say which column names an account: --key COLUMN")
        return root.primary[0]
    if key not in root.column_names:
        what = f"{root.name} has no column {key}"
        raise DraftRefused("key", what, f"it has {', '.join(root.column_names)}")
    return key


def _by(side: Callable[[Hop], str], hops: Iterable[Hop]) -> defaultdict[str, list[Hop]]:
    found: defaultdict[str, list[Hop]] = defaultdict(list)
    for hop in hops:
        found[side(hop)].append(hop)
    return found


def _followed(hops: list[Hop], root: str, *, subsidiaries: bool) -> tuple[list[Hop], list[Hop]]:
    """Which are hops, and which are ignored: a key of the root leads away from the account, or to one above it."""
    ignored = [hop for hop in hops if hop.child == root and not (hop.parent == root and subsidiaries)]
    return [hop for hop in hops if hop not in ignored], ignored


def _data_set(table: TableFacts, name: str, hops: list[Hop], ignored: list[Hop]) -> DataSet:
    columns = {column.name: column.type for column in table.columns}
    return DataSet(
        name=name, table=table.name, key=row_key(table), hops=tuple(hops), ignored=tuple(ignored), columns=columns
    )


def _shared(table: TableFacts, name: str, used_by: list[Hop]) -> Outside:
    """Exported rows point at some of its rows, or rows that come along with them do."""
    columns = {column.name: column.type for column in table.columns}
    key = row_key(table)
    return Outside(
        table=table.name, duty="shared", reason="", name=name, key=key, used_by=tuple(used_by), columns=columns
    )


def _order(sets: dict[str, DataSet]) -> list[str]:
    """Children before parents, as far as there is such an order; what lies in a circle stands together."""
    hops = {table: [hop.parent for hop in data_set.hops] for table, data_set in sets.items()}
    keys = {table: [*hops[table], *(hop.parent for hop in data_set.ignored)] for table, data_set in sets.items()}
    place = {table: number for number, circle in enumerate(strongly_connected(hops)) for table in circle}
    return [table for knot in strongly_connected(keys) for table in sorted(knot, key=lambda each: (place[each], each))]


def _names(tables: Iterable[str]) -> dict[str, str]:
    """For each table a name that any file system takes, and no other table has."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for table in tables:
        safe = safe_name(table)
        name = next(name for number in count(1) if (name := safe if number == 1 else f"{safe}_{number}") not in taken)
        names[table] = name
        taken.add(name)
    return names
