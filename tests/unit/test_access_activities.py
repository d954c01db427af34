"""Access is closed in its order, page by page, and opened again exactly."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.access import AccessActivities
from connectors.builtin.access import BuiltinAccess
from connectors.builtin.identity import BuiltinIdentity
from connectors.store.cases import SqlCaseStore
from models.effects import UndoRequest
from models.payload import EffectRequest
from models.policy import read_policy
from models.vocabulary import CredentialClass
from tests.contract.sample_access import CREDENTIALS, USERS
from tests.unit.own_database import asked, company, environment, receipts

WRITTEN = read_policy(Path(__file__).parents[2] / "policy.toml")
POLICY = WRITTEN.model_copy(update={"house": WRITTEN.house.model_copy(update={"users_a_page": 2})})


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    yield from company(tmp_path)


def activities(engine: Engine) -> AccessActivities:
    return AccessActivities(
        identity=BuiltinIdentity(engine), access=BuiltinAccess(engine), store=SqlCaseStore(engine), policy=POLICY
    )


def undo(account: str, step: str) -> UndoRequest:
    undoes = asked(EffectRequest, account, step).idempotency_key
    return asked(UndoRequest, account, f"undo_{step}", undoes=undoes)


def test_identity_1_users_are_deactivated_page_by_page(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    env, told = environment(), []
    env.on_heartbeat = lambda *details: told.append(details)
    result = env.run(activities(engine).deactivate_users, asked(EffectRequest, account, "deactivate_users"))
    assert result.counts == {"users": USERS - 2}
    assert told == [(f"{account}-1",), (f"{account}-3",), (f"{account}-4",)]
    assert BuiltinIdentity(engine).count(account, active=True) == 1


def test_a_new_attempt_goes_on_after_the_last_page_and_counts_all(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    request = asked(EffectRequest, account, "deactivate_users")
    BuiltinIdentity(engine).deactivate(account, [f"{account}-0", f"{account}-1"], request.idempotency_key)
    env, told = environment(f"{account}-1"), []
    env.on_heartbeat = lambda *details: told.append(details)
    assert env.run(activities(engine).deactivate_users, request).counts == {"users": USERS - 2}
    assert told[0] == (f"{account}-3",)


@pytest.mark.usefixtures("every_beat")
def test_identity_2_the_feed_comes_first_and_the_classes_in_their_order(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    does, env, told = activities(engine), environment(), []
    assert env.run(does.disconnect_feed, asked(EffectRequest, account, "disconnect_feed")).counts == {"idp_feed": 1}
    env.on_heartbeat = lambda *details: told.extend(details)
    result = env.run(does.gate_credentials, asked(EffectRequest, account, "gate_credentials"))
    order = [kind.value for kind in CredentialClass if kind is not CredentialClass.IDP_FEED]
    assert list(result.counts) == told == order
    assert result.counts == {kind: CREDENTIALS[kind] - (kind == "sign_in") for kind in order}


def test_identity_3_every_class_leaves_its_receipt(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    environment().run(activities(engine).gate_credentials, asked(EffectRequest, account, "gate_credentials"))
    assert ("gate api_key", 1) in receipts(engine, account)
    assert len(receipts(engine, account)) == len(CredentialClass) - 1


def test_identity_5_the_way_back_opens_what_was_closed_and_again_is_harmless(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    does = activities(engine)
    steps = [
        ("disconnect_feed", does.disconnect_feed, does.reconnect_feed),
        ("deactivate_users", does.deactivate_users, does.reactivate_users),
        ("gate_credentials", does.gate_credentials, does.free_credentials),
    ]
    done = {}
    for step, method, _ in steps:
        request = asked(EffectRequest, account, step)
        done[step] = sum(environment().run(method, request).counts.values())
        assert sum(environment().run(method, request).counts.values()) == done[step]
    for step, _, back in reversed(steps):
        for _ in range(2):
            assert sum(environment().run(back, undo(account, step)).counts.values()) == done[step]
    assert BuiltinIdentity(engine).count(account, active=True) == USERS - 1
    assert BuiltinAccess(engine).gate(account, "api_key", "new", environment().info.scheduled_time).count == 1


def test_modes_1_a_pause_closes_sign_in_and_sessions_and_an_exit_out_of_it_the_rest(opened: tuple[Engine, str]) -> None:
    engine, account = opened
    does, env = activities(engine), environment()
    suspend = asked(EffectRequest, account, "suspend_sign_in")
    closed = {"sign_in": CREDENTIALS["sign_in"] - 1, "session": CREDENTIALS["session"]}
    for _ in range(2):
        assert env.run(does.suspend_sign_in, suspend).counts == closed
    rest = env.run(does.gate_credentials, asked(EffectRequest, account, "gate_credentials")).counts
    assert (rest["sign_in"], rest["session"], rest["api_key"]) == (0, 0, CREDENTIALS["api_key"])
    for step, count in (("gate_credentials", sum(rest.values())), ("suspend_sign_in", sum(closed.values()))):
        assert env.run(does.free_credentials, undo(account, step)).counts == {"credentials": count}
