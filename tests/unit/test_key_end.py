"""The end of keys, and the change of what wraps them: killed at any point, nobody reads a key that was destroyed."""

import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from connectors import keys as keys_module
from connectors import keys_disk, keys_scope
from connectors.errors import Gone, NotFound, Unauthorized
from connectors.keys import FolderKeyStore
from models.keys import Destroyed, KeyScope

ACME = KeyScope.of_account("acme")
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
STEPS, MOMENTS = ("write_over", "remove"), ("before", "after")


class Killed(BaseException):
    """The process ends here: nothing after it runs, not even what handles errors."""


def new_master() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture
def master() -> str:
    return new_master()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(folder: Path, master: str) -> FolderKeyStore:
    return FolderKeyStore(folder, master)


def key_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.key"))


def dying(patch: pytest.MonkeyPatch, module: object, nth: int, moment: str) -> None:
    """The nth change of the disk that `module` makes is its last, before it or after it."""
    done = 0

    def deadly(change: Callable[..., None]) -> Callable[..., None]:
        def changing(*args: object) -> None:
            nonlocal done
            done += 1
            if done == nth and moment == "before":
                raise Killed
            change(*args)
            if done == nth:
                raise Killed

        return changing

    for name in STEPS:
        if hasattr(module, name):
            patch.setattr(module, name, deadly(getattr(keys_disk, name)))


def refused(store: FolderKeyStore, *key_ids: str) -> None:
    for key_id in key_ids:
        with pytest.raises(Gone):
            store.opening(key_id)


def test_erasure_6_what_was_destroyed_opens_for_nobody_any_more(store, folder, master) -> None:
    other_process = FolderKeyStore(folder, master)
    ids = (store.sealing(ACME).id, store.rotate(ACME).id)
    assert [other_process.opening(key_id).id for key_id in ids] == list(ids)
    assert store.destroy(ACME, AT) == Destroyed(scope=ACME, ids=ids, at=AT)
    for reader in (store, other_process, FolderKeyStore(folder, master)):
        refused(reader, *ids)
        for ask in (reader.sealing, reader.rotate):
            with pytest.raises(Gone, match="account/acme"):
                ask(ACME)
    assert key_files(folder) == []
    assert store.keys() == []


def test_erasure_6_destroying_again_answers_what_was_destroyed(store: FolderKeyStore) -> None:
    store.sealing(ACME)
    first = store.destroy(ACME, AT)
    assert store.destroy(ACME, AT + timedelta(days=1)) == first


def test_an_account_without_a_key_gets_none_after_its_destruction(store: FolderKeyStore) -> None:
    assert store.destroy(ACME, AT).ids == ()
    with pytest.raises(Gone):
        store.sealing(ACME)


def test_the_secret_is_overwritten_before_its_name_goes(store, folder, tmp_path) -> None:
    store.sealing(ACME)
    second_name = tmp_path / "second"
    second_name.hardlink_to(folder / "account" / "acme" / "1.key")
    store.destroy(ACME, AT)
    assert set(second_name.read_bytes()) == {0}


@pytest.mark.parametrize(("nth", "moment"), [*product((1, 2, 3, 4), MOMENTS)])
def test_erasure_6_a_destruction_that_is_killed_is_finished_by_the_next(folder, master, nth, moment) -> None:
    store = FolderKeyStore(folder, master)
    ids = (store.sealing(ACME).id, store.rotate(ACME).id)
    store.may_end(ACME)
    with pytest.MonkeyPatch.context() as patch:
        dying(patch, keys_scope, nth, moment)
        with pytest.raises(Killed):
            store.destroy(ACME, AT)
    survivor = FolderKeyStore(folder, master)
    if (nth, moment) == (1, "before"):
        assert [survivor.opening(key_id).id for key_id in ids] == list(ids)
    else:
        refused(survivor, *ids)
        refused(store, *ids)
    later = survivor.destroy(ACME, AT + timedelta(hours=1))
    assert (later.ids, key_files(folder)) == (ids, [])
    assert later.at == (AT + timedelta(hours=1) if (nth, moment) == (1, "before") else AT)


def test_a_key_whose_file_comes_back_from_a_copy_stays_dead(store: FolderKeyStore, folder: Path) -> None:
    key_id, path = store.sealing(ACME).id, folder / "account" / "acme" / "1.key"
    copy = path.read_bytes()
    store.destroy(ACME, AT)
    path.write_bytes(copy)
    refused(store, key_id)
    assert store.keys() == []
    store.reopen(ACME)
    path.write_bytes(copy)
    refused(store, key_id)
    assert store.sealing(ACME).id == "account/acme/2"
    store.check()
    assert key_files(folder) == ["account/acme/2.key"]


def test_messages_9_who_comes_back_gets_new_keys_above_the_dead_ones(store: FolderKeyStore, folder: Path) -> None:
    old = (store.sealing(ACME), store.rotate(ACME))
    store.reopen(ACME)
    assert store.sealing(ACME) == old[1]
    store.destroy(ACME, AT)
    for _ in range(2):
        store.reopen(ACME)
    new = store.sealing(ACME)
    assert new.id == "account/acme/3"
    assert new.secret not in {key.secret for key in old}
    refused(store, *(key.id for key in old))
    assert store.destroy(ACME, AT + timedelta(days=1)).ids == (new.id,)
    refused(store, new.id, *(key.id for key in old))


def test_messages_9_a_late_attempt_at_an_old_destruction_leaves_the_new_key_alone(store: FolderKeyStore) -> None:
    old = store.sealing(ACME).id
    store.destroy(ACME, AT)
    store.reopen(ACME)
    new = store.sealing(ACME)
    assert store.destroy(ACME, AT).ids == (old,)
    assert store.opening(new.id) == new


def test_reopening_finishes_what_a_killed_destruction_left(store, folder, monkeypatch) -> None:
    key = store.sealing(ACME)
    with monkeypatch.context() as patch:
        dying(patch, keys_scope, 2, "before")
        with pytest.raises(Killed):
            store.destroy(ACME, AT)
    assert key_files(folder) == ["account/acme/1.key"]
    store.reopen(ACME)
    assert key_files(folder) == []
    refused(store, key.id)


def test_the_next_start_removes_what_a_killed_destruction_left(store, folder, monkeypatch) -> None:
    store.sealing(ACME)
    with monkeypatch.context() as patch:
        dying(patch, keys_scope, 1, "after")
        with pytest.raises(Killed):
            store.destroy(ACME, AT)
    assert key_files(folder) == ["account/acme/1.key"]
    store.check()
    assert key_files(folder) == []


def test_what_a_killed_maker_left_is_no_key_and_goes_with_the_others(store, folder) -> None:
    store.sealing(ACME)
    (folder / "account" / "acme" / ".making-abc").write_bytes(b"half a key")
    (standing,) = store.keys()
    assert standing.id == "account/acme/1"
    store.destroy(ACME, AT)
    assert [path.name for path in (folder / "account" / "acme").iterdir()] == ["destroyed.json"]


def test_another_master_key_is_refused_and_both_are_named(store, folder, master) -> None:
    store.check()
    (wrapped_by,) = {key.wrapped_by for key in (store.sealing(ACME), *store.keys())[1:]}
    stranger = FolderKeyStore(folder, new_master())
    for ask in (stranger.check, lambda: stranger.sealing(ACME), lambda: stranger.sealing(KeyScope.of_account("new"))):
        with pytest.raises(Unauthorized, match=rf"is the master key [0-9a-f]{{16}}, but .* by {wrapped_by}") as caught:
            ask()
        assert master not in f"{caught.value} {caught.value.fix}"
    assert key_files(folder) == ["account/acme/1.key"]


def test_a_check_of_a_new_store_makes_no_key(store: FolderKeyStore, folder: Path) -> None:
    for _ in range(2):
        store.check()
    assert (store.keys(), key_files(folder)) == ([], [])
    with pytest.raises(Unauthorized):
        FolderKeyStore(folder, new_master()).check()


def test_a_wrong_master_key_pins_no_store_that_lost_its_sentinel(store, folder) -> None:
    store.sealing(ACME)
    (folder / "sentinel.json").unlink()
    with pytest.raises(Unauthorized):
        FolderKeyStore(folder, new_master()).check()
    store.check()


def test_the_master_key_is_changed_step_by_step(store, folder, master) -> None:
    kept = [store.sealing(ACME), store.rotate(ACME), store.sealing(KeyScope.of_closing("acme-1"))]
    new = new_master()
    not_yet, between = FolderKeyStore(folder, master, [new]), FolderKeyStore(folder, new, [master])
    for process in (not_yet, between, not_yet):
        process.check()
    kept.append(between.sealing(KeyScope.of_account("other")))
    assert not_yet.opening(kept[-1].id) == kept[-1]
    assert (between.rewrap(), between.rewrap()) == (3, 0)
    alone = FolderKeyStore(folder, new)
    alone.check()
    assert sorted(alone.opening(key.id).id for key in kept) == sorted(key.id for key in kept)
    assert [alone.opening(key.id) for key in kept] == kept
    with pytest.raises(Unauthorized):
        FolderKeyStore(folder, master).check()


@pytest.mark.parametrize(("nth", "moment"), [*product((1, 2, 3), MOMENTS)])
def test_a_rewrap_that_is_killed_loses_no_key(folder, master, nth, moment) -> None:
    store = FolderKeyStore(folder, master)
    kept = [store.sealing(ACME), store.rotate(ACME)]
    new = new_master()
    with pytest.MonkeyPatch.context() as patch:
        dying(patch, keys_scope if nth < 3 else keys_module, nth if nth < 3 else 1, moment)
        with pytest.raises(Killed):
            FolderKeyStore(folder, new, [master]).rewrap()
    between = FolderKeyStore(folder, new, [master])
    between.check()
    assert [between.opening(key.id) for key in kept] == kept
    between.rewrap()
    assert [FolderKeyStore(folder, new).opening(key.id) for key in kept] == kept


def test_a_rewrap_brings_no_destroyed_key_back(store, folder, master, monkeypatch) -> None:
    """Destroyed after the rewrap had read which keys there are."""
    key, between = store.sealing(ACME), FolderKeyStore(folder, new_master(), [master])
    listed = between.keys

    def listed_then_destroyed():
        found = listed()
        store.destroy(ACME, AT)
        return found

    monkeypatch.setattr(between, "check", lambda: None)
    monkeypatch.setattr(between, "keys", listed_then_destroyed)
    between.rewrap()
    assert key_files(folder) == []
    refused(between, key.id)


def test_a_key_that_vanished_without_a_tombstone_is_not_found(store, folder) -> None:
    key = store.sealing(ACME)
    (folder / "account" / "acme" / "1.key").unlink()
    with pytest.raises(NotFound, match="there is no key account/acme/1") as caught:
        store.opening(key.id)
    assert "copy" in caught.value.fix
