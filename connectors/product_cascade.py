"""Rows that a foreign key would take along unasked: of others, retained, or kept as rows of two accounts."""

from collections.abc import Mapping

from sqlalchemy import FromClause, exists, not_, select

from connectors.errors import Conflict
from connectors.product_row import Target
from connectors.product_schema import table_facts
from connectors.product_sql import among, named
from models.hop import Hop
from models.inventory import DataSet

Taken = Mapping[str, tuple[Target, FromClause]]


def refuse_cascade(target: Target, taken: FromClause, together: Taken) -> None:
    """Before rows go: whether ON DELETE CASCADE would delete more than what is `together`.

    Raises:
        Conflict: it would.
    """
    if target.data_set.erase != "delete":
        return
    for child, hop in target.children():
        if _cascades(target, child, hop) and _points(target, taken, hop, together.get(child.table)):
            what = f"rows of {child.name} that must stay point at rows of {target.data_set.name} that are to go"
            raise Conflict("product database", what, f"hand them over, or erase {child.name} before")


def _cascades(target: Target, child: DataSet, hop: Hop) -> bool:
    keys = table_facts(target.connection, child.table).foreign
    return any(key.hop == hop and key.on_delete == "CASCADE" for key in keys)


def _points(target: Target, taken: FromClause, hop: Hop, gone: tuple[Target, FromClause] | None) -> bool:
    row = gone[0].row if gone else ()
    own = named(hop.child, [*hop.child_columns, *row])
    there = select(*(taken.c[name] for name in hop.parent_columns))
    pointing = select(own).where(among([own.c[name] for name in hop.child_columns], there))
    if gone:
        pointing = pointing.where(
            not_(among([own.c[name] for name in row], select(*(gone[1].c[name] for name in row))))
        )
    return bool(target.connection.scalar(select(exists(pointing))))
