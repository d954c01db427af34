"""Proves, before it counts, that what stands in the tables is what the package holds."""

from sqlalchemy import ColumnElement, Connection, func, or_, select

from connectors.errors import Rejected
from connectors.product_restore_staged import WRITTEN, Fate, Staged, Way, counted
from models.payload import Payload


class RestoredTable(Payload):
    """What became of a table's rows in the package.

    `brought_back`: erasing had left them, masked or cut. `left`: shared rows that have changed since.
    """

    name: str
    table: str
    rows: int
    inserted: int = 0
    brought_back: int = 0
    standing: int = 0
    left: int = 0


def prove(connection: Connection, staged: Staged, way: Way) -> None:
    """Compares every row that was written with the package's, computed columns too.

    Raises:
        Rejected: something, such as a trigger, made another row of it.
    """
    wrong = _wrong_by_key(connection, staged, way) if staged.key else _wrong_by_count(connection, staged, way)
    if wrong:
        table = staged.packaged.table
        what = f"{wrong} of the rows of {table} came out otherwise than the package has them"
        raise Rejected("product database", what, f"look at the triggers and rules of {table}")


def outcome(connection: Connection, staged: Staged) -> RestoredTable:
    """What became of the package's rows."""
    query = select(staged.fate, func.count()).group_by(staged.fate)
    fates = {str(fate): int(rows) for fate, rows in connection.execute(query)}
    return RestoredTable(
        name=staged.packaged.name,
        table=staged.packaged.table,
        rows=staged.packaged.rows,
        inserted=fates.get(Fate.NEW, 0),
        brought_back=fates.get(Fate.BACK, 0),
        standing=fates.get(Fate.SAME, 0),
        left=fates.get(Fate.LEFT, 0),
    )


def _wrong_by_key(connection: Connection, staged: Staged, way: Way) -> int:
    ours, theirs = _texts(staged, way)
    return counted(connection, staged, staged.has(*WRITTEN), ~staged.standing(ours == theirs))


def _wrong_by_count(connection: Connection, staged: Staged, way: Way) -> int:
    """Equal rows: at least as many stand as the package has."""
    ours, theirs = _texts(staged, way)
    wanted = select(ours.label("content"), func.count().label("n")).group_by(ours).subquery("wanted")
    there = select(theirs.label("content"), func.count().label("n")).group_by(theirs).subquery("there")
    both = wanted.outerjoin(there, wanted.c.content == there.c.content)
    lacking = select(func.count()).select_from(both).where(or_(there.c.n.is_(None), there.c.n < wanted.c.n))
    return int(connection.scalar(lacking) or 0)


def _texts(staged: Staged, way: Way) -> tuple[ColumnElement[str], ColumnElement[str]]:
    names = staged.packaged.columns
    return way.text(staged.staging.c[each] for each in names), way.text(staged.target.c[each] for each in names)
