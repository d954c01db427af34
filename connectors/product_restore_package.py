"""A package in a folder, as restore reads it: what `datapackage.json` says, and the rows as they stream by."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from isal import igzip
from pydantic import Field, ValidationError

from connectors.errors import Rejected
from models.hop import TableName
from models.payload import Payload

FORM = 1
BLOCK_BYTES = 1024 * 1024
_DATA, _DESCRIPTION = "data", "datapackage.json"


class PackagedField(Payload):
    """A column. `storage`: what kinds of values it held, by SQLite's words for them."""

    name: str
    type: str = "string"
    format: str = "default"
    database_type: str = Field(alias="databaseType")
    storage: tuple[str, ...] = ()


class PackagedTable(Payload):
    """A table's rows. `shared`: they are nobody's, and came along because others point at them."""

    name: str
    table: TableName
    shared: bool = False
    path: str
    format: Literal["csv", "jsonl"] = "csv"
    rows: int
    fields: tuple[PackagedField, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names, in the file's order."""
        return tuple(field.name for field in self.fields)


class Description(Payload):
    """What of `datapackage.json` restore needs. `dialect` is the source's, `indexes` list the attachments."""

    dialect: str
    root: str
    tables: tuple[PackagedTable, ...]
    indexes: tuple[str, ...] = ()


class OpenedPackage:
    """A package in a folder that was verified."""

    def __init__(self, folder: Path) -> None:
        """Reads its description.

        Raises:
            Rejected: it has none that tells how to bring the rows back.
        """
        self.folder = folder
        self.description = _described((folder / _DATA / _DESCRIPTION).read_bytes())

    def blocks(self, table: PackagedTable) -> Iterator[bytes]:
        """The file's bytes, gunzipped, a bounded block at a time."""
        with self._unpacked(table) as opened:
            while block := opened.read(BLOCK_BYTES):
                yield block

    def lines(self, table: PackagedTable) -> Iterator[bytes]:
        """The file's lines, gunzipped, line ends included."""
        with self._unpacked(table) as opened:
            yield from opened

    def _unpacked(self, table: PackagedTable) -> BinaryIO:
        opened = igzip.open(self.folder / _DATA / table.path, "rb")  # type: ignore[no-untyped-call]  # the library's
        return cast("BinaryIO", io.BufferedReader(opened, BLOCK_BYTES))


def _described(body: bytes) -> Description:
    try:
        said = json.loads(body)
        ours, resources = said["farewell"], said["resources"]
        tables = [each for each in resources if "table" in each]
        if ours["form"] != FORM:
            what = f"the package is of form {ours['form']}, this Farewell knows {FORM}"
            raise Rejected("export package", what, "restore it with the Farewell that made it, or a newer one")
        return Description(
            dialect=ours["dialect"],
            root=ours["root"],
            tables=tuple(PackagedTable.model_validate(_flat(each)) for each in tables),
            indexes=tuple(each["path"] for each in resources if "table" not in each),
        )
    except (ValueError, KeyError, TypeError, ValidationError):
        what = "its datapackage.json doesn't say how to bring the rows back"
        raise Rejected("export package", what, "docs/restore.md tells how to load the rows by hand") from None


def _flat(resource: dict[str, Any]) -> dict[str, Any]:
    """`column` is the true name, where a reader of CSV can't have it."""
    fields = [{**field, "name": field.get("column", field["name"])} for field in resource["schema"]["fields"]]
    return {**resource, "fields": fields}
