"""`farewell export restore` on packages of the real export: from a folder and from S3, with and without the files."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import starter
from commands.export import fetch_package
from connectors.s3 import S3ObjectStore
from connectors.store.engine import open_engine
from devstack.s3 import FILES
from devstack.stack import EmbeddedStack
from tests.contract.packages_by_hand import everything, seal
from tests.contract.snapshot_schema import database_of
from tests.e2e.packages import OURS, Export, exporting


@pytest.fixture
def objects(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3ObjectStore:
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAREWELL_INVENTORY_FILE", str(tmp_path / "none.toml"))
    return S3ObjectStore.connect(stack.environment["FAREWELL_S3_ENDPOINT_URL"])


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """The URL of a new database."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / uuid4().hex}.db"
    return lambda: database_of(request.getfixturevalue("postgres"))


@pytest.fixture
def export(objects: S3ObjectStore, fresh: Callable[[], str]) -> Iterator[Export]:
    """Exported and verified."""
    with exporting(objects, fresh()) as export:
        export.whole()
        yield export


@pytest.fixture
def folder(export: Export, tmp_path: Path) -> Path:
    fetch_package(export.objects, export.location, tmp_path / "package")
    return tmp_path / "package"


@pytest.fixture
def empty(export: Export, fresh: Callable[[], str]) -> str:
    """The product's schema, without a row."""
    url = fresh()
    copy = Export(export.objects, url)
    copy._make()
    copy.engine.dispose()
    return url


def rows(url: str) -> dict[str, list[str]]:
    engine = open_engine(url)
    try:
        return everything(engine)
    finally:
        engine.dispose()


def of_account(export: Export) -> dict[str, list[str]]:
    """What the package should hold: all but the rows of the other account and of nobody."""
    export.sql("DELETE FROM task WHERE account_id = 'other'")
    export.sql("DELETE FROM account WHERE id = 'other'")
    export.sql("DELETE FROM unit WHERE code <> 'kg'")
    return everything(export.engine)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any, str]:
    """Exit code, JSON and what was said of an error."""
    capsys.readouterr()
    code = starter.run(["export", "restore", *arguments, "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else None, said.err


def test_a_package_of_the_bucket_goes_into_an_empty_schema(
    export: Export, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = run(capsys, export.location, "--into", empty)
    assert (code, said["restored"], said["conflicts"]) == (0, True, [])
    assert rows(empty) == of_account(export)
    code, again, _ = run(capsys, export.location, "--into", empty)
    assert code == 0
    assert {each["inserted"] for each in again["tables"]} == {0}
    assert again["digest"] == said["digest"]


def test_what_it_says_to_people(folder: Path, empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", "restore", str(folder), "--into", empty]
    assert starter.run([*arguments, "--dry-run"]) == 0
    assert "would be restored: nothing was kept." in capsys.readouterr().out
    assert not any(rows(empty).values())
    assert starter.run(arguments) == 0
    out = capsys.readouterr().out
    assert "rows are restored." in out
    assert "The attachments weren't restored: --files does it." in out
    assert starter.run(arguments) == 0
    assert "All rows are there already: nothing was changed." in capsys.readouterr().out


def test_conflicts_are_listed_and_are_code_4(export: Export, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export.sql("UPDATE account SET name = 'changed' WHERE id = :id", id=export.account)
    export.sql("UPDATE task SET price = 7 WHERE id = 900")
    url = export.engine.url.render_as_string(hide_password=False)
    before = rows(url)
    code, said, _ = run(capsys, str(folder), "--into", url)
    assert (code, said["restored"]) == (4, False)
    assert said["conflicts"] == [
        "task: 1 row, such as id=900: another row stands under this key",
        f"account: 1 row, such as id={export.account}: another row stands under this key",
    ]
    assert rows(url) == before


def test_a_flipped_byte_is_code_6_and_nothing_is_opened(
    folder: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = folder / "data" / "tables" / "task.csv.gz"
    body = bytearray(table.read_bytes())
    body[len(body) // 2] ^= 1
    table.write_bytes(body)
    code, _, said = run(capsys, str(folder), "--into", empty)
    assert code == 6
    assert "data/tables/task.csv.gz was changed" in said
    assert not any(rows(empty).values())


def test_a_package_of_another_database_is_code_4_in_one_line(
    folder: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    described = folder / "data" / "datapackage.json"
    said = json.loads(described.read_bytes())
    said["farewell"]["dialect"] = "oracle"
    described.write_text(json.dumps(said))
    seal(folder)
    code, _, error = run(capsys, str(folder), "--into", empty)
    assert code == 4
    assert error.startswith("farewell: nothing was restored: the package is of oracle, the database is ")
    assert error.count("\n") == 1


def test_wrong_use_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "nowhere", "--into", "sqlite://")[0] == 3
    assert run(capsys, str(folder), "--into", "no url")[0] == 2
    assert run(capsys, str(folder), "--into", "sqlite://", "--inventory", "nowhere.toml")[0] == 2


def test_files_go_back_under_their_keys_and_never_over_others(
    export: Export, folder: Path, empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    prefix = OURS.format(account=export.account)
    before = {key: export.objects.get(FILES, key) for key, _ in export.objects.list(FILES, prefix)}
    sum(export.objects.erase(FILES, prefix))
    other = f"{prefix}a/b.txt"
    export.objects.put(FILES, other, b"somebody else's")
    code, said, _ = run(capsys, str(folder), "--into", empty, "--files")
    assert (code, said["conflicts"]) == (4, [f"{FILES}/{other}: another file stands under this key"])
    assert not any(rows(empty).values())
    sum(export.objects.erase(FILES, other))
    assert run(capsys, str(folder), "--into", empty, "--files")[0] == 0
    assert {key: export.objects.get(FILES, key) for key, _ in export.objects.list(FILES, prefix)} == before
    assert rows(empty) == of_account(export)
