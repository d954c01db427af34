"""Schemas made of a few words, for tests of the inventory's rules."""

from models.hop import Hop, parsed
from models.schema import ColumnFacts, ForeignKeyFacts, SchemaFacts, TableFacts


def foreign(hop: str, on_delete: str = "") -> ForeignKeyFacts:
    return ForeignKeyFacts(hop=Hop.model_validate(parsed(hop)), on_delete=on_delete)


def table(name: str, *keys: str | ForeignKeyFacts, columns: str = "id*", primary: str = "id", **facts) -> TableFacts:
    """`columns` in words, one that can't be NULL with a star; those of the keys are added, and may be NULL."""
    own = [key if isinstance(key, ForeignKeyFacts) else foreign(key) for key in keys]
    named = columns.split() + [column for key in own for column in key.hop.child_columns]
    known = {column.rstrip("*"): ColumnFacts(name=column.rstrip("*"), type="int", nullable=False) for column in named}
    for column in set(known) - {column.rstrip("*") for column in named if column.endswith("*")}:
        known[column] = known[column].model_copy(update={"nullable": True})
    return TableFacts(name=name, columns=known.values(), primary=primary.split(), foreign=own, **facts)


def schema(*tables: TableFacts, **left_out: str) -> SchemaFacts:
    return SchemaFacts(dialect="postgresql", tables=tables, left_out=left_out)
