"""Packages in a folder for the tests of restore, without S3, Temporal or a case: snapshot, description, tag files."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from activities.pack import Weight, tags
from activities.package_description import described
from activities.package_files import index
from connectors.product import SqlProduct
from connectors.product_snapshot import open_snapshot
from models.exporting import PackagedFile
from models.hop import split
from models.inventory import DataSet, Inventory
from models.package import Attached, FilesPart, TablePart, TablesPart
from models.schema import TableFacts

AT = datetime(2026, 11, 22, tzinfo=UTC)
AS_EXPORTED = "SET TimeZone = 'UTC'; SET IntervalStyle = postgres; SET lc_monetary = 'C'; SET extra_float_digits = 1"


def package_of(
    engine: Engine, inventory: Inventory, root_key: str, folder: Path, files: Mapping[str, bytes] | None = None
) -> Path:
    """All that is exported of the account, and `files` by their keys."""
    facts = SqlProduct(engine).schema()
    shared = {each.name for each in inventory.reference_sets}
    parts = []
    with open_snapshot(engine) as snapshot:
        for data_set in (*inventory.data_sets, *inventory.reference_sets):
            read = snapshot.read(inventory, data_set, root_key)
            path = f"data/tables/{data_set.name}.{data_set.format}.gz"
            file = _file(folder, path, gzip.compress(b"".join(read), 1, mtime=0), read.rows)
            known = facts.by_name()[data_set.table]
            keys = {"primary": known.primary, "foreign": tuple(key.hop for key in known.foreign)}
            about = {"name": data_set.name, "table": data_set.table, "format": data_set.format}
            part = TablePart(**about, **keys, file=file, columns=read.columns, shared=data_set.name in shared)
            parts.append(part)
    tables = TablesPart(instant="", dialect=facts.dialect, root=inventory.root, tables=tuple(parts))
    _close(folder, tables, _attached(folder, files) if files else [])
    return folder


def as_json_lines(inventory: Inventory) -> Inventory:
    """The same, with every data set as JSON Lines."""
    sets = tuple(each.model_copy(update={"format": "jsonl"}) for each in inventory.data_sets)
    return inventory.model_copy(update={"data_sets": sets})


def purge(engine: Engine, inventory: Inventory, root_key: str) -> None:
    """Erases the account as the purge does."""
    product = SqlProduct(engine)
    for data_set in inventory.data_sets:
        while product.erase(inventory, data_set, root_key, 100):
            pass
    assert sum(product.left(inventory, data_set, root_key) for data_set in inventory.data_sets) == 0


def everything(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables, each as text that tells values apart to the last bit, sorted."""
    return {facts.name: _rows(engine, facts) for facts in SqlProduct(engine).schema().tables}


def rows_of(engine: Engine, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
    return SqlProduct(engine).count(inventory, data_set, root_key)


def _rows(engine: Engine, facts: TableFacts) -> list[str]:
    if engine.dialect.name == "sqlite":
        columns = ", ".join(f"typeof({quoted(n)}), quote({quoted(n)}), hex({quoted(n)})" for n in facts.column_names)
        with engine.connect() as connection:
            plain = connection.execution_options(no_parameters=True)
            return sorted(map(repr, plain.exec_driver_sql(f"SELECT {columns} FROM {target(facts.name)}")))
    columns = ", ".join(quoted(name) for name in facts.column_names)
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute(AS_EXPORTED)
        return sorted(
            text for (text,) in connection.execute(f"SELECT ROW({columns})::text FROM {target(facts.name)}".encode())
        )


def target(table: str) -> str:
    own, schema = split(table)
    return f"{quoted(schema)}.{quoted(own)}" if schema else quoted(own)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _file(folder: Path, path: str, body: bytes, rows: int | None = None) -> PackagedFile:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(body)
    return PackagedFile(path=path, size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest(), rows=rows)


def _attached(folder: Path, files: Mapping[str, bytes]) -> list[FilesPart]:
    kept = [
        Attached(key=key, file=_file(folder, f"data/files/papers/{number}", body))
        for number, (key, body) in enumerate(files.items())
    ]
    attached = (*kept, Attached(key="gone", missing="not found"))
    listed = _file(folder, "data/files/papers.csv", index(attached), len(attached))
    return [FilesPart(name="files/papers", index=listed, attached=attached)]


def _close(folder: Path, tables: TablesPart, files: list[FilesPart]) -> None:
    body = json.dumps(described("case-1", AT, tables, files, {})).encode()
    _file(folder, "data/datapackage.json", body)
    seal(folder)


def seal(folder: Path) -> None:
    """Writes the tag files for what lies there now."""
    payload = [path for path in (folder / "data").rglob("*") if path.is_file()]
    bodies = {str(path.relative_to(folder)): path.read_bytes() for path in payload}
    weights = {path: Weight(hashlib.sha256(body).hexdigest(), len(body)) for path, body in bodies.items()}
    for path, body in tags(weights, "case-1", AT).items():
        _file(folder, path, body)
