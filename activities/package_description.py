"""`datapackage.json`: what stands in every file of the package, as Frictionless describes it.

Source: STACK, Package formats; CONTRACTS, Export package.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activities.package_files import INDEX_COLUMNS
from activities.package_text import NULL
from models.exporting import PackagedFile
from models.hop import Hop, split
from models.package import FilesPart, PackagedColumn, TablePart, TablesPart
from models.table_schema import described as as_type

DATA = "data/"
FORM = 1
_CSV = {
    "format": "csv",
    "mediatype": "text/csv",
    "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n", "header": True},
}
_JSON_LINES = {"format": "jsonl", "mediatype": "application/x-ndjson", "dialect": {"keyed": True}}
_BASE64 = "Binary, as base64 (RFC 4648)."
_COMPUTED = "The database computes it."
_LOOSE = "Some values don't fit the database's type, so all are described as text."
_SAYS_NULL = r"Some texts are spelt \N like a missing value; those are in quotes."
_INDEX_TYPES = {"size_bytes": "integer"}


def described(
    case: str, at: datetime, tables: TablesPart, file_sets: Sequence[FilesPart], about: dict[str, str]
) -> dict[str, Any]:
    """The whole description; `about` says of a part, by its name, what it is."""
    names = {part.table: part.name for part in tables.tables}
    base64 = tables.dialect != "postgresql"  # whose own spelling of bytes is hexadecimal
    resources = [
        *(_table(part, names, about.get(part.name, ""), base64=base64) for part in tables.tables),
        *(_index(part, about.get(part.name, "")) for part in file_sets),
    ]
    return {
        "profile": "tabular-data-package",
        "name": case.lower(),
        "title": case,
        "created": at.isoformat(),
        "farewell": {"form": FORM, "dialect": tables.dialect, "root": tables.root, "instant": tables.instant},
        "resources": resources,
    }


def _table(part: TablePart, names: dict[str, str], about: str, *, base64: bool) -> dict[str, Any]:
    is_csv = part.format == "csv"
    schema: dict[str, Any] = {
        "fields": [_field(column, base64=base64) for column in part.columns],
        "missingValues": [NULL] if is_csv else [],  # JSON says null
    }
    if part.primary:
        schema["primaryKey"] = list(map(_label, part.primary))
    if foreign := [_foreign(hop, part, names) for hop in part.foreign if hop.parent in names]:
        schema["foreignKeys"] = foreign
    about_it = {"name": part.name, "title": split(part.table)[0], "description": about}
    ours = {"table": part.table, "shared": part.shared, "compression": "gz", "schema": schema}
    left_out = {"leftOut": list(part.left_out)} if part.left_out else {}
    return {**about_it, **_resource(part.file, _CSV if is_csv else _JSON_LINES), **ours, **left_out}


def _resource(file: PackagedFile, form: dict[str, Any]) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "path": file.path.removeprefix(DATA),
        "scheme": "file",
        **form,
        "encoding": "utf-8",
        "bytes": file.size_bytes,
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
    }


def _field(column: PackagedColumn, *, base64: bool) -> dict[str, Any]:
    found = as_type(column.database_type)
    kind = "string" if column.loose or found.is_text else found.type
    binary = base64 and found.type == "binary" and not column.loose
    notes = {
        _BASE64: binary,
        _COMPUTED: column.generated,
        _LOOSE: column.loose,
        _SAYS_NULL: column.says_null,
    }
    label = _label(column.name)
    field: dict[str, Any] = {
        "name": label,
        **({"column": column.name} if column.name != label else {}),
        "type": kind,
        "databaseType": column.database_type,
        "databaseNullable": column.nullable,
        **({"generated": True} if column.generated else {}),
        **({"format": "binary"} if binary else {}),
        **({"storage": list(column.storage)} if column.storage else {}),
        **({"trueValues": ["t"], "falseValues": ["f"]} if kind == "boolean" else {}),
    }
    if said := " ".join(note for note, holds in notes.items() if holds):
        field["description"] = said
    if not column.nullable and kind != "string":  # a reader that ignores quotes takes the text \N for missing
        field["constraints"] = {"required": True}
    return field


def _foreign(hop: Hop, part: TablePart, names: dict[str, str]) -> dict[str, Any]:
    other = "" if hop.parent == part.table else names[hop.parent]
    there = {"resource": other, "fields": list(map(_label, hop.parent_columns))}
    return {"fields": list(map(_label, hop.child_columns)), "reference": there}


def _label(column: str) -> str:
    """As Frictionless reads a name from a header."""
    return column.strip()


def _index(part: FilesPart, about: str) -> dict[str, Any]:
    fields = [{"name": name, "type": _INDEX_TYPES.get(name, "string")} for name in INDEX_COLUMNS]
    schema = {"fields": fields, "missingValues": [NULL], "primaryKey": "key"}
    title = part.name.removeprefix("files/")
    return {"name": part.name, "title": title, "description": about, **_resource(part.index, _CSV), "schema": schema}
