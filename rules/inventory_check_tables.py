"""Tables, columns and keys: declared as they are? Source: DOMAIN erasure.1."""

from collections.abc import Iterator, Sequence

from models.hop import Hop, split
from models.inventory import DataSet
from models.schema import TableFacts
from rules.inventory_found import Compared, Finding
from rules.inventory_text import entry, quoted, safe_name
from rules.inventory_ways import hops_of, leading_to, row_key, row_keys


def undeclared(at: Compared) -> Iterator[Finding]:
    """Tables without a rule."""
    hops = [hop for hop in hops_of(at.schema) if hop.child not in at.outside]
    reaching = leading_to([at.inventory.root, *at.sets], hops)
    for name, table in at.tables.items():
        if name in reaching and name not in at.sets:
            own = [key.hop for key in table.foreign if key.hop.parent in reaching]
            yield Finding(
                table=name, what="it can reach the root, and has no rule", fix=f"add [[data_set]] {_set(table, own)}"
            )
        elif name not in at.sets and name not in at.outside:
            used_by = [
                hop for hop in hops if hop.parent == name and (hop.child in at.packaged or hop.child in reaching)
            ]
            duty = f'duty = "shared", used_by = {quoted(used_by)}' if used_by else 'duty = "none"'
            fix = f'add [[outside]] table = {quoted(name)}, {duty}, reason = "…"' + (
                f", {_named(table)}" if used_by else ""
            )
            yield Finding(table=name, what="it has no rule", fix=fix)


def missing(at: Compared) -> Iterator[Finding]:
    """Declared tables that aren't there."""
    for name in (*at.sets, *at.outside):
        if name in at.schema.left_out:
            what = f"it is no table of its own: {at.schema.left_out[name]}"
            yield Finding(table=name, what=what, fix="take it out of the inventory")
        elif name not in at.tables:
            alike = [each for each in at.tables if _bare(each) == _bare(name)]
            fix = f"write {' or '.join(map(quoted, alike))}" if alike else "take it out of the inventory"
            yield Finding(table=name, what="there is no such table", fix=fix)


def unreadable(at: Compared) -> Iterator[Finding]:
    """Tables that we must read and can't, or not whole."""
    for data_set, table in at.there():
        name, schema = split(table.name)
        written = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part)
        if not table.readable:
            fix = f"GRANT SELECT ON {written} (and USAGE on its schema) to the role of the product's URL"
            yield Finding(table=data_set.table, what="we may not read it", fix=fix)
        elif table.row_security:
            fix = "ALTER ROLE … BYPASSRLS for the role of the product's URL"
            yield Finding(table=data_set.table, what="row security may hide rows of it from us", fix=fix)


def drifted(at: Compared) -> Iterator[Finding]:
    """Columns that are new, gone, or of another type than declared."""
    for data_set, table in at.there():
        present = {column.name: column.type for column in table.columns}
        if not data_set.columns:
            fix = f"write columns = {quoted(list(present))}"
            yield Finding(table=table.name, what="no columns are declared, so no drift would be seen", fix=fix)
            continue
        yield from _drift(data_set, table.name, present)


def keys(at: Compared) -> Iterator[Finding]:
    """Keys that don't name one row."""
    root = at.tables.get(at.inventory.root)
    if root and not _names_one_row(root, (at.inventory.key,)):
        fix = f"write key = {quoted(root.primary[0])}" if len(root.primary) == 1 else "name a unique column in `key`"
        yield Finding(table=root.name, what=f"the root's key {at.inventory.key} isn't unique", fix=fix)
    for data_set, table in at.there():
        if data_set.key and not _names_one_row(table, data_set.key):
            what = f"its key {', '.join(data_set.key)} doesn't name one row"
            yield Finding(table=table.name, what=what, fix=_right_key(table))
        elif not data_set.key and row_key(table):
            yield Finding(table=table.name, what="its rows have a key, which isn't named", fix=_right_key(table))


def left_out(at: Compared) -> Iterator[Finding]:
    """Columns that are left out of the package though they aren't there, or name its rows."""
    for data_set, table in at.there():
        for name in data_set.leave_out:
            fix = f"take {quoted(name)} out of its leave_out"
            if name not in table.column_names:
                yield Finding(table=table.name, what=f"its leave_out names a column {name}, which isn't there", fix=fix)
            elif name in data_set.key:
                yield Finding(table=table.name, what=f"its leave_out names {name}, by which a row is found", fix=fix)


def reasons(at: Compared) -> Iterator[Finding]:
    """Tables outside of which nobody said why."""
    for name, outside in at.outside.items():
        if not outside.reason.strip():
            what = f"nobody said why its rows are {'shared' if outside.duty == 'shared' else 'of no concern'}"
            yield Finding(table=name, what=what, fix='write reason = "…"')


def _names_one_row(table: TableFacts, columns: tuple[str, ...]) -> bool:
    return any({*key} <= {*columns} for key in row_keys(table))


def _right_key(table: TableFacts) -> str:
    return f"write key = {quoted(row_key(table))}" if row_key(table) else "leave `key` out: no columns are unique"


def _set(table: TableFacts, hops: Sequence[Hop]) -> str:
    return f"table = {quoted(table.name)}, hops = {quoted(hops)}, {_named(table)}"


def _named(table: TableFacts) -> str:
    columns = quoted([column.name for column in table.columns])
    return f"name = {quoted(safe_name(table.name))}, key = {quoted(row_key(table))}, columns = {columns}"


def _drift(data_set: DataSet, table: str, present: dict[str, str]) -> Iterator[Finding]:
    for name, kind in present.items():
        told = data_set.columns.get(name)
        if told is None:
            what = f"its column {name} ({kind or 'no type'}) isn't declared"
            yield Finding(table=table, what=what, fix=f"add {_line(data_set, name, kind)} to its columns")
        elif told and told != kind:
            what = f"its column {name} is {kind}, not {told}"
            yield Finding(table=table, what=what, fix=f"write {_line(data_set, name, kind)} in its columns")
    for name in data_set.columns:
        if name not in present:
            what = f"it has no column {name} any more"
            yield Finding(table=table, what=what, fix=f"take {quoted(name)} out of its columns")


def _line(data_set: DataSet, name: str, kind: str) -> str:
    """The column as this data set's others are written: with types, or as a list of names."""
    return entry(name, kind) if any(data_set.columns.values()) else quoted(name)


def _bare(table: str) -> str:
    return split(table)[0].lower()
