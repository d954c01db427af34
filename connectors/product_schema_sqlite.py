"""What SQLite says of its tables: pragmas as tables, one query each for any number of tables."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

from models.hop import Hop, written
from models.schema import ColumnFacts, ForeignKeyFacts, SchemaFacts, TableFacts

# `hidden` is 1 for a virtual table's own columns, 2 and 3 for computed ones. CROSS JOIN keeps the order of the pragmas,
# each of which needs what the one before it says.
_TABLES = text("""
SELECT schema, name, type, wr AS without_rowid FROM pragma_table_list
WHERE schema <> 'temp' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY schema <> 'main', schema, name
""")
_COLUMNS = text("""
SELECT l.schema, l.name AS "table", x.name, x.type, x."notnull" AS required, x.pk, x.hidden
FROM pragma_table_list AS l CROSS JOIN pragma_table_xinfo(l.name, l.schema) AS x WHERE x.hidden <> 1
ORDER BY l.schema, l.name, x.cid
""")
_UNIQUE = text("""
SELECT l.schema, l.name AS "table", i.name AS key, x.name, x.cid
FROM pragma_table_list AS l CROSS JOIN pragma_index_list(l.name, l.schema) AS i
CROSS JOIN pragma_index_info(i.name, l.schema) AS x
WHERE i."unique" AND NOT i.partial AND i.origin <> 'pk' ORDER BY l.schema, l.name, i.seq, x.seqno
""")
_FOREIGN = text("""
SELECT l.schema, l.name AS "table", f.id, f."table" AS parent, f."from" AS child_column, f."to" AS parent_column,
  f.on_delete
FROM pragma_table_list AS l CROSS JOIN pragma_foreign_key_list(l.name, l.schema) AS f
ORDER BY l.schema, l.name, f.id DESC, f.seq
""")
_NO_TABLE = {"view": "a view", "shadow": "a part of a virtual table, read as that"}
_ROWID = "INTEGER"
_Table = tuple[str, str]


def facts(connection: Connection, only: str | None = None) -> SchemaFacts:
    """The tables of the file and of those attached to it, or only one; asked anew each time."""
    listed = list(connection.execute(_TABLES))
    columns, unique, foreign = (_by_table(connection.execute(query)) for query in (_COLUMNS, _UNIQUE, _FOREIGN))
    spelling = _Spelling(columns)
    return SchemaFacts(
        dialect=connection.dialect.name,
        tables=tuple(
            TableFacts(
                name=_name(*here),
                columns=tuple(_column(row, _never_null(table, columns[here])) for row in columns[here]),
                primary=_primary(columns[here]),
                unique=_unique(unique.get(here, ())),
                foreign=_foreign(foreign.get(here, ()), spelling),
            )
            for table in listed
            for here in [(table.schema, table.name)]
            if table.type not in _NO_TABLE and only in (None, _name(*here))
        ),
        left_out={_name(row.schema, row.name): _NO_TABLE[row.type] for row in listed if row.type in _NO_TABLE},
    )


def _name(schema: str, table: str) -> str:
    return written(table, None if schema == "main" else schema)


def _by_table(rows: Iterable[Row[Any]]) -> dict[_Table, list[Row[Any]]]:
    found: dict[_Table, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault((row.schema, row.table), []).append(row)
    return found


def _column(row: Row[Any], never_null: tuple[str, ...]) -> ColumnFacts:
    """The type is any word that somebody declared."""
    nullable = not row.required and row.name not in never_null
    return ColumnFacts(name=row.name, type=row.type, nullable=nullable, generated=bool(row.hidden))


def _never_null(table: Row[Any], columns: list[Row[Any]]) -> tuple[str, ...]:
    """The primary key where it is the row's own number, or its place; any other may hold NULL in SQLite."""
    kinds = [row.type.upper() for row in columns if row.pk]
    return _primary(columns) if table.without_rowid or kinds == [_ROWID] else ()


def _primary(columns: list[Row[Any]]) -> tuple[str, ...]:
    return tuple(row.name for row in sorted(columns, key=lambda row: row.pk) if row.pk)


def _unique(rows: Iterable[Row[Any]]) -> tuple[tuple[str, ...], ...]:
    """An index over an expression has a column without a name, and says nothing of columns."""
    indexes: dict[str, list[str | None]] = {}
    for row in rows:
        indexes.setdefault(row.key, []).append(row.name)
    return tuple(tuple(name for name in names if name is not None) for names in indexes.values() if None not in names)


class _Spelling:
    """Names as their own table spells them: SQLite doesn't tell upper case from lower."""

    def __init__(self, columns: Mapping[_Table, list[Row[Any]]]) -> None:
        self.columns = columns
        self._tables = {(schema, name.lower()): name for schema, name in columns}

    def table(self, schema: str, name: str) -> _Table | None:
        found = self._tables.get((schema, name.lower()))
        return None if found is None else (schema, found)

    def names(self, table: _Table, wanted: Iterable[str]) -> tuple[str, ...]:
        """Those that there are."""
        spelt = {row.name.lower(): row.name for row in self.columns[table]}
        return tuple(spelt[name.lower()] for name in wanted if name.lower() in spelt)


def _foreign(rows: Iterable[Row[Any]], spelling: _Spelling) -> tuple[ForeignKeyFacts, ...]:
    keys: dict[int, list[Row[Any]]] = {}
    for row in rows:
        keys.setdefault(row.id, []).append(row)
    found = [_key(key, spelling) for key in keys.values()]
    return tuple({key.hop: key for key in found if key}.values())


def _key(rows: list[Row[Any]], spelling: _Spelling) -> ForeignKeyFacts | None:
    """None for a key that leads nowhere: to no table, or to no such columns. Any can be deferred, by a pragma."""
    child, parent = (rows[0].schema, rows[0].table), spelling.table(rows[0].schema, rows[0].parent)
    if parent is None:
        return None
    wanted = [row.parent_column for row in rows]
    there = _primary(spelling.columns[parent]) if None in wanted else spelling.names(parent, wanted)
    here = spelling.names(child, [row.child_column for row in rows])
    if not len(here) == len(there) == len(rows):
        return None
    hop = Hop(child=_name(*child), child_columns=here, parent=_name(*parent), parent_columns=there)
    on_delete = "" if rows[0].on_delete == "NO ACTION" else rows[0].on_delete
    return ForeignKeyFacts(hop=hop, on_delete=on_delete, deferrable=True)
