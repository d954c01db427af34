"""One account's export over a real S3, driven as the workflow drives it, out of a database made to break it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self
from uuid import uuid4

from sqlalchemy import bindparam, text
from sqlalchemy.types import NullType
from temporalio.testing import ActivityEnvironment

from activities.export import ExportActivities
from connectors.product import SqlProduct
from connectors.s3 import S3ObjectStore
from connectors.store.engine import open_engine
from devstack.s3 import EXPORTS, FILES
from models.account import Account, AccountFacts
from models.case import PackageRef
from models.exporting import CommitRequest, PackageRequest, PartRequest, PartResult
from models.inventory import Inventory
from models.plan import Commitments, Duties, Plan
from models.policy import read_policy
from models.vocabulary import Stage

OURS = "accounts/{account}/"
HOSTILE = [
    "plain",
    "",
    " spaces ",
    '"quoted", twice ""',
    "line\nbreak\r\nand\rmore",
    r"\N",
    r"\.",
    "N/A",
    "=1+1",
    "ñ ü 漢字 🎈 \u202e",
    "a,b;c\td",
    "\x01\x1f",
    "'; DROP TABLE task; --",
    "x" * 300_000,
]
ROWS_OF_TASK = len(HOSTILE) + 1
SQLITE = """
CREATE TABLE unit (code TEXT PRIMARY KEY NOT NULL, name TEXT);
CREATE TABLE account (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, country TEXT NOT NULL, logo BLOB, settings JSON);
CREATE TABLE task (
  id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), parent_id INTEGER REFERENCES task(id),
  "what, ""exactly"" is it" TEXT NOT NULL, price DECIMAL_TEXT(14, 3), done BOOLEAN, due DATE, at TIMESTAMP, odd INTEGER,
  "only" TEXT, unit TEXT REFERENCES unit(code), doubled INTEGER GENERATED ALWAYS AS (id * 2));
CREATE TABLE empty (a TEXT NOT NULL, b TEXT NOT NULL, account_id TEXT NOT NULL REFERENCES account(id), PRIMARY KEY (a, b));
CREATE TABLE "Note" (id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), text TEXT, ok BOOLEAN, x DECIMAL_TEXT(9, 2));
CREATE TABLE attachment (id INTEGER PRIMARY KEY, account_id TEXT NOT NULL REFERENCES account(id), key TEXT);
"""
_POSTGRES = {"BLOB": "BYTEA", "DECIMAL_TEXT": "NUMERIC", "TIMESTAMP": "TIMESTAMPTZ", "(id * 2)": "(id * 2) STORED"}
TEXTS = {"postgresql": {"logo": r"\x00ff504e47", "settings": '{"a": [1, "\\u00f1"]}', "at": "2026-03-29 00:30:00.25+00"},
         "sqlite": {"logo": "AP9QTkc=", "settings": '{"a": [1, "\\u00f1"]}', "at": "2026-03-29 01:30:00.25+01:00"}}  # fmt: skip


class Told(NamedTuple):
    """The plan's names, and the documents that were kept."""

    names: list[str]
    kept: dict[str, tuple[str, Mapping[str, Any]]]

    def plan(self, case: str, plan_hash: str) -> Plan:
        duties = tuple(Duties(name=name, export=not name.startswith("own/"), erase="delete") for name in self.names)
        return Plan.model_construct(hash=plan_hash, commitments=Commitments.model_construct(data_sets=duties))

    def keep_document(self, case: str, kind: str, key: str, body: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
        return self.kept.setdefault(key, (kind, body))[1]


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
    """Its activities, in the order of the workflow."""

    names = ("files/papers", "task", "empty", "note", "attachment", "account", "own/package")

    def __init__(self, objects: S3ObjectStore, url: str, language: str = "es", account: str = "") -> None:
        self.objects, self.account, self.generation = objects, account or f"a{uuid4().hex[:10]}", 1
        self.engine = open_engine(url)
        self.dialect = self.engine.dialect.name
        self.told = Told(list(self.names), {})
        self.product = SqlProduct(self.engine)
        self.activities = self.with_inventory(inventory(), language)

    def knowing(self, known: Inventory) -> Self:
        """Of another schema, by its own inventory; the account is its first."""
        self.told.names[:] = [each.name for each in known.data_sets]
        self.account = "1"
        self.activities = self.with_inventory(known)
        return self

    def with_inventory(self, known: Inventory, language: str = "es") -> ExportActivities:
        return ExportActivities(
            objects=self.objects, product=self.product, store=self.told, directory=Directory(self.account, language),
            inventory=known, bucket=EXPORTS, files_bucket=FILES, policy=read_policy(Path("policy.toml")),
        )  # fmt: skip

    @property
    def prefix(self) -> str:
        return f"{self.account}/{self.account}-1/{self.generation}/"

    @property
    def location(self) -> str:
        return f"s3://{EXPORTS}/{self.prefix}"

    def run(self, method: Any, kind: type[Any] = PackageRequest, **fields: Any) -> Any:
        case = f"{self.account}-1"
        about = {"case": case, "account": self.account, "stage": Stage.EXPORT, "generation": self.generation}
        request = kind(**about, step=method.__name__, plan_hash="h", **fields)
        return ActivityEnvironment().run(method, request)

    def parts(self) -> tuple[PartResult, ...]:
        plan = self.run(self.activities.plan_package)
        tables = self.run(self.activities.export_tables).parts
        files = [self.run(self.activities.export_files, PartRequest, subject=name) for name in plan.file_sets]
        return (*tables, *files)

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

    def uploads(self) -> list[Any]:
        """What is unfinished in the bucket."""
        client: Any = self.objects._client
        return client.list_multipart_uploads(Bucket=EXPORTS, Prefix=f"{self.account}/").get("Uploads", [])

    def sql(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            untyped = [bindparam(name, value, type_=NullType()) for name, value in values.items()]
            connection.execute(text(statement).bindparams(*untyped))

    def fill(self) -> None:
        """Two accounts, of which one leaves."""
        self._make()
        self.sql("INSERT INTO unit VALUES ('kg', 'Kilo'), ('h', 'Hour'), ('m', 'of nobody here')")
        for account in (self.account, "other"):
            row = {"id": account, "logo": b"\x00\xffPNG", "settings": '{"a": [1, "\\u00f1"]}'}
            self.sql("INSERT INTO account VALUES (:id, :id, 'DE', :logo, :settings)", **row)
        for number, words in enumerate(HOSTILE, 1):
            self._task(number, words, parent=number - 1 or None, price=f"{number}.500", done=bool(number % 2),
                       due="2026-03-29", at="2026-03-29 01:30:00.25+01:00", odd=number, only=words or None,
                       unit="kg")  # fmt: skip
        self._task(900, "nothing")
        self._task(901, "theirs", account="other", unit="h")
        for number, words in enumerate((r"\N", 'a "b"\n', None), 1):
            row = {"id": number, "account": self.account, "text": words, "ok": number == 1, "x": "1.50"}
            self.sql('INSERT INTO "Note" VALUES (:id, :account, :text, :ok, :x)', **row)
        self._files()

    def _make(self) -> None:
        schema = SQLITE
        for word, theirs in _POSTGRES.items() if self.dialect == "postgresql" else ():
            schema = schema.replace(word, theirs)
        for statement in schema.split(";\n"):
            if statement:
                self.sql(statement.replace(":", r"\:"))

    def _task(self, number: int, words: str, **given: Any) -> None:
        row = dict.fromkeys(("parent", "price", "done", "due", "at", "odd", "only", "unit"))
        row |= {"id": number, "words": words, "account": self.account} | given
        if self.dialect == "sqlite" and number == 900:
            row |= {"at": "yesterday", "odd": "not a number"}
        columns = "(:id, :account, :parent, :words, :price, :done, :due, :at, :odd, :only, :unit)"
        self.sql(f"INSERT INTO task VALUES {columns}", **row)

    def _files(self) -> None:
        prefix = OURS.format(account=self.account)
        for number, key in enumerate([f"{prefix}a/b.txt", f"{prefix}gone.pdf", "accounts/other/secret", None], 1):
            row = {"id": number, "account": self.account, "key": key}
            self.sql("INSERT INTO attachment VALUES (:id, :account, :key)", **row)
        for name in ("a/b.txt", "ñ 100%?.pdf", "big", "Plan.txt", "plan.TXT"):
            self.objects.put(FILES, prefix + name, name.encode() * (400_000 if name == "big" else 1))
        self.objects.put(FILES, "accounts/other/secret", b"theirs")


def inventory() -> Inventory:
    to_root = {name: f"{name}.account_id -> account.id" for name in ("task", "empty", "Note", "attachment")}
    keys = {"task": ["id"], "empty": ["a", "b"], "Note": ["id"], "attachment": ["id"], "account": ["id"]}
    data_sets = [
        {
            "name": table.lower(),
            "table": table,
            "key": key,
            "hops": [to_root[table]] if table in to_root else [],
            "format": "jsonl" if table in ("Note", "empty") else "csv",
            "about": {"es": f"Qué: {table}"},
        }
        for table, key in keys.items()
    ]
    unit = {"table": "unit", "duty": "shared", "reason": "common", "name": "unit", "key": ["code"],
            "used_by": ["task.unit -> unit.code"]}  # fmt: skip
    files = {"name": "papers", "prefix": OURS, "listed_in": "attachment.key"}
    return Inventory.model_validate({"root": "account", "data_set": data_sets, "outside": [unit], "file_set": [files]})


@contextmanager
def exporting(objects: S3ObjectStore, url: str, **about: str) -> Iterator[Export]:
    export = Export(objects, url, **about)
    try:
        export.fill()
        yield export
    finally:
        export.engine.dispose()
