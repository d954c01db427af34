"""`farewell keys`, and what the other commands say where a key is gone or can't be opened; no server runs."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import starter
from connectors.opening import opened
from devstack.preparing import prepare
from models.keys import KeyScope

ACCOUNT, OTHER = "acc_7f3k2m", "acc_2hw8te"
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("home")
    prepare(made)
    return made


@pytest.fixture
def say(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """Runs a command; its exit code, and what it wrote."""
    with monkeypatch.context() as patch:
        patch.setenv("FAREWELL_HOME", str(home))

        def run(*words: str, **environment: str) -> tuple[int, str, str]:
            with pytest.MonkeyPatch.context() as meanwhile:
                for name, value in environment.items():
                    meanwhile.setenv(name, value)
                before = dict(starter.os.environ)
                code = starter.run(words)
                starter.os.environ.clear()
                starter.os.environ.update(before)
            return code, *capfd.readouterr()

        yield run


def listed(say: Said, **environment: str) -> list[dict[str, Any]]:
    code, out, _ = say("keys", "list", "--json", **environment)
    assert code == 0
    return json.loads(out)


def new_master() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def test_keys_are_listed_and_rotated(say: Said) -> None:
    before = {key["id"] for key in listed(say)}
    code, out, _ = say("keys", "rotate", ACCOUNT, "--json")
    assert (code, json.loads(out)) == (0, {"key": f"account/{ACCOUNT}/2"})
    assert {key["id"] for key in listed(say)} - before == {f"account/{ACCOUNT}/2"}
    assert say("keys", "rotate", "nobody")[0] == 3
    code, _, err = say("keys", "rotate", "../acme")
    assert (code, err.count("\n")) == (2, 1)


def test_the_master_key_is_changed_as_the_documentation_says(say: Said, home: Path) -> None:
    old, new = (home / "keys" / "master.key").read_text().strip(), new_master()
    change = {"FAREWELL_MASTER_KEY": new, "FAREWELL_MASTER_KEY_OLD": old}
    assert say("keys", "list", FAREWELL_MASTER_KEY=old, FAREWELL_MASTER_KEY_OLD=new)[0] == 0
    code, _, err = say("keys", "rewrap", FAREWELL_MASTER_KEY=new)
    assert (code, err.count("\n"), "FAREWELL_MASTER_KEY is the master key" in err) == (5, 1, True)
    many = len(listed(say))
    code, out, _ = say("keys", "rewrap", "--json", **change)
    assert (code, json.loads(out)) == (0, {"rewrapped": many})
    assert len({key["wrapped_by"] for key in listed(say)}) == 1
    code, _, err = say("accounts")
    assert (code, "wrapped by" in err) == (5, True)
    assert say("accounts", FAREWELL_MASTER_KEY=new)[0] == 0
    assert say("keys", "rewrap", FAREWELL_MASTER_KEY=old, FAREWELL_MASTER_KEY_OLD=new)[0] == 0
    assert say("accounts")[0] == 0


def test_public_keys_are_printed_as_a_jwks_and_nothing_else(say: Said) -> None:
    code, out, _ = say("keys", "publish")
    (key,) = json.loads(out)["keys"]
    assert (code, key["kty"], "d" in key) == (0, "OKP", False)


def test_a_master_key_of_another_form_is_one_line(say: Said) -> None:
    for name in ("FAREWELL_MASTER_KEY", "FAREWELL_MASTER_KEY_OLD"):
        code, _, err = say("keys", "list", **{name: "secret"})
        assert (code, err.count("\n"), f"{name} isn't 32 bytes" in err, "secret" in err) == (2, 1, True, False)


def test_messages_9_who_was_erased_cant_leave_again_before_coming_back(say: Said, home: Path) -> None:
    at = opened(home)
    at.keys.destroy(KeyScope.of_account(OTHER), datetime.now(UTC))
    code, _, err = say("start", OTHER, "--reason", "price")
    assert (code, err.count("\n"), "imported first" in err) == (4, 1, True)
    assert at.cases.case(OTHER) is None
    assert say("keys", "rotate", OTHER)[0] == 4
    for words in (["accounts"], ["list"], ["keys", "list"]):
        assert say(*words)[0] == 0
