"""TRUST 6: once the account's key is destroyed, nothing personal is readable anywhere, nor in an older backup.

Every free text of an account bears a word of its own; a whole exit; then all places are searched. What the law keeps,
the mails that the customer got, and the follow-ups' contact until they end may hold words, and nothing else.
"""

import asyncio
import logging
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import starter
from activities.keys import sweep
from connectors.opening import Connections
from devstack.clock import move_family
from devstack.leaving import past_the_window
from devstack.running import Running, at_work
from devstack.stack import EmbeddedStack
from models.keys import KeyScope
from models.payload import Personal
from models.tables.accounts import BlockingFactRow
from models.tables.cases import CaseRow
from models.updates import ContactPreference, ResolveTask, RetrievalWord, Undo
from models.vocabulary import Channel, Gate, Stage, TaskKind, TaskOutcome
from tests.e2e.canaries import Canaries, add_blocking_fact, mark_own, personal_tables, plant
from tests.e2e.canary_scan import Found, Scan, by_origin, files, forbidden, histories, own_rows, table_of, words_in
from tests.workflow.exits import Exit, begun
from tests.workflow.test_offers import answered, offered

ACCOUNT = "acc_7f3k2m"
COPY = "older backup"
THEIRS = {
    "mails that left": "the customer's own",
    "storage media": "deleted objects on the S3 server's disk: nothing is claimed of media",
}


async def test_erasure_6_nothing_personal_is_readable_once_the_key_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    with logged(tmp_path / "home" / "worker.log"):
        async with EmbeddedStack(home) as stack, at_work(stack) as here:
            canaries = plant(here, ACCOUNT)
            play = await begun(here, ACCOUNT)
            await to_the_window(here, play, canaries)
            copy(home, backup)
            before = {**await Scan(here).everywhere(), **of_backup(here, backup)}
            await past_the_window(play, (await play.state()).retrieval_end or datetime.now(UTC))
            await play.certified()
            after = {**await Scan(here).everywhere(), **of_backup(here, backup)}
            allowed = what_may_stay(here, play.case)
            await to_the_end(here, play, canaries)
            end = {**await Scan(here).everywhere(), **of_backup(here, backup)}
    with capsys.disabled():
        sys.stdout.write(f"\n{table_of({'before': before, 'certified': after, 'end': end}, allowed)}\n")
    assert_every_place_was_marked(before, canaries)
    assert_in_clear_nowhere_but_where_it_belongs(before)
    assert told_of(after, allowed, canaries) == {}
    assert told_of(end, THEIRS, canaries) == {}


async def to_the_window(here: Running, play: Exit, canaries: Canaries) -> None:
    """People say why they do what they do, in words of their own; one is refused, a hold comes and goes.

    The customer chooses to be called, and declines an offer.
    """
    await play.approved()
    await play.say("customer", "set_contact_preference", ContactPreference, channel=Channel.PHONE)
    line = ["message", "line", ACCOUNT, "goodbye", canaries.word("a line of the manager's"), "--as", "ana"]
    assert await asyncio.to_thread(starter.run, line) == 0
    await answered(play, await offered(here, play), accepted=False)
    add_blocking_fact(here, ACCOUNT)
    mark_own(here, ACCOUNT, canaries, BlockingFactRow)
    await play.reach(Stage.NOTICE)
    place = here.connections.cases.place_hold
    hold = place(ACCOUNT, play._actor("dora"), canaries.word("hold.ground"), (), (await play.state()).opened_at)
    for person in ("dora", "felipe"):
        await play.release(person, hold, tell=False)
    await play.to_date("effective_date")
    task = await play.parked(TaskKind.UNOWNED_ASSET)
    word = {"task": task.id, "outcome": TaskOutcome.SKIP, "reason": Personal(text=canaries.word("reason of a task"))}
    await play.say("ana", "resolve_task", ResolveTask, **word)
    state = await play.reach(Stage.SETTLE)
    await play.move(state.agreed.openings["effective_date"] if state.agreed else state.opened_at)
    await play.until(lambda s: any(task.step == "call_goodbye.1" for task in s.tasks))
    await play.refused("customer", "withdraw", Undo, reason=Personal(text=canaries.word("reason that is refused")))
    await play.to_date("late_usage_end")
    await play.until(lambda s: s.statement_digest is not None)
    evidence = Personal(text=canaries.word("evidence of acceptance"))
    await play.say("customer", "accept_export", RetrievalWord, evidence=evidence)
    await play.approve(Gate.ERASURE, "carla", "dora")


async def to_the_end(here: Running, play: Exit, canaries: Canaries) -> None:
    """A sub-processor's word is recorded, the follow-ups end, what was retained is erased when its day comes."""
    last = max(watch.at for watch in (await play.until_closing(lambda s: bool(s.watches))).watches)
    evidence = canaries.word("evidence of a sub-processor")
    said = ["processor", "confirm", ACCOUNT, "newsletter", "--evidence", evidence, "--as", "dora"]
    assert await asyncio.to_thread(starter.run, said) == 0
    for workflow in (f"follow-up-{play.case}", f"closing-{play.case}"):
        await move_family(here.client, workflow, last + timedelta(seconds=1))
        await here.client.get_workflow_handle(workflow).result()
    await asyncio.to_thread(sweep, here.connections.keys, here.connections.histories, last)
    standing = [key.id for key in here.connections.keys.keys()]  # noqa: SIM118  # no dict
    assert [key for key in standing if ACCOUNT in key] == []


def told_of(found: Found, allowed: dict[str, str], canaries: Canaries) -> dict[str, Any]:
    """Places that hold words and mustn't, with where those had been put."""
    return {place: by_origin(found[place], canaries.places) for place in forbidden(found, allowed)}


def what_may_stay(here: Running, case: str) -> dict[str, str]:
    """By the beginning of a place: on which ground; what is retained is what the certificate names."""
    (certificate,) = here.connections.cases.documents(case, "certificate")
    kept = {each["name"]: each for each in certificate["claims"]["data_sets"] if each["method"].startswith("kept")}
    assert set(kept) == {each.name for each in here.connections.inventory.data_sets if each.erase == "retain"}
    allowed = {f"product, {name}": f"{each['why']}, until {each['until']:.10}" for name, each in kept.items()}
    allowed |= {"product, raw file": "the same rows", **THEIRS}
    standing = {key.id.rpartition("/")[0] for key in here.connections.keys.keys()}  # noqa: SIM118  # no dict
    if str(KeyScope.of_follow_ups(case)) in standing:
        for place in ("own database", COPY):
            allowed[f"{place}, opened: follow_up_contact"] = "until the follow-ups end, under their own key"
    return allowed


def assert_every_place_was_marked(before: Found, canaries: Canaries) -> None:
    """Else the scan would prove nothing."""
    for kind in {*personal_tables()} - {CaseRow}:  # its tasks name ids alone
        assert before[f"own database, opened: {kind.__tablename__}"], kind.__tablename__
        assert before[f"{COPY}, opened: {kind.__tablename__}"], kind.__tablename__
    histories = ("Temporal histories, opened", f"{COPY}, Temporal histories, opened")
    for place in (*histories, "mails that left", "bucket farewell-exports", "bucket farewell-files"):
        assert before[place], place
    missed = by_origin(set(canaries.places) - set().union(*before.values()), canaries.places)
    assert set(missed) <= {"reason that is refused", "evidence of a sub-processor"}


def assert_in_clear_nowhere_but_where_it_belongs(before: Found) -> None:
    """TRUST 7, and the same of Farewell's own database: sealed from the first moment on."""
    for place in ("own database, rows", "own database, raw file", "Temporal, raw file", "Temporal visibility", "logs"):
        assert before[place] == set(), place


def copy(home: Path, backup: Path) -> None:
    """Farewell's database and Temporal's, as a backup takes them."""
    backup.mkdir()
    for name in ("farewell.db", "temporal/temporal.db"):
        target = backup / Path(name).name
        with closing(sqlite3.connect(home / name)) as source, closing(sqlite3.connect(target)) as taken:
            source.backup(taken)


def of_backup(here: Running, backup: Path) -> Found:
    """Restored: with the master key, and the key store as it is today."""
    settings = here.connections.settings.model_copy(update={"database_url": f"sqlite:///{backup / 'farewell.db'}"})
    restored = Connections(settings)
    found: Found = {}
    for place, content in (
        *files(f"{COPY}, raw files", backup.iterdir()),
        *own_rows(restored.engine, COPY),
        *histories(f"{COPY}, Temporal histories, opened", backup / "temporal.db", restored.keys),
    ):
        found.setdefault(place, set()).update(words_in(content))
    restored.engine.dispose()
    return found


@contextmanager
def logged(file: Path) -> Iterator[None]:
    """What workers and pages of ours log, as `farewell-worker` does."""
    file.parent.mkdir(parents=True)
    handler, root = logging.FileHandler(file), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()
