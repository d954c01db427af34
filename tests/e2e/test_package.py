"""A whole package over a real S3, with values made to break it, judged by the validators that other people use."""

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from activities.export import ExportActivities
from commands.export import fetch_package, verify_package
from connectors.errors import NotFound, Rejected
from connectors.product import SqlProduct
from connectors.s3 import S3ObjectStore
from connectors.store.engine import open_engine
from devstack.s3 import EXPORTS, FILES
from devstack.stack import EmbeddedStack
from models.account import Account, AccountFacts
from models.case import PackageRef
from models.effects import CommitRequest, PackageRequest, PartRequest, PartResult
from models.inventory import Inventory
from models.plan import Commitments, Duties, Plan
from models.policy import read_policy
from models.vocabulary import Stage

SCHEMA = """
CREATE TABLE account (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, country TEXT NOT NULL, logo BLOB, settings JSON);
CREATE TABLE task (
  id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), parent_id INTEGER REFERENCES task(id),
  "what, ""exactly"" is it" TEXT NOT NULL, price DECIMAL_TEXT(14, 3), done BOOLEAN, due DATE, at TIMESTAMP, odd INTEGER, only TEXT);
CREATE TABLE empty (a TEXT NOT NULL, b TEXT NOT NULL, account_id TEXT NOT NULL REFERENCES account(id), PRIMARY KEY (a, b));
CREATE TABLE attachment (id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), key TEXT);
"""
HOSTILE = [
    "plain",
    "",
    " spaces ",
    '"quoted", twice ""',
    "line\nbreak\r\nand\rmore",
    r"\N",
    "N/A",
    "=1+1",
    "ñ ü 漢字 🎈 \u202e",
    "a,b;c\td",
    "\x00\x01",
    "'; DROP TABLE task; --",
    "x" * 300_000,
]
TAG = "tagmanifest-sha256.txt"
OURS = "accounts/{account}/"


class Store:
    """Just the plan and the documents."""

    def __init__(self, names: list[str]) -> None:
        self._duties = tuple(Duties(name=name, export=not name.startswith("own/"), erase="delete") for name in names)
        self.kept: dict[str, Mapping[str, Any]] = {}

    def plan(self, case: str, plan_hash: str) -> Plan:
        return Plan.model_construct(hash=plan_hash, commitments=Commitments.model_construct(data_sets=self._duties))

    def keep_document(self, case: str, kind: str, key: str, body: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
        assert kind == "manifest"
        return self.kept.setdefault(key, body)


class Directory:
    """Just one account."""

    def __init__(self, root_key: str, language: str) -> None:
        self._account = Account(
            id="acme", name="Acme | Söhne *GmbH*", country="DE", timezone="Europe/Berlin", currency="EUR",
            language=language, jurisdiction="EU", manager="ana", customer_since=date(2020, 1, 1), root_key=root_key,
        )  # fmt: skip

    def facts(self, account: str) -> AccountFacts:
        return AccountFacts(account=self._account, contacts=(), contracts=())


class Export:
    """One account's export, driven as the workflow drives it."""

    def __init__(self, objects: S3ObjectStore, home: Path, language: str = "es") -> None:
        self.objects, self.account = objects, f"a{uuid4().hex[:10]}"
        self.engine = open_engine(f"sqlite:///{home / 'product.db'}")
        self.names = ["files/papers", "task", "empty", "attachment", "account", "own/package"]
        self.store = Store(self.names)
        self.activities = ExportActivities(
            objects=objects, product=SqlProduct(self.engine), store=self.store, directory=Directory(self.account, language),
            inventory=inventory(), bucket=EXPORTS, files_bucket=FILES, policy=read_policy(Path("policy.toml")),
        )  # fmt: skip
        self._fill()

    @property
    def prefix(self) -> str:
        return f"{self.account}/{self.account}-1/1/"

    @property
    def location(self) -> str:
        return f"s3://{EXPORTS}/{self.prefix}"

    def run(self, method: Any, kind: type[Any], **fields: Any) -> Any:
        request = kind(
            case=f"{self.account}-1",
            account=self.account,
            stage=Stage.EXPORT,
            step=method.__name__,
            plan_hash="h",
            **fields,
        )
        return ActivityEnvironment().run(method, request)

    def parts(self) -> tuple[PartResult, ...]:
        plan = self.run(self.activities.plan_package, PackageRequest)
        assert (*plan.file_sets, *plan.data_sets) == tuple(self.names[:-1])
        tables = [self.run(self.activities.export_data_set, PartRequest, subject=name) for name in plan.data_sets]
        return (*tables, *(self.run(self.activities.export_files, PartRequest, subject=n) for n in plan.file_sets))

    def whole(self) -> PackageRef:
        parts = self.parts()
        self.run(self.activities.commit_package, CommitRequest, parts=parts)
        return self.verified(parts)

    def verified(self, parts: tuple[PartResult, ...] = ()) -> PackageRef:
        return self.run(self.activities.verify_package, CommitRequest, parts=parts).package

    def listing(self) -> dict[str, bytes]:
        return {
            key.removeprefix(self.prefix): self.objects.get(EXPORTS, key)
            for key, _ in self.objects.list(EXPORTS, self.prefix)
        }

    def _fill(self) -> None:
        with self.engine.begin() as connection:
            for statement in SCHEMA.split(";\n"):
                connection.exec_driver_sql(statement)
            for account in (self.account, "other"):
                row = (account, account, "DE", b"\x00\xffPNG", '{"a": [1, "\\u00f1"]}')
                connection.exec_driver_sql("INSERT INTO account VALUES (?, ?, ?, ?, ?)", row)
            for number, text in enumerate(HOSTILE, 1):
                row = (number, self.account, number - 1 or None, text, f"{number}.500", number % 2, "2026-03-29",
                       "2026-03-29 01:30:00.25+01:00", number, text or None)  # fmt: skip
                connection.exec_driver_sql(f"INSERT INTO task VALUES ({','.join('?' * 10)})", row)
            odd = (900, self.account, None, "nothing", None, None, None, "yesterday", "not a number", None)
            connection.exec_driver_sql(f"INSERT INTO task VALUES ({','.join('?' * 10)})", odd)
            theirs = (901, "other", None, "theirs", None, None, None, None, None, None)
            connection.exec_driver_sql(f"INSERT INTO task VALUES ({','.join('?' * 10)})", theirs)
            prefix = OURS.format(account=self.account)
            for number, key in enumerate([f"{prefix}a/b.txt", f"{prefix}gone.pdf", "accounts/other/secret", None], 1):
                connection.exec_driver_sql("INSERT INTO attachment VALUES (?, ?, ?)", (number, self.account, key))
        for name in ("a/b.txt", "ñ 100%?.pdf", "big"):
            self.objects.put(FILES, prefix + name, name.encode() * (400_000 if name == "big" else 1))
        self.objects.put(FILES, "accounts/other/secret", b"theirs")


def inventory() -> Inventory:
    to_root = {name: f"{name}.account_id -> account.id" for name in ("task", "empty", "attachment")}
    keys = {"task": ["id"], "empty": ["a", "b"], "attachment": ["id"], "account": ["id"]}
    return Inventory.model_validate(
        {
            "root": "account",
            "data_set": [
                {
                    "name": n,
                    "table": n,
                    "key": key,
                    "path": [to_root[n]] if n in to_root else [],
                    "about": {"es": f"Qué: {n}"},
                }
                for n, key in keys.items()
            ],
            "file_set": [{"name": "papers", "prefix": OURS, "listed_in": "attachment.key"}],
        }
    )


@pytest.fixture
def objects(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> S3ObjectStore:
    for name, value in stack.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return S3ObjectStore.connect(stack.environment["FAREWELL_S3_ENDPOINT_URL"])


@pytest.fixture
def export(objects: S3ObjectStore, tmp_path: Path) -> Iterator[Export]:
    export = Export(objects, tmp_path)
    yield export
    export.engine.dispose()


def tool(name: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / name), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"data/tables/{name}.csv.gz", "rt", newline="", encoding="utf-8") as file:
        csv.field_size_limit(1_000_000)
        return list(csv.DictReader(file))


def test_a_package_passes_the_validators_that_other_people_use(export: Export, tmp_path: Path) -> None:
    package = export.whole()
    folder = tmp_path / "package"
    fetch_package(export.objects, package.location, folder)
    bag = tool("bagit.py", "--validate", ".", cwd=folder)
    assert bag.returncode == 0, bag.stderr
    frictionless = tool("frictionless", "validate", "datapackage.json", cwd=folder / "data")
    assert frictionless.returncode == 0, frictionless.stdout[-3000:]
    assert verify_package(str(folder)) == []
    assert verify_package(package.location, export.objects) == []


def test_every_value_can_be_read_back(export: Export, tmp_path: Path) -> None:
    fetch_package(export.objects, export.whole().location, tmp_path / "package")
    tasks = rows_of(tmp_path / "package", "task")
    assert [row['what, "exactly" is it'] for row in tasks] == [*HOSTILE, "nothing"]
    assert [row["price"] for row in tasks][:2] == ["1.500", "2.500"]
    assert {row["done"] for row in tasks} == {"t", "f", r"\N"}
    assert {row["at"] for row in tasks} == {"2026-03-29T01:30:00.25+01:00", "yesterday"}
    account = rows_of(tmp_path / "package", "account")[0]
    assert (account["logo"], account["settings"]) == ("AP9QTkc=", '{"a": [1, "\\u00f1"]}')
    raw = gzip.decompress((tmp_path / "package/data/tables/task.csv.gz").read_bytes())
    assert b',"\\N",' in raw  # the text, as PostgreSQL's COPY tells it from a missing value
    assert rows_of(tmp_path / "package", "empty") == []


def test_the_description_names_types_keys_and_what_is_loose(export: Export, tmp_path: Path) -> None:
    fetch_package(export.objects, export.whole().location, tmp_path / "package")
    package = json.loads((tmp_path / "package/data/datapackage.json").read_text())
    resources = {resource["name"]: resource for resource in package["resources"]}
    task = resources["task"]
    fields = {field["name"]: field for field in task["schema"]["fields"]}
    types = {name: fields[name]["type"] for name in ("id", "price", "done", "due", "at", "odd")}
    assert types == {
        "id": "integer",
        "price": "number",
        "done": "boolean",
        "due": "date",
        "at": "string",
        "odd": "string",
    }
    assert fields["at"]["databaseType"] == "TIMESTAMP"
    assert (
        "constraints" not in fields['what, "exactly" is it']
    )  # a reader who ignores quotes takes the text \N for missing
    assert fields["account_id"]["constraints"] == {"required": True}
    assert (task["schema"]["primaryKey"], task["compression"], task["rows"]) == (["id"], "gz", 14)
    assert {key["reference"]["resource"] for key in task["schema"]["foreignKeys"]} == {"", "account"}
    assert resources["account"]["schema"]["fields"][3]["format"] == "binary"


def test_missing_and_foreign_files_are_listed_never_copied_or_skipped(export: Export, tmp_path: Path) -> None:
    fetch_package(export.objects, export.whole().location, tmp_path / "package")
    index = list(csv.DictReader((tmp_path / "package/data/files/papers.csv").read_text(encoding="utf-8").splitlines()))
    prefix = OURS.format(account=export.account)
    missing = {row["key"].removeprefix(prefix): row["missing"] for row in index}
    assert missing == {
        "a/b.txt": r"\N",
        "big": r"\N",
        "ñ 100%?.pdf": r"\N",
        "gone.pdf": "not found",
        "accounts/other/secret": "outside of the account's files",
    }
    paths = {row["key"].removeprefix(prefix): row["path"] for row in index}
    assert paths["a/b.txt"] == "data/files/papers/a/b.txt"
    assert (tmp_path / "package" / paths["ñ 100%?.pdf"]).read_bytes() == "ñ 100%?.pdf".encode()
    assert paths["gone.pdf"] == r"\N"
    readme = (tmp_path / "package/data/README.es.md").read_text()
    assert "gone.pdf" in readme
    assert "no se encontró" in readme
    assert not any(b"theirs" in file.read_bytes() for file in (tmp_path / "package").rglob("*") if file.is_file())


def test_a_second_run_of_everything_changes_no_byte(export: Export) -> None:
    first = export.whole()
    before = export.listing()
    assert export.whole() == first
    assert export.listing() == before
    assert len(export.store.kept) == 1


def test_a_package_in_english_reads_as_a_table_of_its_contents(objects: S3ObjectStore, tmp_path: Path) -> None:
    export = Export(objects, tmp_path, language="en")
    export.whole()
    readme = export.listing()["data/README.en.md"].decode()
    assert "| task | 14 | `tables/task.csv.gz` |\n| empty | 0 |" in readme
    assert "Acme \\| Söhne \\*GmbH\\*" in readme
    assert "\n\n\n" not in readme
    export.engine.dispose()


def flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


@pytest.mark.parametrize(
    "path",
    [
        "data/tables/task.csv.gz",
        "data/files/papers/big",
        "data/datapackage.json",
        "bag-info.txt",
        "data/files/papers.csv",
        "manifest-sha256.txt",
        TAG,
    ],
)
def test_a_flipped_byte_is_found_and_located_in_the_bucket_and_in_the_folder(
    export: Export, tmp_path: Path, path: str
) -> None:
    export.whole()
    fetch_package(export.objects, export.location, tmp_path / "package")
    file = tmp_path / "package" / path
    file.write_bytes(flipped(file.read_bytes()))
    assert any(path in finding or path == TAG for finding in verify_package(str(tmp_path / "package")))
    export.objects.put(EXPORTS, export.prefix + path, file.read_bytes())
    with pytest.raises(Rejected, match="SHA-256|manifest" if path == TAG else path):
        export.verified()


def test_a_lost_and_an_added_file_are_found(export: Export, tmp_path: Path) -> None:
    export.whole()
    fetch_package(export.objects, export.location, tmp_path / "package")
    (tmp_path / "package/data/files/papers/a/b.txt").unlink()
    (tmp_path / "package/data/more.txt").write_text("more")
    findings = verify_package(str(tmp_path / "package"))
    assert any("a/b.txt" in finding for finding in findings)
    assert any("more.txt" in finding for finding in findings)
    export.objects.erase(EXPORTS, f"{export.prefix}data/files/papers/a/b.txt")
    export.objects.put(EXPORTS, f"{export.prefix}data/more.txt", b"more")
    with pytest.raises(Rejected, match=r"a/b\.txt"):
        export.verified()


def test_rows_that_came_or_went_since_are_found(export: Export) -> None:
    export.whole()
    with export.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM task WHERE id = 900")
    with pytest.raises(Rejected, match=r"task\.csv\.gz has 14 rows, task has 13"):
        export.verified()


def test_a_part_that_was_never_written_stops_the_commit(export: Export) -> None:
    export.run(export.activities.export_data_set, PartRequest, subject="task")
    with pytest.raises(Rejected, match="never exported"):
        export.run(export.activities.commit_package, CommitRequest, parts=())
    with pytest.raises(NotFound, match="no finished package"):
        fetch_package(export.objects, export.location, Path("never"))


def test_dropping_takes_everything_and_may_happen_twice(export: Export) -> None:
    export.whole()
    for _ in range(2):
        export.run(export.activities.drop_package, PackageRequest)
        assert list(export.objects.list(EXPORTS, f"{export.account}/")) == []
    assert export.whole().rows == 19
    assert datetime.fromtimestamp(0, UTC) == export.verified().verified_at
