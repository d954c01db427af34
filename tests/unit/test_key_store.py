import base64
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.errors import Rejected, Unauthorized, Unavailable
from connectors.keys import FolderKeyStore


def new_master() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    master = new_master()
    key = FolderKeyStore(tmp_path / "keys", master).digest_key("acme")
    assert len(key) == 32
    assert FolderKeyStore(tmp_path / "keys", master).digest_key("acme") == key
    assert FolderKeyStore(tmp_path / "keys", master).digest_key("other") != key
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["acme.digest", "other.digest"]


def test_many_makers_agree_on_one_key(tmp_path: Path) -> None:
    master = new_master()
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: FolderKeyStore(tmp_path, master).digest_key("acme"), range(64)))
    assert len(keys) == 1


def test_only_its_owner_reads_a_key_and_it_is_not_there_in_clear(tmp_path: Path) -> None:
    key = FolderKeyStore(tmp_path / "keys", new_master()).digest_key("acme")
    path = tmp_path / "keys" / "acme.digest"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert key not in path.read_bytes()


def test_another_master_key_is_named(tmp_path: Path) -> None:
    FolderKeyStore(tmp_path, new_master()).digest_key("acme")
    with pytest.raises(Unauthorized, match="FAREWELL_MASTER_KEY"):
        FolderKeyStore(tmp_path, new_master()).digest_key("acme")


def test_the_key_of_one_account_does_not_open_as_anothers(tmp_path: Path) -> None:
    store = FolderKeyStore(tmp_path, new_master())
    store.digest_key("acme")
    (tmp_path / "acme.digest").rename(tmp_path / "other.digest")
    with pytest.raises(Unauthorized):
        store.digest_key("other")


def test_a_damaged_key_is_never_replaced(tmp_path: Path) -> None:
    store = FolderKeyStore(tmp_path, new_master())
    (tmp_path / "acme.digest").write_bytes(b"short")
    with pytest.raises(Rejected, match="damaged"):
        store.digest_key("acme")


@pytest.mark.parametrize("master", ["", "secret", base64.b64encode(b"short").decode(), "ñ"])
def test_a_master_key_of_another_form_is_refused(tmp_path: Path, master: str) -> None:
    with pytest.raises(Unauthorized, match="FAREWELL_MASTER_KEY"):
        FolderKeyStore(tmp_path, master)


@pytest.mark.parametrize("account", ["", "../acme", "a/b", "a" * 65])
def test_an_account_id_cannot_lead_out_of_the_folder(tmp_path: Path, account: str) -> None:
    with pytest.raises(Rejected):
        FolderKeyStore(tmp_path, new_master()).digest_key(account)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(Unavailable, match="keys"):
        FolderKeyStore(tmp_path / "keys", new_master()).digest_key("acme")
