"""`datapackage.json`: what stands in every file of the package, as Frictionless describes it.

Foreign keys are declared between sets of the package only. Source: STACK, Package formats; CONTRACTS, Export package.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activities.package_files import INDEX_COLUMNS
from activities.package_values import NULL, form_of
from models.effects import PackagedFile
from models.package import FilesPart, ForeignKey, PackagedColumn, TablePart

DATA = "data/"
_DIALECT = {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n", "header": True}
_BASE64 = "Binary, as base64 (RFC 4648)."
_LOOSE = "Some values don't fit the database's type, so all are described as text."
_SAYS_NULL = r"Some texts are spelt \N like a missing value; those are in quotes."
_INDEX_TYPES = {"size_bytes": "integer"}


def described(
    case: str, at: datetime, tables: Sequence[TablePart], file_sets: Sequence[FilesPart], about: dict[str, str]
) -> dict[str, Any]:
    """The whole description; `about` says of a part, by its name, what it is."""
    names = {part.table: part.name for part in tables}
    resources = [
        *(_table(part, names, about.get(part.name, "")) for part in tables),
        *(_index(part, about.get(part.name, "")) for part in file_sets),
    ]
    return {
        "profile": "tabular-data-package",
        "name": case.lower(),
        "title": case,
        "created": at.isoformat(),
        "resources": resources,
    }


def _table(part: TablePart, names: dict[str, str], about: str) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in part.columns],
        "missingValues": [NULL],
    }
    if part.primary:
        schema["primaryKey"] = list(part.primary)
    if foreign := [_foreign(key, part, names) for key in part.foreign if key.table in names]:
        schema["foreignKeys"] = foreign
    return {**_resource(part.name, part.file, about), "compression": "gz", "schema": schema}


def _resource(name: str, file: PackagedFile, about: str) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": name.lower(),
        "title": name,
        "description": about,
        "path": file.path.removeprefix(DATA),
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file.size_bytes,
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
        "dialect": _DIALECT,
    }


def _field(column: PackagedColumn) -> dict[str, Any]:
    kind, spelling = form_of(column.database_type).described
    if column.loose:
        kind, spelling = "string", "default"
    notes = {
        _BASE64: spelling == "binary",
        _LOOSE: column.loose,
        _SAYS_NULL: column.says_null,
    }
    field: dict[str, Any] = {
        "name": column.name,
        "type": kind,
        "databaseType": column.database_type,
        **({"format": spelling} if spelling != "default" else {}),
        **({"trueValues": ["t"], "falseValues": ["f"]} if kind == "boolean" else {}),
    }
    if said := " ".join(note for note, holds in notes.items() if holds):
        field["description"] = said
    if not column.nullable and not column.says_null:
        field["constraints"] = {"required": True}
    return field


def _foreign(key: ForeignKey, part: TablePart, names: dict[str, str]) -> dict[str, Any]:
    other = "" if key.table == part.table else names[key.table].lower()
    return {"fields": list(key.columns), "reference": {"resource": other, "fields": list(key.references)}}


def _index(part: FilesPart, about: str) -> dict[str, Any]:
    fields = [{"name": name, "type": _INDEX_TYPES.get(name, "string")} for name in INDEX_COLUMNS]
    schema = {"fields": fields, "missingValues": [NULL], "primaryKey": "key"}
    return {**_resource(part.name, part.index, about), "schema": schema}
