"""Keys in a folder: made once, wrapped, rotated, destroyed for good. Source: DESIGN, Security, Keys."""

import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Gone, NotFound, Rejected, Unauthorized, Unavailable
from connectors.keys import FolderKeyStore
from models.keys import KeyScope

ACME = KeyScope.of_account("acme")
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
IDS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


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


def files(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != ".lock"
    )


def asked_by_another_process(folder: str, master: str) -> str:
    return FolderKeyStore(Path(folder), master).sealing(ACME).secret.hex()


def test_a_key_is_made_once_and_stays(store: FolderKeyStore, folder: Path, master: str) -> None:
    key = store.sealing(ACME)
    assert (key.id, len(key.secret)) == ("account/acme/1", 32)
    again = FolderKeyStore(folder, master)
    assert again.sealing(ACME) == again.opening(key.id) == key
    assert again.sealing(KeyScope.of_closing("acme-1")).secret != key.secret
    assert files(folder) == ["account/acme/1.key", "closing/acme-1/1.key", "sentinel.json"]


def test_many_makers_agree_on_one_key(folder: Path, master: str) -> None:
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: FolderKeyStore(folder, master).sealing(ACME).secret, range(64)))
    assert len(keys) == 1


def test_many_processes_agree_on_one_key(folder: Path, master: str) -> None:
    with get_context("forkserver").Pool(4) as processes:
        keys = processes.starmap(asked_by_another_process, [(str(folder), master)] * 16)
    assert len(set(keys)) == 1
    assert len(FolderKeyStore(folder, master).keys()) == 1


def test_only_its_owner_reads_a_key_and_it_is_nowhere_in_clear(store: FolderKeyStore, folder: Path) -> None:
    key = store.sealing(ACME)
    path = folder / "account" / "acme" / "1.key"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    kept = path.read_bytes()
    assert key.secret not in kept + base64.b64decode(json.loads(kept)["sealed"])
    assert key.secret.hex() not in f"{key} {key!r}"
    assert str(key.secret) not in f"{key} {key!r}"


def test_a_key_does_not_open_as_anothers(store: FolderKeyStore, folder: Path) -> None:
    store.sealing(ACME)
    (folder / "account" / "other").mkdir()
    (folder / "account" / "acme" / "1.key").rename(folder / "account" / "other" / "1.key")
    with pytest.raises(Rejected, match="account/other/1 is damaged"):
        store.sealing(KeyScope.of_account("other"))


@pytest.mark.parametrize(
    "damage",
    [lambda body: b"short", lambda body: body[:-9], lambda body: body.replace(b'"sealed":"', b'"sealed":"AAAA')],
)
def test_a_damaged_key_is_named_and_never_replaced(store, folder, master, damage) -> None:
    store.sealing(ACME)
    path = folder / "account" / "acme" / "1.key"
    path.write_bytes(damage(path.read_bytes()))
    before = path.read_bytes()
    with pytest.raises(Rejected, match="account/acme/1 is damaged"):
        FolderKeyStore(folder, master).sealing(ACME)
    assert path.read_bytes() == before


@pytest.mark.parametrize("master", ["", "secret", base64.b64encode(b"short").decode(), "ñ"])
def test_a_master_key_of_another_form_is_refused(folder: Path, master: str) -> None:
    with pytest.raises(Unauthorized, match="FAREWELL_MASTER_KEY isn't"):
        FolderKeyStore(folder, master)
    with pytest.raises(Unauthorized, match="FAREWELL_MASTER_KEY_OLD isn't"):
        FolderKeyStore(folder, new_master(), [master])


@pytest.mark.parametrize("name", ["", ".", "..", "../acme", "a/b", "a" * 81, "acme\n", "ácme"])
def test_no_name_leads_out_of_the_folder(store: FolderKeyStore, folder: Path, name: str) -> None:
    for ask in (store.sealing, store.rotate, store.reopen, store.may_end, lambda scope: store.destroy(scope, AT)):
        with pytest.raises(Rejected):
            ask(KeyScope.of_account(name))
    with pytest.raises(Rejected):
        store.opening(f"account/{name}/1")
    assert files(folder) == []


@pytest.mark.parametrize("key_id", ["", "acme", "account/acme/0", "account/acme/01", "account/acme/x", "other/acme/1"])
def test_what_is_no_key_id_is_refused(store: FolderKeyStore, key_id: str) -> None:
    with pytest.raises(Rejected, match="no id of a key"):
        store.opening(key_id)


def test_a_key_that_never_was_is_not_found_and_not_gone(store: FolderKeyStore) -> None:
    store.sealing(ACME)
    with pytest.raises(NotFound) as caught:
        store.opening("account/acme/2")
    assert not isinstance(caught.value, Gone)


def test_a_folder_that_cannot_be_used_is_named(folder: Path, store: FolderKeyStore) -> None:
    folder.write_text("a file")
    for ask in (store.check, store.keys, store.ending, lambda: store.sealing(ACME), lambda: store.destroy(ACME, AT)):
        with pytest.raises(Unavailable, match="keys"):
            ask()


def test_digests_die_with_the_key_and_outlive_its_rotation(store: FolderKeyStore) -> None:
    digest_key = store.digest_key("offboarding-acme-1")
    assert digest_key == store.digest_key("export-acme-1-1001") == store.digest_key("offboarding-acme-2")
    assert len({digest_key, store.digest_key("closing-acme-1"), store.digest_key("follow-up-acme-1")}) == 3
    assert digest_key != store.sealing(ACME).secret
    store.rotate(ACME)
    assert store.digest_key("offboarding-acme-1") == digest_key
    store.destroy(ACME, AT)
    with pytest.raises(Gone):
        store.digest_key("offboarding-acme-1")
    with pytest.raises(ValueError, match="no workflow id of ours"):
        store.digest_key("acme")


def test_a_rotated_key_seals_and_the_older_ones_go_on_opening(store: FolderKeyStore) -> None:
    old, new = store.sealing(ACME), store.rotate(ACME)
    assert (new.id, store.sealing(ACME)) == ("account/acme/2", new)
    assert store.opening(old.id) == old
    assert new.secret != old.secret


@given(name=IDS, number=st.integers(1, 9999), generation=st.integers(1, 9999))
def test_every_workflow_id_of_ours_has_the_key_of_its_scope(name: str, number: int, generation: int) -> None:
    case = f"{name}-{number}"
    assert KeyScope.of_workflow(f"offboarding-{case}") == KeyScope.of_account(name)
    assert KeyScope.of_workflow(f"export-{case}-{generation}") == KeyScope.of_account(name)
    assert KeyScope.of_workflow(f"follow-up-{case}") == KeyScope.of_follow_ups(case)
    assert KeyScope.of_workflow(f"closing-{case}") == KeyScope.of_closing(case)


def test_keys_are_listed_without_being_opened(store: FolderKeyStore, folder: Path) -> None:
    store.rotate(ACME)
    store.rotate(ACME)
    store.sealing(KeyScope.of_closing("acme-1"))
    store.may_end(KeyScope.of_closing("acme-1"))
    listed = FolderKeyStore(folder, new_master()).keys()
    assert [(key.id, key.may_end) for key in listed] == [
        ("account/acme/1", False),
        ("account/acme/2", False),
        ("closing/acme-1/1", True),
    ]
    assert len({key.wrapped_by for key in listed}) == 1
    assert all(datetime.now(UTC) - key.made_at < timedelta(minutes=5) for key in listed)


def test_what_may_end_is_told_until_its_keys_are_destroyed(store: FolderKeyStore) -> None:
    follow_ups, closing = KeyScope.of_follow_ups("acme-1"), KeyScope.of_closing("acme-1")
    for scope in (follow_ups, closing):
        store.sealing(scope)
    for _ in range(2):
        store.may_end(closing)
    store.may_end(KeyScope.of_closing("never-1"))
    assert store.ending() == [closing]
    store.destroy(closing, AT)
    store.may_end(closing)
    assert store.ending() == []
    assert store.sealing(follow_ups)


def test_public_keys_are_kept_for_ever_and_private_ones_refused(store: FolderKeyStore, folder: Path) -> None:
    first, second = ({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": f"kid-{x}"} for x in "ab")
    assert store.publish(second) == {"keys": [second]}
    assert store.publish(first) == {"keys": [first, second]}
    assert store.publish({**first, "x": "another"}) == {"keys": [first, second]}
    for wrong in ({**first, "d": "secret"}, {**first, "kid": "../a"}, {"kty": "OKP"}):
        with pytest.raises(Rejected, match="public half"):
            store.publish(wrong)
    assert files(folder) == ["signing/kid-a.json", "signing/kid-b.json"]
