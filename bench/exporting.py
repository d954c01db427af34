"""One export of one table in a process of its own, told and answering in JSON: `python -m bench.exporting REQUEST`.

It is the real path, from the snapshot to the object and what is kept of it; only the process is ours.
"""

import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from uuid import uuid4

from pydantic import Field
from sqlalchemy import create_engine
from temporalio.testing import ActivityEnvironment

from activities.package_place import PackagePlace
from activities.package_rows import rows_of
from activities.package_tables import TablesSource
from bench.usage import LARGEST, Source
from connectors.product import SqlProduct
from connectors.s3 import S3ObjectStore
from devstack.s3 import EXPORTS
from models.exporting import PackagedFile, PackageRequest
from models.inventory import Inventory
from models.payload import Payload
from models.vocabulary import Stage

_MIB = 1024


class Asked(Payload):
    """What to export, and where to; `account` names a place of its own."""

    database: str
    endpoint: str
    inventory: Inventory
    data_set: str
    account: str = Field(default_factory=lambda: f"bench-{uuid4().hex[:12]}")

    @classmethod
    def of(cls, source: Source, endpoint: str) -> Self:
        return cls(
            database=source.postgres.url, endpoint=endpoint, inventory=source.inventory, data_set=source.data_set.name
        )


class Exported(Payload):
    """What it took. Memory is that of the whole process; `idle_mib` before the export began."""

    rows: int
    size_bytes: int
    sent_bytes: int
    kept_bytes: int
    seconds: float
    cpu_seconds: float
    read_back_seconds: float
    idle_mib: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def exported(asked: Asked) -> Exported:
    """Runs it in a child, and waits."""
    done = subprocess.run(command(asked), check=True, stdout=subprocess.PIPE)
    return Exported.model_validate_json(done.stdout)


def command(asked: Asked) -> list[str]:
    """How the child is started."""
    return [sys.executable, "-m", "bench.exporting", asked.model_dump_json(by_alias=True)]


def main() -> None:
    print(_run(Asked.model_validate_json(sys.argv[1])).model_dump_json())


def _run(asked: Asked) -> Exported:
    engine = create_engine(asked.database.replace("postgresql:", "postgresql+psycopg:"))
    place = PackagePlace(S3ObjectStore.connect(asked.endpoint), EXPORTS, _request(asked))
    product, data_sets = SqlProduct(engine), [asked.inventory.data_set(asked.data_set)]
    source = TablesSource(product, asked.inventory, place, LARGEST)
    product.table(asked.data_set)  # a worker that has been at work: what it needs is imported, and it is connected
    place.objects.check(EXPORTS, locked=False)
    idle, began, busy = _resident("VmRSS"), time.perf_counter(), time.process_time()
    part = ActivityEnvironment().run(source.export, data_sets)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - busy
    peak, file, began = _resident("VmHWM"), part.tables[0].file, time.perf_counter()
    _read_back(place, file)
    return Exported(
        rows=file.rows or 0,
        size_bytes=file.size_bytes,
        sent_bytes=part.sent_bytes,
        kept_bytes=part.kept_bytes,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        read_back_seconds=time.perf_counter() - began,
        idle_mib=idle,
        peak_mib=peak,
    )


def _read_back(place: PackagePlace, file: PackagedFile) -> None:
    """As the verification reads every file: hashed, unpacked, its rows counted."""
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for chunk in place.objects.read(place.bucket, place.key(file.path)):
            digest.update(chunk)
            yield chunk

    if (rows_of(file.path, chunks()), digest.hexdigest()) != (file.rows, file.sha256):
        raise RuntimeError(f"{file.path} isn't what was written")


def _request(asked: Asked) -> PackageRequest:
    about = {"account": asked.account, "case": f"{asked.account}-1", "stage": Stage.EXPORT, "step": "export_tables"}
    return PackageRequest(plan_hash="", **about)


def _resident(line: str) -> float:
    """Of this process, in MiB; `getrusage` would tell of the parent's peak, too."""
    found = re.search(rf"^{line}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return round(int(found[1]) / _MIB, 1) if found else 0.0


if __name__ == "__main__":
    main()
