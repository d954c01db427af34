"""Counts what a purge left. It shares no statement with the purge. Source: DOMAIN erasure.4."""

from sqlalchemy import Connection, func

from connectors.product_row import shows
from connectors.product_schema import table_facts
from connectors.reach import reach
from models.inventory import DataSet, Inventory


def left(connection: Connection, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
    """Rows of the account that should be gone; of masked ones those that still show a value of their own.

    Rows of two accounts stay by decision and aren't counted, unless nobody decided.
    """
    if data_set.erase == "retain":
        return 0
    alone = data_set.of_two != "block"
    way = reach(inventory, data_set, root_key, data_set.mask, alone=alone, dialect=connection.dialect.name)
    counted = way.select(func.count())
    if data_set.erase == "mask":
        facts = table_facts(connection, data_set.table)
        counted = counted.where(shows(data_set, facts, way.these(data_set.mask)))
    return int(connection.scalar(counted) or 0)
