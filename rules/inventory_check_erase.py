"""Erasing: in an order that foreign keys allow, with what each duty needs. Source: DOMAIN erasure.1."""

from collections.abc import Iterator

from models.inventory import DataSet
from models.inventory_circles import knots
from models.schema import ForeignKeyFacts, TableFacts
from rules.inventory_found import Compared, Finding, same
from rules.inventory_text import entry, quoted


def forbidden(at: Compared) -> Iterator[Finding]:
    """Rows to be deleted that foreign keys will hold."""
    turns = _turns(at)
    for table in at.tables.values():
        for key in table.foreign:
            parent = at.sets.get(key.hop.parent)
            if parent and parent.erase == "delete" and key.hop.child != key.hop.parent and key.on_delete != "SET NULL":
                yield from _held(at, key, turns)


def kept(at: Compared) -> Iterator[Finding]:
    """Rows of two accounts that stay, and hold rows that are deleted. What one hop alone leads to stays with them."""
    for data_set in at.inventory.data_sets:
        if data_set.of_two == "block" or data_set.erase != "delete" or data_set.table not in at.tables:
            continue
        hops = {same(hop) for hop in data_set.hops}
        for key in at.tables[data_set.table].foreign:
            parent, here = at.sets.get(key.hop.parent), same(key.hop)
            cut = data_set.of_two == "hand_over" and here in hops
            if parent and parent.erase == "delete" and key.on_delete != "SET NULL" and not cut and hops != {here}:
                what = f"its rows of two accounts stay, and hold rows of {parent.table} that are deleted ({key.hop})"
                fix = f'write of_two = "hand_over" and the key as a hop, or erase = "mask" for {parent.table}'
                yield Finding(table=data_set.table, what=what, fix=fix)


def masks(at: Compared) -> Iterator[Finding]:
    """Masks that the columns can't take."""
    for data_set in at.inventory.data_sets:
        table = at.tables.get(data_set.table)
        if table and data_set.erase == "mask":
            yield from (Finding(table=table.name, what=what, fix=fix) for what, fix in _mask(at, data_set, table))


def grounds(at: Compared) -> Iterator[Finding]:
    """What is kept without a ground."""
    for data_set in at.inventory.data_sets:
        if data_set.erase == "retain" and not (data_set.retain and data_set.retain.ground.strip()):
            fix = 'write retain = { ground = "…", years = … }'
            yield Finding(table=data_set.table, what="it is retained, on no ground", fix=fix)


def _turns(at: Compared) -> dict[str, int]:
    """At which turn a table's rows go: those of a knot all at the first's."""
    turns = {each.table: turn for turn, each in enumerate(at.inventory.data_sets)}
    for knot in knots(at.inventory):
        members = [table for table in knot if table in turns]
        turns |= dict.fromkeys(members, min((turns[table] for table in members), default=0))
    return turns


def _held(at: Compared, key: ForeignKeyFacts, turns: dict[str, int]) -> Iterator[Finding]:
    child, parent = key.hop.child, key.hop.parent
    here = at.sets.get(child)
    if here and here.erase == "delete":
        if turns[child] > turns[parent] and key.on_delete != "CASCADE":
            what = f"{parent} is erased before it, but {key.hop} holds those rows"
            yield Finding(table=child, what=what, fix=f"move its [[data_set]] before that of {parent}")
    elif (here and not _lets_go(here, key)) or child in at.outside:
        how = "goes with" if key.on_delete == "CASCADE" else "holds"
        stays = f"it is {'masked' if here.erase == 'mask' else 'retained'}" if here else "it stays"
        what = f"{stays}, but {how} rows of {parent} that are deleted ({key.hop})"
        fix = f'write erase = "mask" or erase = "retain" for {parent}, or erase {child} too'
        if here and here.erase == "mask":
            fix = f"add {entry(key.hop.child_columns[0], [])} to its mask, or {fix}"
        yield Finding(table=child, what=what, fix=fix)


def _lets_go(data_set: DataSet, key: ForeignKeyFacts) -> bool:
    """Its mask makes the key point nowhere."""
    mask = data_set.mask if data_set.erase == "mask" else {}
    return any(name in mask and mask[name] is None for name in key.hop.child_columns)


def _mask(at: Compared, data_set: DataSet, table: TableFacts) -> Iterator[tuple[str, str]]:
    columns = {column.name: column for column in table.columns}
    names = {*data_set.key, *([at.inventory.key] if table.name == at.inventory.root else [])}
    if not data_set.mask:
        yield "it is to be masked, but no column is named", 'write mask = { column = "new value" }'
    for name, masked in data_set.mask.items():
        out = f"take {quoted(name)} out of its mask"
        if name not in columns:
            yield f"its mask names a column {name}, which isn't there", out
        elif name in names:
            yield f"its mask would change {name}, by which the row is found", out
        elif columns[name].generated:
            yield f"its mask names {name}, which is computed", out
        elif masked is None and not columns[name].nullable:
            yield f"its mask sets {name} to NULL, which it can't be", "give it a value"
    for key in table.unique:
        if all(data_set.mask.get(name) is not None for name in key):
            what = f"two masked rows would be equal in {', '.join(key)}, which is unique"
            yield what, f"take {quoted(key[0])} out of its mask"
