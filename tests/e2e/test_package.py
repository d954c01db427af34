"""A whole package over a real S3, with values made to break it, judged by the validators that other people use."""

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from commands.export import fetch_package, verify_package
from connectors.errors import NotFound, Rejected
from connectors.s3 import S3ObjectStore
from devstack.postgres import Postgres
from devstack.s3 import EXPORTS, FILES
from devstack.stack import EmbeddedStack
from models.exporting import TRIALS_FROM, CommitRequest, PartRequest
from models.package import TablesPart
from tests.contract import hard_schema
from tests.e2e.packages import HOSTILE, OURS, ROWS_OF_TASK, TEXTS, Export, exporting, inventory

TAG = "tagmanifest-sha256.txt"


@pytest.fixture
def objects(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> S3ObjectStore:
    for name, value in stack.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return S3ObjectStore.connect(stack.environment["FAREWELL_S3_ENDPOINT_URL"])


def new_database(server: Postgres) -> str:
    name = f"package_{uuid4().hex[:10]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server.url).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "postgresql":
        return new_database(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path / 'product.db'}"


@pytest.fixture
def export(url: str, objects: S3ObjectStore) -> Iterator[Export]:
    with exporting(objects, url) as made:
        yield made


@pytest.fixture
def small(objects: S3ObjectStore, tmp_path: Path) -> Iterator[Export]:
    """Where the database makes no difference."""
    with exporting(objects, f"sqlite:///{tmp_path / 'product.db'}", language="en") as made:
        yield made


def tool(name: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / name), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def fetched(export: Export, folder: Path) -> Path:
    fetch_package(export.objects, export.location, folder)
    return folder


def judged(folder: Path) -> None:
    """By other people's tools."""
    bag = tool("bagit.py", "--validate", ".", cwd=folder)
    assert bag.returncode == 0, bag.stderr
    frictionless = tool("frictionless", "validate", "datapackage.json", cwd=folder / "data")
    assert frictionless.returncode == 0, frictionless.stdout[-3000:]


def resources_of(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "data/datapackage.json").read_text())["resources"]


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"data/tables/{name}.csv.gz", "rt", newline="", encoding="utf-8") as file:
        csv.field_size_limit(1_000_000)
        return list(csv.DictReader(file))


def lines_of(folder: Path, name: str) -> list[Any]:
    packed = (folder / f"data/tables/{name}.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


def test_a_package_passes_the_validators_that_other_people_use(export: Export, tmp_path: Path) -> None:
    package = export.whole()
    folder = fetched(export, tmp_path / "package")
    judged(folder)
    assert verify_package(str(folder)) == []
    assert verify_package(package.location, export.objects) == []


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_schema_with_every_hard_case_makes_a_package_that_they_pass(
    url: str, objects: S3ObjectStore, tmp_path: Path, form: str
) -> None:
    export = Export(objects, url)
    hard_schema.create(export.engine)
    known = hard_schema.inventory(export.dialect)
    # Frictionless takes the line break off the end of a column's name, and then doesn't know it.
    read_by_all = [each for each in known.data_sets if each.name != "new-line"]
    data_sets = tuple(each.model_copy(update={"format": form}) for each in read_by_all)
    export.knowing(known.model_copy(update={"data_sets": data_sets})).whole()
    export.engine.dispose()
    rows = {each["name"]: each["rows"] for each in resources_of(fetched(export, tmp_path / "package"))}
    expected = {name: counts[0] for name, counts in hard_schema.EXPECTED.items() if name != "new-line"}
    expected["deal"] -= hard_schema.OF_TWO["deal"]  # kept out of the package
    assert rows == expected
    judged(tmp_path / "package")
    export.run(export.activities.drop_package)


def test_every_value_can_be_read_back(export: Export, tmp_path: Path) -> None:
    export.whole()
    folder = fetched(export, tmp_path / "package")
    told, tasks = TEXTS[export.dialect], rows_of(folder, "task")
    assert [row['what, "exactly" is it'] for row in tasks] == [*HOSTILE, "nothing"]
    assert [row["price"] for row in tasks][:2] == ["1.500", "2.500"]
    assert {row["done"] for row in tasks} == {"t", "f", r"\N"}
    assert [row["doubled"] for row in tasks][:2] == ["2", "4"]
    assert tasks[0]["at"] == told["at"]
    account = rows_of(folder, "account")[0]
    assert (account["logo"], account["settings"]) == (told["logo"], told["settings"])
    raw = gzip.decompress((folder / "data/tables/task.csv.gz").read_bytes())
    assert b',"\\N",' in raw  # the text, as PostgreSQL's COPY tells it from a missing value
    assert [row["code"] for row in rows_of(folder, "unit")] == ["kg"]


def test_json_lines_tell_types_and_a_set_without_rows_tells_its_columns(export: Export, tmp_path: Path) -> None:
    export.whole()
    folder = fetched(export, tmp_path / "package")
    about = {"account_id": export.account, "x": "1.50"}
    assert lines_of(folder, "note") == [
        {"id": 1, **about, "text": r"\N", "ok": True},
        {"id": 2, **about, "text": 'a "b"\n', "ok": False},
        {"id": 3, **about, "text": None, "ok": False},
    ]
    assert gzip.decompress((folder / "data/tables/empty.csv.gz").read_bytes()) == b"a,b,account_id\n"


def test_the_description_names_types_keys_and_what_is_loose(export: Export, tmp_path: Path) -> None:
    export.whole()
    package = json.loads((fetched(export, tmp_path / "package") / "data/datapackage.json").read_text())
    instant = package["farewell"].pop("instant")
    assert package["farewell"] == {"form": 1, "dialect": export.dialect, "root": "account"}
    assert instant or export.dialect == "sqlite"
    resources = {resource["name"]: resource for resource in package["resources"]}
    task = resources["task"]
    fields = {field["name"]: field for field in task["schema"]["fields"]}
    loose = "string" if export.dialect == "sqlite" else None  # PostgreSQL keeps to its types
    types = {name: fields[name]["type"] for name in ("id", "price", "done", "due", "at", "odd")}
    assert types == {
        "id": "integer",
        "price": "number",
        "done": "boolean",
        "due": "date",
        "at": loose or "datetime",
        "odd": loose or "integer",
    }
    assert fields["at"]["databaseType"] == ("TIMESTAMP" if loose else "timestamp with time zone")
    assert "constraints" not in fields['what, "exactly" is it']  # a reader who ignores quotes takes \N for missing
    assert (fields["account_id"]["databaseNullable"], "constraints" in fields["account_id"]) == (False, False)
    assert fields["doubled"]["generated"]
    assert (task["schema"]["primaryKey"], task["compression"], task["rows"]) == (["id"], "gz", ROWS_OF_TASK)
    assert {key["reference"]["resource"] for key in task["schema"]["foreignKeys"]} == {"", "account", "unit"}
    assert (resources["account"]["schema"]["fields"][3].get("format") == "binary") is (export.dialect == "sqlite")
    assert (resources["unit"]["shared"], task["shared"], resources["note"]["table"]) == (True, False, "Note")
    assert (resources["note"]["format"], resources["note"]["schema"]["missingValues"]) == ("jsonl", [])


def test_a_key_that_leads_to_rows_of_others_is_not_promised(export: Export, tmp_path: Path) -> None:
    export.sql("UPDATE task SET parent_id = 901 WHERE id = 900")
    export.whole()
    folder = fetched(export, tmp_path / "package")
    task = next(resource for resource in resources_of(folder) if resource["name"] == "task")
    assert {key["reference"]["resource"] for key in task["schema"]["foreignKeys"]} == {"account", "unit"}
    judged(folder)


def test_missing_and_foreign_files_are_listed_never_copied_or_skipped(small: Export, tmp_path: Path) -> None:
    assert small.whole().missing == 2
    folder = fetched(small, tmp_path / "package")
    index = list(csv.DictReader((folder / "data/files/papers.csv").read_text(encoding="utf-8").splitlines()))
    prefix = OURS.format(account=small.account)
    missing = {row["key"].removeprefix(prefix): row["missing"] for row in index if row["missing"] != r"\N"}
    assert missing == {"gone.pdf": "not found", "accounts/other/secret": "outside of the account's files"}
    paths = {row["key"].removeprefix(prefix): row["path"] for row in index}
    assert paths["a/b.txt"] == "data/files/papers/a/b.txt"
    for name in ("ñ 100%?.pdf", "Plan.txt", "plan.TXT"):
        assert paths[name].startswith("data/files/papers/renamed/")
        assert (folder / paths[name]).read_bytes() == name.encode()
    assert paths["gone.pdf"] == r"\N"
    assert "gone.pdf** (not found)" in (folder / "data/README.en.md").read_text()
    assert not any(b"theirs" in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    (_, manifest) = next(iter(small.told.kept.values()))
    assert manifest["missing"] == 2


def test_a_second_run_of_everything_changes_no_byte(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    first = export.whole()
    before = export.listing()
    assert export.whole() == first
    assert export.listing() == before
    assert len(export.told.kept) == 1


def test_a_second_run_before_the_commit_sends_and_copies_nothing(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    export.parts()
    monkeypatch.setattr(export.objects, "copy", lambda *_: pytest.fail("copied again"))
    export.parts()
    part = record(export)
    assert (part.sent_bytes, part.kept_bytes) == (0, sum(table.file.size_bytes for table in part.tables))
    assert export.uploads() == []


def record(export: Export) -> TablesPart:
    body = export.objects.get(EXPORTS, f"{export.prefix.removesuffix('/')}.parts/instant.json")
    return TablesPart.model_validate_json(body)


def test_rows_that_changed_between_two_attempts_are_exported_anew_under_one_instant(export: Export) -> None:
    export.parts()
    before = record(export)
    export.sql("UPDATE task SET price = 7 WHERE id = 1")
    export.parts()
    after = record(export)
    changed = {a.name for a, b in zip(before.tables, after.tables, strict=True) if a.file != b.file}
    assert changed == {"task"}
    assert {table.instant for table in after.tables} == {after.instant}
    assert before.instant != after.instant or export.dialect == "sqlite"
    assert export.whole().rows == sum(table.counted for table in after.tables)


def test_a_set_whose_format_changed_has_one_file(export: Export) -> None:
    export.parts()
    known = inventory()
    other = [each.model_copy(update={"format": "csv"}) for each in known.data_sets]
    export.activities = export.with_inventory(known.model_copy(update={"data_sets": tuple(other)}))
    export.whole()
    assert {path for path in export.listing() if "/note." in path} == {"data/tables/note.csv.gz"}


def test_what_was_written_under_another_inventory_is_compared_again(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    export.parts()
    known = inventory()
    other = [each.model_copy(update={"of_two": "export"}) for each in known.data_sets]
    export.activities = export.with_inventory(known.model_copy(update={"data_sets": tuple(other)}))
    monkeypatch.setattr("activities.package_record.TableRecords.renewed", lambda *_: pytest.fail("taken as proven"))
    export.parts()
    assert record(export).sent_bytes == 0


def test_a_table_that_another_attempt_changed_is_not_committed(small: Export) -> None:
    small.parts()
    small.objects.put(EXPORTS, f"{small.prefix}data/tables/task.csv.gz", b"")
    with pytest.raises(Rejected, match=r"task\.csv\.gz was changed"):
        small.run(small.activities.commit_package, CommitRequest, parts=())


def test_a_package_in_english_reads_as_a_table_of_its_contents(small: Export) -> None:
    small.whole()
    readme = small.listing()["data/README.en.md"].decode()
    assert f"| task | {ROWS_OF_TASK} | `tables/task.csv.gz` |\n| empty | 0 |" in readme
    assert "| unit | 1 | `tables/unit.csv.gz` |\n\n" in readme
    assert "Acme \\| Söhne \\*GmbH\\*" in readme
    assert "\n\n\n" not in readme


def flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


def test_a_flipped_byte_is_found_and_located_in_the_bucket_and_in_the_folder(small: Export, tmp_path: Path) -> None:
    small.whole()
    folder = fetched(small, tmp_path / "package")
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 18
    for path in files:
        whole = (folder / path).read_bytes()
        (folder / path).write_bytes(flipped(whole))
        found = verify_package(str(folder))
        assert any(path in finding for finding in found) or (found and path == TAG), path
        small.objects.put(EXPORTS, small.prefix + path, flipped(whole))
        with pytest.raises(Rejected, match="SHA-256|manifest" if path == TAG else path.replace("+", ".")):
            small.verified()
        (folder / path).write_bytes(whole)
        small.objects.put(EXPORTS, small.prefix + path, whole)
    assert small.verified().rows == 24


def test_a_lost_and_an_added_file_are_found(small: Export, tmp_path: Path) -> None:
    small.whole()
    folder = fetched(small, tmp_path / "package")
    (folder / "data/files/papers/a/b.txt").unlink()
    (folder / "data/more.txt").write_text("more")
    findings = verify_package(str(folder))
    assert any("a/b.txt" in finding for finding in findings)
    assert any("more.txt" in finding for finding in findings)
    list(small.objects.erase(EXPORTS, f"{small.prefix}data/files/papers/a/b.txt"))
    small.objects.put(EXPORTS, f"{small.prefix}data/more.txt", b"more")
    with pytest.raises(Rejected, match=r"a/b\.txt.*more\.txt"):
        small.verified()


def test_what_happens_to_a_live_account_after_the_export_changes_no_verdict(small: Export) -> None:
    package = small.whole()
    small.sql("DELETE FROM task WHERE id = 900")
    small.objects.put(FILES, f"{OURS.format(account=small.account)}later", b"")
    assert small.verified() == package


def test_rows_that_are_not_as_many_as_were_counted_are_no_part_of_a_package(
    small: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.product_snapshot.HeldSnapshot.count", lambda *_: 3)
    with pytest.raises(Rejected, match=f"{ROWS_OF_TASK} rows of task were read, 3 are counted"):
        small.parts()
    assert not any("task" in path for path in small.listing())


def test_a_trial_leaves_the_cases_package_alone(small: Export) -> None:
    package = small.whole()
    small.generation = TRIALS_FROM
    trial = small.whole()
    assert (trial.generation, trial.location) == (TRIALS_FROM, small.location)
    assert [kind for kind, _ in small.told.kept.values()] == ["manifest", "trial_manifest"]
    small.run(small.activities.drop_package)
    small.generation = 1
    assert small.verified() == package


def test_a_part_that_was_never_written_stops_the_commit(small: Export) -> None:
    for activity, kind in ((small.activities.export_tables, None), (small.activities.export_files, PartRequest)):
        with pytest.raises(Rejected, match="never exported"):
            small.run(small.activities.commit_package, CommitRequest, parts=())
        small.run(activity, **({"kind": kind, "subject": "files/papers"} if kind else {}))
    with pytest.raises(NotFound, match="no finished package"):
        fetch_package(small.objects, small.location, Path("never"))


def test_dropping_takes_everything_and_may_happen_twice(small: Export) -> None:
    small.whole()
    for _ in range(2):
        small.run(small.activities.drop_package)
        assert list(small.objects.list(EXPORTS, f"{small.account}/")) == []
    assert small.whole().rows == 24
