"""Finds out what becomes of each row of the package: by what stands under its key, and with which values."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, column, delete, func, select, update

from connectors.product_restore_erased import Erased
from connectors.product_restore_staged import Fate, Staged, Way
from connectors.product_sql import among, named


def judge(connection: Connection, staged: Staged, others: Mapping[str, Staged], way: Way) -> None:
    """Sets the fate of every staged row; `others` are all staged tables by their written names."""
    judged = _Judge(connection, staged, Erased(staged, others, way), way)
    if staged.key:
        judged.by_key()
    else:
        judged.by_count()


def make_room(connection: Connection, staged: Staged, way: Way) -> None:
    """Deletes what erasing left of keyless rows that come back: nothing points at rows without a key."""
    if staged.key or not staged.loose:
        return
    content = way.text(staged.target.c[name] for name in staged.own)
    row: list[ColumnElement[Any]] = [column(name) for name in way.row(staged)]
    numbered = select(*row, content.label("content"), _number(content)).subquery("numbered")
    form = staged.staging.c[staged.form_name]
    back = select(form.label("content"), func.count().label("n")).where(staged.has(Fate.BACK)).group_by(form)
    due = back.subquery("due")
    met = and_(numbered.c.content == due.c.content, numbered.c.n <= due.c.n)
    gone = select(*(numbered.c[each.name] for each in row)).where(met)
    connection.execute(delete(named(staged.packaged.table, ())).where(among(row, gone)))


class _Judge:
    def __init__(self, connection: Connection, staged: Staged, erased: Erased, way: Way) -> None:
        self._connection, self._staged, self._erased, self._way = connection, staged, erased, way

    def by_key(self) -> None:
        """First those whose key stands, mostly none; then what stands there."""
        staged = self._staged
        self._set(Fate.OTHER, staged.standing())
        other = staged.has(Fate.OTHER)
        self._set(Fate.SAME, other, staged.standing(self._same(staged.own)))
        if staged.packaged.shared:
            self._set(Fate.LEFT, other)
        elif staged.loose:
            fixed = tuple(name for name in staged.own if name not in staged.loose)
            self._set(Fate.BACK, other, staged.standing(self._same(fixed), *self._erased.brought()))

    def by_count(self) -> None:
        """Rows that nothing but their content tells apart: of n equal ones, as many as stand are there already."""
        staged = self._staged
        content = self._way.text(staged.staging.c[name] for name in staged.own)
        self._set(Fate.SAME, self._counted(content))
        if staged.loose:
            form, new = staged.staging.c[staged.form_name], staged.has(Fate.NEW)
            connection = self._connection
            connection.execute(update(staged.staging).values({staged.form_name: content}))
            connection.execute(update(staged.staging).values({staged.form_name: self._erased.form()}).where(new))
            self._set(Fate.BACK, new, self._counted(form))

    def _counted(self, content: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether as many rows of this content stand; those that stand anyway come first."""
        row: list[ColumnElement[Any]] = [column(name) for name in self._way.row(self._staged)]
        last = self._staged.has(Fate.NEW)
        numbered = select(*row, content.label("content"), _number(content, last)).subquery("numbered")
        standing = self._standing().subquery("standing")
        met = and_(numbered.c.content == standing.c.content, numbered.c.n <= standing.c.n)
        return among(row, select(*(numbered.c[each.name] for each in row)).where(met))

    def _standing(self) -> Select[str, int]:
        content = self._way.text(self._staged.target.c[name] for name in self._staged.own)
        return select(content.label("content"), func.count().label("n")).group_by(content)

    def _same(self, names: tuple[str, ...]) -> ColumnElement[bool]:
        text, target, staging = self._way.text, self._staged.target, self._staged.staging
        return text(target.c[name] for name in names) == text(staging.c[name] for name in names)

    def _set(self, fate: Fate, *conditions: ColumnElement[bool]) -> None:
        staged = self._staged
        self._connection.execute(update(staged.staging).values({staged.fate_name: fate.value}).where(*conditions))


def _number(content: ColumnElement[str], *last: ColumnElement[bool]) -> ColumnElement[int]:
    return func.row_number().over(partition_by=content, order_by=last or None).label("n")
