"""What PostgreSQL's catalog says of tables, row by row, with the transaction that wrote each.

Seen from a snapshot and seen now it must be the same, or the table isn't what the snapshot would read: an ALTER TABLE
that rewrites it and a TRUNCATE leave it empty for older snapshots, and a partition that is attached or cut off comes
or goes for all.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from models.hop import split

# Statistics are written in place, so vacuuming or analysing a table doesn't change its row.
_FORM = text("""
WITH RECURSIVE tree(oid) AS (
  SELECT to_regclass(name)::oid FROM unnest(CAST(:tables AS text[])) AS named(name)
  UNION SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid)
SELECT 'table' AS kind, c.oid::bigint AS of, 0 AS number, c.xmin::text::bigint AS xmin
FROM pg_class c JOIN tree USING (oid)
UNION ALL SELECT 'column', a.attrelid, a.attnum, a.xmin::text::bigint
FROM pg_attribute a JOIN tree ON tree.oid = a.attrelid
UNION ALL SELECT 'expression', d.adrelid, d.adnum, d.xmin::text::bigint
FROM pg_attrdef d JOIN tree ON tree.oid = d.adrelid
UNION ALL SELECT 'part', i.inhrelid, i.inhseqno, i.xmin::text::bigint
FROM pg_inherits i JOIN tree ON tree.oid = i.inhparent
UNION ALL SELECT 'schema', n.oid, 0, n.xmin::text::bigint
FROM pg_namespace n WHERE n.oid IN (SELECT c.relnamespace FROM pg_class c JOIN tree USING (oid))
UNION ALL SELECT 'label', e.oid, 0, e.xmin::text::bigint FROM pg_enum e
ORDER BY 1, 2, 3
""")


def form_of(connection: Connection, tables: Iterable[str]) -> list[tuple[str, int, int, int]]:
    """Kind, object, number and writing transaction (32 bit) of each row of the catalog on these written names."""
    rows = connection.execute(_FORM, {"tables": [_name(table) for table in tables]})
    return [(row.kind, row.of, row.number, row.xmin) for row in rows]


def _name(table: str) -> str:
    name, schema = split(table)
    return ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part)
