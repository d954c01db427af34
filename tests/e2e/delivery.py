"""A case whose package lies in a real S3, and the pages that hand it over on a real port."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.opening import Connections, connect_temporal
from devstack.ports import LOOPBACK, free_ports
from devstack.s3 import EXPORTS
from models.case import StageRecord
from models.ledger import LedgerEntry
from models.vocabulary import Mode, Stage
from rules.links import Links, Pass
from tests.contract.sample_account import add_account, request_for
from web.serving import serving

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
UNTIL = datetime(2126, 1, 4, 23, tzinfo=UTC)  # midnight in Madrid
LISTED = "manifest-sha256.txt"
FILES = {
    "data/datapackage.json": b"{}\n",
    "data/README.es.md": "# Sus datos: año\n".encode(),
    "data/tables/account.csv.gz": b"\x1f\x8b" + bytes(range(256)) * 4,
    "data/tables/task.csv.gz": b"\x1f\x8b" + b"t" * 3_000_000,
    "data/files/papers/index.csv": b"key,path\n",
    "data/files/papers/Lucía Gil/currículum & más.pdf": b"%PDF",
    "data/files/papers/<script>alert('1')</script>.txt": b"no",
    'data/files/papers/a "quoted" #1?x=1;y.txt': b"quoted",
    "data/files/papers/{{7*7}}\u202egnp.exe": b"",
}


def bag(payload: Mapping[str, bytes]) -> dict[str, bytes]:
    """A bag of this payload, the tag manifest last."""
    tags = {"bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", LISTED: listed(payload)}
    return {**payload, **tags, "tagmanifest-sha256.txt": listed(tags)}


def listed(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hashlib.sha256(body).hexdigest()}  {_spelt(path)}\n" for path, body in files.items()).encode()


def _spelt(path: str) -> str:
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


class Delivery:
    """One account that may fetch its package."""

    def __init__(self, at: Connections, payload: Mapping[str, bytes] = FILES) -> None:
        self.at, self.account = at, add_account(at.engine)
        self.case = at.cases.open_case(request_for(self.account), AT).case
        self.bag = bag(payload)
        self.stand(Stage.RETRIEVAL)
        for path, body in self.bag.items():
            at.objects.put(EXPORTS, self.prefix + path, body)
        self.verified()

    @property
    def prefix(self) -> str:
        return f"{self.account}/{self.case}/1/"

    @property
    def links(self) -> Links:
        key = self.at.settings.link_key
        assert key
        return Links("http://there", key.get_secret_value())

    def stand(self, stage: Stage, *, ended: bool = False) -> None:
        about = {"case": self.case, "account": self.account, "stage": stage, "step": f"enter_{stage}"}
        self.at.cases.record(StageRecord(**about, mode=Mode.STOP, ended=ended), AT)

    def verified(self) -> None:
        self.keep(
            "manifest",
            location=f"s3://{EXPORTS}/{self.prefix}",
            digest=f"sha256:{hashlib.sha256(self.bag['tagmanifest-sha256.txt']).hexdigest()}",
            generation=1,
            data_sets=[{"name": "task", "path": "data/tables/task.csv.gz"}],
            missing=2,
        )

    def erased(self) -> None:
        self.keep("purge", name="own/package", at=AT.isoformat())

    def keep(self, kind: str, **body: Any) -> None:
        self.at.cases.keep_document(self.case, kind, f"{self.case}:{kind}", body, AT)

    def token(self, until: datetime = UNTIL, **other: Any) -> str:
        about = {"purpose": "package", "account": self.account, "case": self.case, "until": until}
        return self.links.token(Pass(**{**about, **other}))

    def page(self, **other: Any) -> str:
        return f"/package/{self.token(**other)}"

    def downloads(self) -> list[LedgerEntry]:
        return [entry for entry in self.at.ledger.entries(self.case) if entry.action == "download_package"]


@asynccontextmanager
async def browser(at: Connections, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages, served by uvicorn on a port of their own."""
    (port,) = free_ports(1)
    async with (
        serving(at, await connect_temporal(at.keys), LOOPBACK, port),
        httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", headers=headers, timeout=30) as client,
    ):
        yield client


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)
