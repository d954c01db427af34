"""Finds out what becomes of each row of the package: by what stands under its key, and with which values."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update

from connectors.product_restore_staged import Fate, Masks, Staged, Way, equal
from connectors.product_sql import named, value
from models.inventory import DataSet, Inventory
from models.schema import ForeignKeyFacts


def masks_of(inventory: Inventory | None) -> dict[str, Masks]:
    """By table, the values that erasing puts into columns of rows that stay. Source: DOMAIN erasure.1."""
    return {each.table: masks for each in inventory.data_sets if (masks := _masks(each))} if inventory else {}


def keep_masks(connection: Connection, staged: Staged) -> None:
    """Puts them into the table that `Way.fill` made for them, as which they are values of their columns."""
    if staged.masks:
        connection.execute(insert(staged.mask).values({name: value(text) for name, text in staged.masks.items()}))


def judge(connection: Connection, staged: Staged, way: Way) -> None:
    """Sets the fate of every staged row."""
    if staged.key:
        _by_key(connection, staged, way)
    else:
        _by_count(connection, staged, way)


def _by_key(connection: Connection, staged: Staged, way: Way) -> None:
    """First those whose key stands, mostly none; then what stands there."""
    _set(connection, staged, Fate.OTHER, staged.standing())
    other = staged.has(Fate.OTHER)
    _set(connection, staged, Fate.SAME, other, staged.standing(_same(staged, staged.own, way)))
    if staged.packaged.shared:
        _set(connection, staged, Fate.LEFT, other)
    elif loose := _loose(staged, way):
        fixed = tuple(name for name in staged.own if name not in loose)
        brought = (or_(_same(staged, (name,), way), *ways) for name, ways in loose.items())
        _set(connection, staged, Fate.BACK, other, staged.standing(_same(staged, fixed, way), *brought))


def _by_count(connection: Connection, staged: Staged, way: Way) -> None:
    """Rows that nothing but their content tells apart: of n equal ones, as many as stand are there already."""
    content = way.text(staged.staging.c[name] for name in staged.own)
    numbered = select(
        way.place(staged).label("place"),
        content.label("content"),
        func.row_number().over(partition_by=content).label("n"),
    ).subquery("numbered")
    there = way.text(staged.target.c[name] for name in staged.own)
    standing = select(there.label("content"), func.count().label("n")).group_by(there).subquery("standing")
    met = select(numbered.c.place).where(numbered.c.content == standing.c.content, numbered.c.n <= standing.c.n)
    _set(connection, staged, Fate.SAME, way.place(staged).in_(met))


def _masks(data_set: DataSet) -> Masks:
    """A row that was handed over to another account lost what pointed at this one."""
    handed = {name: None for hop in data_set.hops for name in hop.child_columns}
    return {
        **(handed if data_set.of_two == "hand_over" else {}),
        **(data_set.mask if data_set.erase == "mask" else {}),
    }


def _loose(staged: Staged, way: Way) -> dict[str, list[ColumnElement[bool]]]:
    """The columns that erasing may have changed in rows that stayed, and how it shows that it did."""
    found: dict[str, list[ColumnElement[bool]]] = {name: [] for name in staged.loose}
    for name, condition in (*_masked(staged, way), *_cut(staged)):
        if name in found:
            found[name].append(condition)
    return found


def _masked(staged: Staged, way: Way) -> Iterator[tuple[str, ColumnElement[bool]]]:
    for name in staged.masks:
        hidden = select(way.text([staged.mask.c[name]])).scalar_subquery()
        yield name, way.text([staged.target.c[name]]) == hidden


def _cut(staged: Staged) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """A foreign key was emptied when the row that it points at was erased: it isn't there now."""
    for key in staged.facts.foreign:
        if set(key.hop.child_columns) <= set(staged.own):
            gone = ~_parent_stands(staged, key)
            for name in key.hop.child_columns:
                yield name, and_(staged.target.c[name].is_(None), gone)


def _parent_stands(staged: Staged, key: ForeignKeyFacts) -> ColumnElement[bool]:
    parent = named(key.hop.parent, key.hop.parent_columns).alias("parent")
    points = equal(parent, key.hop.parent_columns, staged.staging, key.hop.child_columns)
    return exists().select_from(parent).where(points).correlate(staged.staging)


def _same(staged: Staged, names: tuple[str, ...], way: Way) -> ColumnElement[bool]:
    return way.text(staged.target.c[name] for name in names) == way.text(staged.staging.c[name] for name in names)


def _set(connection: Connection, staged: Staged, fate: Fate, *conditions: ColumnElement[bool]) -> None:
    connection.execute(update(staged.staging).values({staged.fate_name: fate.value}).where(*conditions))
