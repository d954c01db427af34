"""Packages for the tests of restore, made without Farewell: COPY and the contract of `datapackage.json` alone."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine

from connectors.product_schema import schema_facts
from models.hop import split
from models.schema import TableFacts
from models.table_schema import described

SESSION = {
    "TimeZone": "UTC", "DateStyle": "ISO", "IntervalStyle": "postgres", "bytea_output": "hex",
    "extra_float_digits": "1", "lc_monetary": "C",
}  # fmt: skip


class ByHand:
    """A package in a folder; `add` tables, then `close` it."""

    def __init__(self, folder: Path, dialect: str, root: str = "account") -> None:
        self.folder, self._dialect, self._root = folder, dialect, root
        self._resources: list[dict[str, Any]] = []
        (folder / "data" / "tables").mkdir(parents=True)

    def add(self, facts: TableFacts, body: bytes, rows: int, *, format: str = "csv", shared: bool = False) -> None:  # noqa: A002
        name = f"t{len(self._resources)}"
        path = f"tables/{name}.{format}.gz"
        packed = gzip.compress(body, 1, mtime=0)
        (self.folder / "data" / path).write_bytes(packed)
        self._resources.append(
            {
                "name": name, "title": facts.name, "table": facts.name, "shared": shared, "path": path, "format": format,
                "compression": "gz", "bytes": len(packed), "hash": f"sha256:{hashlib.sha256(packed).hexdigest()}",
                "rows": rows, "schema": {"fields": [_field(each) for each in facts.columns], "missingValues": [r"\N"]},
            }
        )  # fmt: skip

    def add_files(self, name: str, files: dict[str, bytes]) -> None:
        lines = ["key,path,size_bytes,sha256,missing"]
        for number, (key, body) in enumerate(files.items()):
            path = f"data/files/{name}/{number}"
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(body)
            lines.append(rf"{key},{path},{len(body)},{hashlib.sha256(body).hexdigest()},\N")
        lines.append(r"gone,\N,\N,\N,not found")
        index = ("\n".join(lines) + "\n").encode()
        (self.folder / f"data/files/{name}.csv").write_bytes(index)
        self._resources.append(
            {
                "name": name, "path": f"files/{name}.csv", "bytes": len(index), "rows": len(lines) - 1,
                "hash": f"sha256:{hashlib.sha256(index).hexdigest()}",
            }
        )  # fmt: skip

    def close(self) -> Path:
        ours = {"form": 1, "dialect": self._dialect, "root": self._root, "instant": ""}
        described_as = {"name": "case-1", "farewell": ours, "resources": self._resources}
        (self.folder / "data" / "datapackage.json").write_text(json.dumps(described_as))
        (self.folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        payload = sorted(p for p in (self.folder / "data").rglob("*") if p.is_file())
        (self.folder / "manifest-sha256.txt").write_text(self._manifest(payload))
        tags = [self.folder / "bagit.txt", self.folder / "manifest-sha256.txt"]
        (self.folder / "tagmanifest-sha256.txt").write_text(self._manifest(tags))
        return self.folder

    def _manifest(self, files: Sequence[Path]) -> str:
        lines = (f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(self.folder)}\n" for f in files)
        return "".join(lines)


def package_of(engine: Engine, folder: Path, where: dict[str, str], *, shared: Sequence[str] = (), **forms: str) -> Path:
    """The rows of these tables that meet their condition, by COPY; `forms`: of tables that aren't CSV."""
    made = ByHand(folder, "postgresql")
    with engine.connect() as connection:
        facts = schema_facts(connection).by_name()
    for table, condition in where.items():
        body, rows = copied(engine, facts[table], condition, forms.get(table, "csv"))
        made.add(facts[table], body, rows, format=forms.get(table, "csv"), shared=table in shared)
    return made.close()


def copied(engine: Engine, facts: TableFacts, condition: str = "true", form: str = "csv") -> tuple[bytes, int]:
    """What COPY writes of the rows, ordered by their text."""
    columns = ", ".join(_quoted(each) for each in facts.column_names)
    rows = f"SELECT {columns} FROM {_target(facts.name)} AS r WHERE {condition} ORDER BY ROW({columns})::text"
    if form == "jsonl":
        members = ", ".join(_member(each.name, each.type) for each in facts.columns)
        rows = f"SELECT row_to_json(l) FROM (SELECT {members} FROM ({rows}) AS r) AS l"
    options = r"(FORMAT csv, NULL '\N', HEADER)" if form == "csv" else r"(FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')"
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        for setting, value in SESSION.items():
            connection.execute("SELECT set_config(%s, %s, true)", (setting, value))
        cursor = connection.cursor()
        with cursor.copy(f"COPY ({rows}) TO STDOUT {options}".encode()) as copy:
            body = b"".join(copy)
        return body, cursor.rowcount


def _member(name: str, kind: str) -> str:
    if kind in {"smallint", "integer", "bigint", "boolean"}:
        return _quoted(name)
    return f"CASE WHEN num_nulls({_quoted(name)}) = 0 THEN format('%s', {_quoted(name)}) END AS {_quoted(name)}"


def _target(table: str) -> str:
    own, schema = split(table)
    return f"{_quoted(schema)}.{_quoted(own)}" if schema else _quoted(own)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _field(column: Any) -> dict[str, Any]:
    kind = described(column.type).type
    return {
        "name": column.name, "type": "string" if kind == "binary" else kind, "databaseType": column.type,
        "databaseNullable": column.nullable, **({"generated": True} if column.generated else {}),
        **({"format": "binary"} if kind == "binary" else {}),
    }  # fmt: skip
