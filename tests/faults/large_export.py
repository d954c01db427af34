"""An export of some 60 MB of noise out of PostgreSQL, each attempt in a process of its own that may be killed."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from connectors.s3 import S3ObjectStore
from devstack.s3 import EXPORTS
from models.inventory import Inventory
from tests.e2e.packages import Export
from tests.faults.dying_worker import NURSERY, Death, Fate, Mortal

NAMES = ("note", "event", "usage", "account")
_LINE = "encode(sha512(convert_to(g::text || '{0}', 'UTF8')), 'base64')"  # noise that gzip makes no smaller than 3/4
_SCHEMA = f"""
CREATE TABLE account (id TEXT PRIMARY KEY);
CREATE TABLE note (id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), text TEXT);
CREATE TABLE event (id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), a TEXT, b TEXT);
CREATE TABLE usage (id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), a TEXT, b TEXT);
INSERT INTO account VALUES ('acme');
INSERT INTO note VALUES (1, 'acme', 'before');
INSERT INTO event SELECT g, 'acme', {_LINE.format("a")}, {_LINE.format("b")} FROM generate_series(1, 230000) g;
INSERT INTO usage SELECT g, 'acme', {_LINE.format("c")}, {_LINE.format("d")} FROM generate_series(1, 230000) g;
"""


class Part(NamedTuple):
    """A part of an upload."""

    key: str
    number: int


class _Watched:
    """A client of S3 that notes which parts it begins to send, also for who looks when it's dead."""

    def __init__(self, client: Any, notes: Path) -> None:
        self._client, self._notes = client, notes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def upload_part(self, **about: Any) -> Any:
        with self._notes.open("a") as notes:
            notes.write(f"{about['PartNumber']} {about['Key']}\n")
        return self._client.upload_part(**about)


class LargeExport(Export):
    """The noise of one account; a generation is a package of its own."""

    names = NAMES

    def __init__(self, url: str, generation: int) -> None:
        objects = S3ObjectStore.connect(os.environ["FAREWELL_S3_ENDPOINT_URL"])
        super().__init__(objects, url, account="acme")
        self.generation = generation
        self.activities = self.with_inventory(_inventory())

    def fill(self) -> None:
        """All in one."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql(_SCHEMA)

    def standing(self) -> dict[Part, int]:
        """The parts that the server has of unfinished uploads, and their sizes."""
        client: Any = self.objects._client
        found: dict[Part, int] = {}
        for upload in self.uploads():
            about = {"Bucket": EXPORTS, "Key": upload["Key"], "UploadId": upload["UploadId"]}
            for part in client.list_parts(**about).get("Parts", []):
                found[Part(upload["Key"], part["PartNumber"])] = part["Size"]
        return found

    def attempt(self, notes: Path, death: Death | None = None) -> tuple[int | None, set[Part]]:
        """Runs the activity in a process that may be killed there; how it ended, and which parts it began to send."""
        url = self.engine.url.render_as_string(hide_password=False)
        process = NURSERY.Process(target=_export, args=(dict(os.environ), url, self.generation, notes, death))
        process.start()
        process.join()
        begun = [line.partition(" ") for line in notes.read_text().splitlines()] if notes.exists() else []
        notes.unlink(missing_ok=True)
        return process.exitcode, {Part(key, int(number)) for number, _, key in begun}


def _export(environment: dict[str, str], url: str, generation: int, notes: Path, death: Death | None) -> None:
    os.environ.update(environment)
    export = LargeExport(url, generation)
    client: Any = export.objects._client
    export.objects._client = _Watched(Mortal(client, "s3", Fate([death] if death else [], Path(os.devnull))), notes)  # type: ignore[assignment]
    export.run(export.activities.export_tables)


def _inventory() -> Inventory:
    hops = {name: [f"{name}.account_id -> account.id"] for name in NAMES if name != "account"}
    data_sets = [{"name": name, "table": name, "key": ["id"], "hops": hops.get(name, [])} for name in NAMES]
    return Inventory.model_validate({"root": "account", "data_set": data_sets})
