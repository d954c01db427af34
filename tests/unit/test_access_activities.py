"""Access is closed in its order, page by page, and opened again exactly."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from sqlmodel import select

from activities.holdings import Users
from connectors.store.sessions import reading, writing
from models.effects import UndoRequest
from models.payload import EffectRequest
from models.tables.identities import MembershipRow, SharedAssetRow, UserRow
from models.vocabulary import CredentialClass
from tests.contract.sample_access import CREDENTIALS, USERS
from tests.unit.access_company import UNDO, Company, a_company, but
from tests.unit.own_database import asked, environment, receipts

CUT_OFF = ("disconnect_feed", "deactivate_users", "gate_credentials")
MEMBERS = 2


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    yield from a_company(tmp_path)


@pytest.mark.usefixtures("every_beat")
def test_identity_1_users_are_deactivated_page_by_page(company: Company) -> None:
    env, told = environment(), []
    env.on_heartbeat = lambda *details: told.append(details)
    request = asked(EffectRequest, company.account, "deactivate_users")
    assert env.run(company.does().deactivate_users, request).counts == {"users": USERS - 2}
    cursors = dict.fromkeys(after for what, after in (each for each in told if len(each) == 2) if what == "users")
    assert list(cursors) == ["", *(f"{company.account}-{n}" for n in (1, 3, 4))]
    assert company.identity.count(company.account, active=True) == 1


@pytest.mark.usefixtures("every_beat")
def test_a_new_attempt_goes_on_after_the_last_page_and_counts_all(company: Company) -> None:
    request = asked(EffectRequest, company.account, "deactivate_users")
    company.identity.deactivate(
        company.account, [f"{company.account}-0", f"{company.account}-1"], request.idempotency_key
    )
    pages = []

    def users(account: str, after: str, limit: int) -> list[str]:
        pages.append(after)
        return company.identity.users(account, after, limit)

    env = environment("users", f"{company.account}-1")
    does = company.does(identity=but(company.identity, users=users))
    assert env.run(does.deactivate_users, request).counts == {"users": USERS - 2}
    assert pages[0] == f"{company.account}-1"


@pytest.mark.parametrize("told", [("webhook",), ("gate", "x"), ("users",), (7,), ("users", 7)])
def test_what_an_earlier_attempt_told_of_something_else_is_no_cursor(company: Company, told: tuple[object]) -> None:
    request = asked(EffectRequest, company.account, "deactivate_users")
    assert environment(*told).run(company.does().deactivate_users, request).counts == {"users": USERS - 2}


def test_ten_thousand_users_are_one_activity_with_hardly_a_heartbeat(company: Company) -> None:
    with writing(company.engine) as session:
        session.add_all(
            UserRow(id=f"{company.account}-u{n:05}", account=company.account, name="N", email="n@faro.example")
            for n in range(10_000 - USERS)
        )
    env, told, asked_for = environment(), [], []
    env.on_heartbeat = lambda *details: told.append(details)

    def deactivate(account: str, users: list[str], key: str) -> int:
        asked_for.append(len(users))
        return company.identity.deactivate(account, users, key)

    does = company.does(500, identity=but(company.identity, deactivate=deactivate))
    result = env.run(does.deactivate_users, asked(EffectRequest, company.account, "deactivate_users"))
    assert result.counts == {"users": 10_000 - 2}
    assert asked_for == [500] * 20 + [0]
    assert len(told) < 20


@pytest.mark.usefixtures("every_beat")
def test_a_call_that_takes_long_tells_that_it_lives(company: Company) -> None:
    beaten = Event()
    env = environment()
    env.on_heartbeat = lambda *_: beaten.set()

    def late(*about: object) -> object:
        assert beaten.wait(60)
        return company.access.gate(company.account, "session", "key", about[-1])

    does = company.does(access=but(company.access, gate=late))
    request = asked(EffectRequest, company.account, "disconnect_feed")
    assert env.run(does.disconnect_feed, request).counts == {"idp_feed": 1}


@pytest.mark.usefixtures("every_beat")
@pytest.mark.parametrize(
    ("step", "slow"),
    [
        ("deactivate_users", "reactivate"),
        ("gate_credentials", "refill_groups"),
        ("scan_for_zombies", "reactivate"),
        ("scan_for_zombies", "refill_groups"),
    ],
)
def test_identity_5_a_way_back_that_takes_an_hour_tells_that_it_lives(company: Company, step: str, slow: str) -> None:
    company.do(step)
    beaten = Event()
    env = environment()
    env.on_heartbeat = lambda *_: beaten.set()

    def late(account: str, key: str) -> int:
        assert beaten.wait(60)
        return getattr(company.identity, slow)(account, key)

    does = company.does(identity=but(company.identity, **{slow: late}))
    request = asked(UndoRequest, company.account, f"undo_{step}", undoes=company.key(step))
    env.run(getattr(does, UNDO[step]), request)


@pytest.mark.usefixtures("every_beat")
def test_identity_2_groups_that_take_long_to_empty_tell_that_they_live(company: Company) -> None:
    beaten = Event()
    env = environment()

    def late(account: str, key: str) -> int:
        env.on_heartbeat = lambda *_: beaten.set()
        assert beaten.wait(60)
        return company.identity.empty_groups(account, key)

    does = company.does(identity=but(company.identity, empty_groups=late))
    request = asked(EffectRequest, company.account, "gate_credentials")
    assert env.run(does.gate_credentials, request).counts["group_members"] == MEMBERS


@pytest.mark.usefixtures("every_beat")
def test_identity_1_an_erasure_of_users_that_takes_long_tells_that_it_lives(company: Company) -> None:
    beaten = Event()
    env = environment()
    env.on_heartbeat = lambda *_: beaten.set()

    def late(account: str, limit: int) -> int:
        assert beaten.wait(60)
        return company.identity.delete(account, limit)

    users = Users(but(company.identity, delete=late), company.access, company.account)
    assert sum(env.run(lambda: list(users.erase(lambda: None)))) > USERS


@pytest.mark.usefixtures("every_beat")
def test_identity_2_the_feed_comes_first_and_the_classes_in_their_order(company: Company) -> None:
    done: list[str] = []

    def gate(account: str, kind: str, *more: object) -> object:
        done.append(kind)
        return company.access.gate(account, kind, *more)

    def deactivate(account: str, users: list[str], key: str) -> int:
        done.append("users")
        return company.identity.deactivate(account, users, key)

    does = company.does(
        100, access=but(company.access, gate=gate), identity=but(company.identity, deactivate=deactivate)
    )
    results = [company.do(step, does=does).counts for step in CUT_OFF]
    order = [kind.value for kind in CredentialClass if kind is not CredentialClass.IDP_FEED]
    assert list(dict.fromkeys(done)) == ["idp_feed", "users", *order]
    credentials = {kind: CREDENTIALS[kind] - (kind == "sign_in") for kind in order}
    assert results == [{"idp_feed": 1}, {"users": USERS - 2}, {**credentials, "group_members": MEMBERS}]


def test_identity_2_the_export_contact_stays_active_in_its_group_with_its_sign_in(company: Company) -> None:
    for step in CUT_OFF:
        company.do(step)
    with reading(company.engine) as session:
        active = session.exec(select(UserRow).where(UserRow.active)).one()
        members = session.exec(select(MembershipRow.user).where(MembershipRow.taken_by == None)).all()  # noqa: E711  # SQL
    assert active.export_contact
    assert members == [active.id]


def test_identity_3_every_class_leaves_its_receipt_and_so_do_users_groups_assets_and_the_probe(
    company: Company,
) -> None:
    for step in ("plant_probe", "hand_over_assets", *CUT_OFF, "probe_access", "scan_for_zombies"):
        company.do(step)
    kept = dict(receipts(company.engine, company.account))
    assert {f"gate {kind.value}" for kind in CredentialClass} < kept.keys()
    more = {
        "plant": 2,
        "hand over": 1,
        "deactivate_users users": USERS - 1,
        "deactivate_users users_left_active": 1,
        "gate_credentials group_members": MEMBERS,
        "tried the probe": 0,
        "looked for ways in": 0,
    }
    assert more.items() <= kept.items()
    assert kept["gate api_key"] == CREDENTIALS["api_key"] + 1


def test_identity_4_shared_assets_get_new_owners_and_what_has_none_is_named(company: Company) -> None:
    for _ in range(2):
        result = company.do("hand_over_assets")
        assert (result.handed, result.unowned, result.left) == (1, (f"{company.account}-a2",), 1)
    with writing(company.engine) as session:
        session.get_one(SharedAssetRow, f"{company.account}-a2").successor = f"{company.account}-0"
    result = company.do("hand_over_assets", generation=2)
    assert (result.handed, result.unowned, result.left) == (1, (), 0)
    for generation in (2, 1):
        assert company.undo("hand_over_assets", generation).text == "hand back: 1"
    assert len(company.access.assets(company.account)) == 2


@pytest.mark.parametrize("successor", ["1", "2"])
def test_identity_4_a_successor_who_leaves_too_is_none(company: Company, successor: str) -> None:
    """Not even the owner."""
    with writing(company.engine) as session:
        session.get_one(SharedAssetRow, f"{company.account}-a2").successor = f"{company.account}-{successor}"
    result = company.do("hand_over_assets")
    assert (result.handed, result.unowned) == (1, (f"{company.account}-a2",))


def test_identity_4_an_asset_of_somebody_unknown_goes_to_its_successor(company: Company) -> None:
    with writing(company.engine) as session:
        asset = session.get_one(SharedAssetRow, f"{company.account}-a2")
        asset.owner, asset.successor = "nobody-we-know", "somebody-elsewhere"
    assert company.do("hand_over_assets").handed == 2


def test_identity_4_of_many_assets_without_an_owner_twenty_are_named_and_all_counted(company: Company) -> None:
    with writing(company.engine) as session:
        about = {"account": company.account, "kind": "report", "label": "R", "owner": "u"}
        session.add_all(SharedAssetRow(id=f"{company.account}-z{n:02}", **about) for n in range(30))
    result = company.do("hand_over_assets")
    assert (len(result.unowned), result.left) == (20, 31)


def test_identity_5_the_way_back_leaves_everything_as_it_was_and_again_is_harmless(company: Company) -> None:
    before, done = company.rows(), {}
    steps = ("plant_probe", "hand_over_assets", *CUT_OFF)
    for step in steps:
        first, again = company.do(step), company.do(step)
        assert first == again
        done[step] = first
    for step in reversed(steps):
        assert company.undo(step) == company.undo(step)
    assert company.rows() == before
    assert company.undo("deactivate_users").counts == done["deactivate_users"].counts


@pytest.mark.parametrize("step", ["plant_probe", "hand_over_assets", *CUT_OFF])
def test_identity_5_a_late_attempt_at_a_step_that_was_taken_back_closes_nothing(company: Company, step: str) -> None:
    """But a probe may stand again: it's ours, and the next case's closing finds it."""
    before = company.rows()
    company.do(step)
    company.undo(step)
    company.do(step)
    if step == "plant_probe":
        company.undo(step)
    assert company.rows() == before


def test_identity_5_an_undo_of_what_never_began_is_harmless(company: Company) -> None:
    before = company.rows()
    for step in UNDO:
        company.undo(step)
    assert company.rows() == before


def test_modes_1_a_pause_closes_sign_in_and_sessions_and_an_exit_out_of_it_the_rest(company: Company) -> None:
    closed = {"sign_in": CREDENTIALS["sign_in"] - 1, "session": CREDENTIALS["session"]}
    for _ in range(2):
        assert company.do("suspend_sign_in").counts == closed
    rest = company.do("gate_credentials").counts
    assert (rest["sign_in"], rest["session"], rest["api_key"]) == (0, 0, CREDENTIALS["api_key"])
    members = rest.pop("group_members")
    assert company.undo("gate_credentials").counts == {"group_members": members, "credentials": sum(rest.values())}
    freed = {"group_members": 0, "credentials": sum(closed.values())}
    assert company.undo("suspend_sign_in").counts == freed
