"""What PostgreSQL says of its tables, from the catalog: five queries for any number of tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from models.hop import Hop, written
from models.schema import ColumnFacts, ForeignKeyFacts, SchemaFacts, TableFacts

# `own` says whether an heir (INHERITS) has columns that its parent hasn't; a partition never has.
_RELATIONS = text("""
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relispartition AS partition,
  n.nspname = current_schema() AS at_home,
  (SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1) AS parent,
  EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0) AS own,
  (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' LIMIT 1) AS extension
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY n.nspname <> current_schema(), n.nspname, c.relname
""")
_RIGHTS = text("""
SELECT c.oid, c.relrowsecurity AND row_security_active(c.oid) AS row_security,
  has_schema_privilege(c.relnamespace, 'USAGE') AND NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT')) AS readable
FROM pg_class c WHERE c.oid = ANY(CAST(:tables AS oid[]))
""")
_COLUMNS = text("""
SELECT a.attrelid AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
  NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS nullable,
  a.attgenerated <> '' AS generated, a.attidentity <> '' AS identity
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = ANY(CAST(:tables AS oid[])) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
""")
_NAMES = """ARRAY(SELECT a.attname::text FROM unnest({numbers}) WITH ORDINALITY AS k(number, place)
  JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = k.number WHERE k.place <= {count} ORDER BY k.place)"""
_KEYS = text(f"""
SELECT i.indrelid AS oid, i.indisprimary AS primary,
  {_NAMES.format(numbers="i.indkey::int2[]", table="i.indrelid", count="i.indnkeyatts")} AS columns
FROM pg_index i
WHERE i.indrelid = ANY(CAST(:tables AS oid[])) AND i.indisunique AND i.indisvalid
  AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indrelid, i.indexrelid
""")  # noqa: S608 - no value is in it
# A key of periods (PostgreSQL 18) is met by several rows together, so its period, the last column, is left away.
_FOREIGN = text(f"""
SELECT f.conrelid AS oid, f.confrelid AS parent, f.confdeltype AS on_delete, f.condeferrable AS deferrable,
  {_NAMES.format(numbers="f.conkey", table="f.conrelid", count="f.size")} AS child_columns,
  {_NAMES.format(numbers="f.confkey", table="f.confrelid", count="f.size")} AS parent_columns
FROM (SELECT *, cardinality(c.conkey) - coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false)::int AS size
  FROM pg_constraint c
  WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conrelid = ANY(CAST(:tables AS oid[]))) AS f
ORDER BY f.conrelid, f.conname
""")  # noqa: S608 - no value is in it
_ON_DELETE = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_NO_TABLE = {
    "v": "a view",
    "m": "a materialized view: it keeps erased rows until it is refreshed",
    "f": "a foreign table: its rows lie in another database",
}


@dataclass(frozen=True)
class _Relations:
    """All relations by oid, which of them are tables of their own, and why the others aren't."""

    rows: dict[int, Row[Any]]
    left_out: dict[int, str]

    def name(self, oid: int) -> str:
        row = self.rows[oid]
        return written(row.name, None if row.at_home else row.schema)

    def table(self, oid: int) -> int:
        """The table whose rows include this one's: a partition is part of its parent, however deep."""
        while oid in self.left_out and self.rows[oid].parent in self.rows:
            oid = self.rows[oid].parent
        return oid

    def parts(self, tables: Iterable[int]) -> list[int]:
        wanted = set(tables)
        return [oid for oid in self.rows if self.table(oid) in wanted]


def facts(connection: Connection, only: str | None = None) -> SchemaFacts:
    """The tables of all schemas but the system's, or only one; asked anew each time."""
    relations = _relations(connection)
    tables = [oid for oid in relations.rows if oid not in relations.left_out]
    if only is not None:
        tables = [oid for oid in tables if relations.name(oid) == only]
    return SchemaFacts(
        dialect=connection.dialect.name,
        tables=_tables(connection, relations, tables),
        left_out={relations.name(oid): why for oid, why in relations.left_out.items()},
    )


def _relations(connection: Connection) -> _Relations:
    relations = _Relations({row.oid: row for row in connection.execute(_RELATIONS)}, {})
    for oid, row in relations.rows.items():
        if why := _why_left_out(row, relations):
            relations.left_out[oid] = why
    return relations


def _why_left_out(row: Row[Any], relations: _Relations) -> str:
    if row.kind in _NO_TABLE:
        return _NO_TABLE[row.kind]
    if row.extension:
        return f"it belongs to the extension {row.extension}"
    if row.parent in relations.rows and (row.partition or not row.own):
        return f"{'a partition' if row.partition else 'an heir'} of {relations.name(row.parent)}, read as part of it"
    return ""


def _tables(connection: Connection, relations: _Relations, tables: list[int]) -> tuple[TableFacts, ...]:
    """The facts of these tables; a foreign key of a partition, or to one, is its table's."""
    rights = {row.oid: row for row in connection.execute(_RIGHTS, {"tables": tables})}
    columns: dict[int, list[ColumnFacts]] = {}
    for row in connection.execute(_COLUMNS, {"tables": tables}):
        columns.setdefault(row.oid, []).append(ColumnFacts.model_validate(row, from_attributes=True))
    keys: dict[int, dict[tuple[str, ...], bool]] = {}
    for row in connection.execute(_KEYS, {"tables": tables}):
        keys.setdefault(row.oid, {}).setdefault(tuple(row.columns), row.primary)
    foreign: dict[int, dict[Hop, ForeignKeyFacts]] = {}
    for row in connection.execute(_FOREIGN, {"tables": relations.parts(tables)}):
        key = _foreign(row, relations)
        foreign.setdefault(relations.table(row.oid), {}).setdefault(key.hop, key)
    return tuple(
        TableFacts(
            name=relations.name(oid),
            columns=tuple(columns.get(oid, ())),
            primary=next((names for names, primary in keys.get(oid, {}).items() if primary), ()),
            unique=tuple(names for names, primary in keys.get(oid, {}).items() if not primary),
            foreign=tuple(foreign.get(oid, {}).values()),
            readable=rights[oid].readable,
            row_security=rights[oid].row_security,
        )
        for oid in tables
    )


def _foreign(row: Row[Any], relations: _Relations) -> ForeignKeyFacts:
    hop = Hop(
        child=relations.name(relations.table(row.oid)),
        child_columns=tuple(row.child_columns),
        parent=relations.name(relations.table(row.parent)),
        parent_columns=tuple(row.parent_columns),
    )
    return ForeignKeyFacts(hop=hop, on_delete=_ON_DELETE.get(row.on_delete, ""), deferrable=row.deferrable)
