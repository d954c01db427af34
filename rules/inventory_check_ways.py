"""Hops: do they lead to the root, and is every foreign key accounted for? Source: DOMAIN erasure.1."""

from collections.abc import Iterator

from models.hop import Hop
from models.inventory import DataSet, Outside
from rules.inventory_found import Compared, Finding, same
from rules.inventory_text import quoted
from rules.inventory_ways import leading_to


def astray(at: Compared) -> Iterator[Finding]:
    """Hops from or to what isn't there. One that is no foreign key is fine: the product may see to it itself."""
    for table, data_set in at.sets.items():
        for hop in (*data_set.hops, *data_set.ignored):
            yield from _wrong(at, table, hop, starts=hop.child == table, ends=hop.parent in at.sets)
    for table, outside in at.outside.items():
        for hop in outside.used_by:
            yield from _wrong(at, table, hop, starts=hop.child in at.packaged, ends=hop.parent == table)
        for hop in outside.ignored:
            yield from _wrong(at, table, hop, starts=hop.child == table, ends=hop.parent in at.sets)


def lost(at: Compared) -> Iterator[Finding]:
    """Data sets that no chain of hops leads from to the root; and a root that hops lead away from."""
    root = at.inventory.root
    reaching = leading_to([root], (hop for data_set in at.sets.values() for hop in data_set.hops))
    if root not in at.sets:
        yield Finding(table=root, what="the root is no data set", fix=f"add [[data_set]] table = {quoted(root)}")
    elif away := [hop for hop in at.sets[root].hops if hop.parent != root]:
        yield Finding(table=root, what=f"the root's hop {away[0]} leads away from it", fix="move it to its ignored")
    for table in at.sets:
        if table not in reaching:
            found = [key.hop for key in at.tables[table].foreign] if table in at.tables else []
            own = [hop for hop in found if hop.parent in reaching]
            fix = f"write hops = {quoted(own)}" if own else "name the columns that lead there in its hops"
            yield Finding(table=table, what="none of its hops leads on to the root", fix=fix)


def unaccounted(at: Compared) -> Iterator[Finding]:
    """Foreign keys of which the inventory doesn't say whether they make a row the account's."""
    declared: list[DataSet | Outside] = [*at.inventory.data_sets, *at.inventory.outside]
    for each in declared:
        told = {same(hop) for hop in (*getattr(each, "hops", ()), *each.ignored)}
        for key in at.tables[each.table].foreign if each.table in at.tables else ():
            if key.hop.parent in at.sets and same(key.hop) not in told:
                yield _unaccounted(at, key.hop)


def unused(at: Compared) -> Iterator[Finding]:
    """Shared tables whose rows should come along, for exported rows point at them."""
    for table in at.packaged:
        for key in at.tables[table].foreign if table in at.tables else ():
            there = at.outside.get(key.hop.parent)
            if there and there.duty == "shared" and same(key.hop) not in map(same, there.used_by):
                what = f"{key.hop.child} is exported and points at it"
                named = "" if there.name else ", and its name, key and columns"
                fix = f"add to its used_by: {quoted(key.hop)}{named}"
                yield Finding(table=there.table, what=what, fix=fix)


def contradicted(at: Compared) -> Iterator[Finding]:
    """Tables of no concern of which rows would come along all the same."""
    for table, outside in at.outside.items():
        if outside.duty == "none" and outside.used_by:
            what = "its rows are of no concern, but its used_by would export some"
            yield Finding(table=table, what=what, fix='take used_by out, or write duty = "shared"')


def bound(at: Compared) -> Iterator[Finding]:
    """Rows that should be handed over to another account, but can't be cut off this one, nor is what they lie under."""
    for data_set in at.inventory.data_sets:
        table = at.tables.get(data_set.table)
        if table and data_set.of_two == "hand_over":
            for hop in data_set.hops:
                above = at.sets.get(hop.parent)
                with_it = above and above.of_two == "hand_over" and hop.parent not in (table.name, at.inventory.root)
                if not table.nullable(hop.child_columns) and not with_it:
                    what = f"its rows can't be handed over: {', '.join(hop.child_columns)} can't be NULL"
                    yield Finding(table=table.name, what=what, fix='write of_two = "export" or of_two = "keep"')


def listed(at: Compared) -> Iterator[Finding]:
    """File sets that are listed in a column that isn't there."""
    sets = {each.name: each.table for each in at.inventory.data_sets}
    for files in at.inventory.file_sets:
        name, _, column = (files.listed_in or "").partition(".")
        known = at.tables.get(sets.get(name, ""))
        if files.listed_in and (known is None or column not in known.column_names):
            what = f"the file set {files.name} is listed in {files.listed_in}, which isn't there"
            yield Finding(table=sets.get(name, name), what=what, fix='write listed_in = "data set.column"')


def _wrong(at: Compared, table: str, hop: Hop, *, starts: bool, ends: bool) -> Iterator[Finding]:
    fix = "correct it, or take it out"
    if not starts:
        yield Finding(table=table, what=f"{hop} starts at {hop.child}, which isn't exported here", fix=fix)
    if not ends:
        yield Finding(table=table, what=f"{hop} ends at {hop.parent}, which isn't what it should lead to", fix=fix)
    for name, columns in ((hop.child, hop.child_columns), (hop.parent, hop.parent_columns)):
        gone = [each for each in columns if name in at.tables and each not in at.tables[name].column_names]
        if gone:
            yield Finding(table=table, what=f"{hop}: {name} has no column {', '.join(gone)}", fix=fix)


def _unaccounted(at: Compared, hop: Hop) -> Finding:
    what = f"its foreign key {hop} isn't in the inventory"
    if hop.child in at.outside:
        fix = f"declare it as a [[data_set]], or add to its ignored: {quoted(hop)}"
    elif hop.child == at.inventory.root:
        fix = f"add to its ignored: {quoted(hop)}"
    else:
        fix = f"add to its hops, or to ignored if it makes no row the account's: {quoted(hop)}"
    return Finding(table=hop.child, what=what, fix=fix)
