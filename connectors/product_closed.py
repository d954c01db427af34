"""Whether a foreign key holds within a package: a row that another account has may be pointed at, and stays."""

from sqlalchemy import ColumnElement, Connection, and_, exists, literal_column, or_, select

from connectors.reach import reach
from models.hop import Hop
from models.inventory import DataSet, Inventory

_ONE: ColumnElement[int] = literal_column("1")


def is_closed(connection: Connection, inventory: Inventory, data_set: DataSet, hop: Hop, root_key: str) -> bool:
    """Whether each row of the data set that points anywhere by this key points at a row that is exported, too."""
    pointed_at = next(each for each in (*inventory.data_sets, *inventory.reference_sets) if each.table == hop.parent)
    dialect = connection.dialect.name
    here = reach(inventory, data_set, root_key, hop.child_columns, exported=True, dialect=dialect)
    there = reach(inventory, pointed_at, root_key, hop.parent_columns, exported=True, dialect=dialect)
    ends = there.select(*there.these(hop.parent_columns)).subquery()
    own = here.these(hop.child_columns)
    pairs = (mine == ends.c[name] for mine, name in zip(own, hop.parent_columns, strict=True))
    lost = here.select(_ONE).where(
        or_(*(each.is_not(None) for each in own)), ~exists(select(_ONE).select_from(ends).where(and_(*pairs)))
    )
    return not connection.scalar(select(exists(lost)))
