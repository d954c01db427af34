"""Which tables lead to which by foreign keys. Source: DOMAIN erasure.1."""

from collections.abc import Iterable

from models.hop import Hop
from models.schema import SchemaFacts, TableFacts


def hops_of(schema: SchemaFacts) -> list[Hop]:
    """The foreign keys of all tables, to tables that are there."""
    known = schema.by_name()
    return [key.hop for table in schema.tables for key in table.foreign if key.hop.parent in known]


def leading_to(tables: Iterable[str], hops: Iterable[Hop]) -> set[str]:
    """These tables, and all from which hops lead to one of them."""
    children: dict[str, list[str]] = {}
    for hop in hops:
        children.setdefault(hop.parent, []).append(hop.child)
    return _spread(tables, children)


def led_to(tables: Iterable[str], hops: Iterable[Hop]) -> set[str]:
    """These tables, and all to which hops lead from one of them."""
    parents: dict[str, list[str]] = {}
    for hop in hops:
        parents.setdefault(hop.child, []).append(hop.parent)
    return _spread(tables, parents)


def row_keys(table: TableFacts) -> list[tuple[str, ...]]:
    """Columns that name one row: the primary key first, then the unique ones that are never NULL."""
    return [key for key in (table.primary, *table.unique) if key and (key == table.primary or not table.nullable(key))]


def row_key(table: TableFacts) -> tuple[str, ...]:
    """The first of them, or none."""
    return next(iter(row_keys(table)), ())


def _spread(start: Iterable[str], next_ones: dict[str, list[str]]) -> set[str]:
    met = set(start)
    waiting = list(met)
    while waiting:
        for table in next_ones.get(waiting.pop(), ()):
            if table not in met:
                met.add(table)
                waiting.append(table)
    return met
