"""Which foreign key holds rows that are to be erased, said in one line: constraint and table, never a value."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from connectors.errors import Conflict
from connectors.product_schema import schema_facts
from connectors.store.sessions import READS
from models.inventory import DataSet, Inventory
from models.inventory_circles import erased_together

_FIX = "erase those rows in the product, or give the table its rule in the inventory; then try again"


@contextmanager
def held_rows(engine: Engine, inventory: Inventory, data_set: DataSet) -> Iterator[None]:
    """Turns a foreign key that holds a row into a Conflict that names it; the transaction inside is over by then."""
    try:
        yield
    except IntegrityError as error:
        name = _of_postgresql(error) or _not_in_inventory(engine, inventory, data_set)
        if name is None:
            raise
        what = f"rows of {data_set.name} can't be erased: {name} holds them"
        raise Conflict("product database", what, _FIX) from None


def _of_postgresql(error: IntegrityError) -> str | None:
    """The server names the constraint, and the table that has it."""
    if not isinstance(error.orig, psycopg.errors.ForeignKeyViolation):
        return None
    said = error.orig.diag
    return f"the foreign key {said.constraint_name} of {said.table_name}"


def _not_in_inventory(engine: Engine, inventory: Inventory, data_set: DataSet) -> str | None:
    """SQLite doesn't say which: it's one that points there and isn't the inventory's own."""
    going = {each.table for each in erased_together(inventory, data_set)}
    known = {str(hop) for each in inventory.data_sets for hop in (*each.hops, *each.ignored)}
    with engine.execution_options(**{READS: True}).connect() as connection:
        keys = [key.hop for table in schema_facts(connection).tables for key in table.foreign]
    strange = [str(hop) for hop in keys if hop.parent in going and str(hop) not in known]
    return f"the foreign key {' or '.join(strange)}" if strange else None
