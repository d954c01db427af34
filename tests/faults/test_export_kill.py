"""`kill -9` in the middle of a large upload: the next attempt goes on, and the package is that of an undisturbed one."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from connectors.product_shared import READERS
from connectors.s3_flight import IN_FLIGHT
from devstack.postgres import Postgres
from devstack.s3 import EXPORTS
from devstack.stack import EmbeddedStack
from models.exporting import CommitRequest
from models.package import TablePart, TablesPart
from tests.faults.dying_worker import Death
from tests.faults.end_state import versions_of
from tests.faults.large_export import LargeExport

IN_THE_MIDDLE = Death("s3", "upload_part", "'PartNumber': 4", "before")


@pytest.fixture(scope="module")
def source(stack: EmbeddedStack, postgres: Postgres) -> Iterator[str]:
    """The URL of a database with the noise in it."""
    name = f"kill_{uuid4().hex[:10]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(postgres.url).set(drivername="postgresql+psycopg", database=name).render_as_string(False)
    with pytest.MonkeyPatch.context() as patched:
        for key, value in stack.environment.items():
            patched.setenv(key, value)
        first = LargeExport(url, 0)
        first.fill()
        first.engine.dispose()
        yield url


@pytest.fixture
def exports(source: str) -> Iterator[Callable[[int], LargeExport]]:
    """Each generation is a package of its own."""
    made: list[LargeExport] = []

    def export(generation: int) -> LargeExport:
        made.append(LargeExport(source, generation))
        return made[-1]

    yield export
    for each in made:
        each.engine.dispose()


def record(export: LargeExport, name: str = "instant") -> bytes:
    return export.objects.get(EXPORTS, f"{export.prefix.removesuffix('/')}.parts/{name}.json")


def whole(export: LargeExport) -> dict[str, str]:
    """Commits and verifies; the digests of the tables."""
    export.run(export.activities.commit_package, CommitRequest, parts=())
    export.verified()
    return {table.name: table.file.sha256 for table in TablesPart.model_validate_json(record(export)).tables}


def test_an_export_that_was_killed_goes_on_within_the_parts_in_flight(
    exports: Callable[[int], LargeExport], tmp_path: Path
) -> None:
    killed, undisturbed = exports(1), exports(2)
    ended, begun = killed.attempt(tmp_path / "notes", IN_THE_MIDDLE)
    standing = killed.standing()
    assert ended == -signal.SIGKILL
    assert 0 < len(begun - standing.keys()) <= IN_FLIGHT * READERS
    assert standing
    ended, again = killed.attempt(tmp_path / "notes")
    assert (ended, again & standing.keys()) == (0, set())
    after = TablesPart.model_validate_json(record(killed))
    assert after.kept_bytes >= sum(standing.values())
    assert after.kept_bytes + after.sent_bytes == sum(table.file.size_bytes for table in after.tables)
    assert killed.uploads() == []
    ended, all_of_them = undisturbed.attempt(tmp_path / "notes")
    sent = again | standing.keys() | begun  # what was under way may have arrived after we looked
    assert (ended, len(all_of_them)) == (0, len(sent))
    assert whole(killed) == whole(undisturbed)
    assert set(versions_of(killed.objects, EXPORTS, killed.prefix).values()) == {1}


def test_rows_that_changed_after_the_kill_are_exported_again_under_the_new_instant(
    exports: Callable[[int], LargeExport], tmp_path: Path
) -> None:
    changed = exports(3)
    assert changed.attempt(tmp_path / "notes", IN_THE_MIDDLE)[0] == -signal.SIGKILL
    before = TablePart.model_validate_json(record(changed, "tables/note"))
    changed.sql("UPDATE note SET text = 'after'")
    assert changed.attempt(tmp_path / "notes")[0] == 0
    after = TablesPart.model_validate_json(record(changed))
    note = next(table for table in after.tables if table.name == "note")
    assert (note.file.sha256 != before.file.sha256, note.instant != before.instant) == (True, True)
    assert {table.instant for table in after.tables} == {after.instant}
    assert whole(changed)["note"] == note.file.sha256
