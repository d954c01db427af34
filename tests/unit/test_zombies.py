"""The probe that must be refused, and the scan that looks again. Source: DOMAIN identity.3."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import select

from connectors.errors import Gone, Rejected, Unavailable
from connectors.store.sessions import reading, writing
from models.keys import KeyScope
from models.payload import EffectRequest, Receipt
from models.tables.identities import CredentialRow, UserRow
from tests.contract.sample_access import CREDENTIALS, USERS
from tests.unit.access_company import Company, a_company, but
from tests.unit.own_database import NOW, asked, environment

CUT_OFF = ("disconnect_feed", "deactivate_users", "gate_credentials")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    yield from a_company(tmp_path)


@pytest.fixture
def closed(company: Company) -> Company:
    for step in ("plant_probe", *CUT_OFF):
        company.do(step)
    return company


def reopen(company: Company, kind: str, *, probes: bool = False) -> None:
    """Somebody opens what we closed: the product's own support, say."""
    with writing(company.engine) as session:
        asked_for = select(CredentialRow).where(CredentialRow.kind == kind, CredentialRow.account == company.account)
        for row in session.exec(asked_for):
            if bool(row.planted_by) == probes:
                row.gated_by = row.gated_at = None


def come_back(company: Company) -> None:
    """A user is created again by the customer's feed."""
    with writing(company.engine) as session:
        session.add(UserRow(id=f"{company.account}-new", account=company.account, name="Back", email="b@faro.example"))


def sightings(company: Company) -> list[tuple[str, int]]:
    found = company.store.documents(f"{company.account}-1", "sighting")
    return [(each["look"], each["users"] + sum(each["credentials"].values()) + len(each["probe"])) for each in found]


def test_identity_3_the_probe_gets_in_while_the_account_lives_and_is_refused_afterwards(company: Company) -> None:
    company.do("plant_probe")
    assert company.do("probe_access").admitted == ("session", "api_key", "identity")
    for step in CUT_OFF:
        company.do(step)
    assert company.do("probe_access", generation=2).admitted == ()


def test_identity_3_a_probe_that_gets_in_names_the_ways_and_closing_again_ends_them(closed: Company) -> None:
    reopen(closed, "api_key", probes=True)
    with writing(closed.engine) as session:
        for user in session.exec(select(UserRow).where(UserRow.id.startswith("farewell-probe-"))):
            user.active = True
    assert closed.do("probe_access").admitted == ("api_key", "identity")
    for step in CUT_OFF:
        closed.do(step, generation=2)
    assert closed.do("probe_access", generation=2).admitted == ()


def test_identity_3_a_probe_that_never_got_in_proves_nothing(company: Company) -> None:
    does = company.does(access=but(company.access, admits=lambda *_: ("session",)))
    with pytest.raises(Unavailable, match="doesn't get in by api_key"):
        company.do("plant_probe", does=does)
    company.do("plant_probe")
    assert company.do("probe_access").admitted == ("session", "api_key", "identity")


def test_identity_3_without_a_probe_nothing_is_proven(company: Company) -> None:
    with pytest.raises(Rejected, match="nothing can be proven"):
        company.do("probe_access")


def test_identity_3_the_probes_token_is_written_nowhere(company: Company, tmp_path: Path) -> None:
    seen: list[str] = []

    def plant(account: str, token: str, key: str, at: datetime) -> Receipt:
        seen.append(token)
        return company.access.plant(account, token, key, at)

    for _ in range(2):
        company.do("plant_probe", does=company.does(access=but(company.access, plant=plant)))
    (token,) = set(seen)
    company.engine.dispose()
    assert len(token) == 64
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or token.encode() not in file.read_bytes()


def test_identity_5_a_probe_that_was_planted_without_a_trace_is_pulled_all_the_same(company: Company) -> None:
    before = company.rows()
    company.identity.plant(company.account, company.key("plant_probe"))
    company.undo("plant_probe")
    assert company.rows() == before


def test_identity_3_a_scan_of_a_closed_account_finds_nothing_and_touches_nothing(closed: Company) -> None:
    before = closed.rows()
    result = closed.do("scan_for_zombies")
    assert (result.found, result.left) == ({}, {})
    assert closed.rows() == before
    assert sightings(closed) == [("first", 0)]


def test_identity_3_what_a_scan_finds_alive_it_closes_under_its_own_key(closed: Company) -> None:
    reopen(closed, "schedule")
    reopen(closed, "session", probes=True)
    come_back(closed)
    for _ in range(2):
        result = closed.do("scan_for_zombies")
        assert result.found == {"users": 1, "schedule": 1, "session": 1, "probe": 1}
        assert result.left == {}
    assert closed.access.open(closed.account) == {}
    assert closed.identity.count(closed.account, active=True) == 1
    assert sightings(closed) == [("first", 4), ("second", 0)]
    again = closed.do("scan_for_zombies", generation=2)
    assert again.found == {}


def test_identity_3_a_scan_that_is_killed_between_finding_and_closing_still_says_what_it_found(
    closed: Company,
) -> None:
    reopen(closed, "webhook")

    def dies(*_: object) -> Receipt:
        raise Unavailable("access", "the process is gone")

    with pytest.raises(Unavailable):
        closed.do("scan_for_zombies", does=closed.does(access=but(closed.access, gate=dies)))
    closed.access.gate(closed.account, "webhook", closed.key("scan_for_zombies"), NOW)
    assert closed.do("scan_for_zombies").found == {"webhook": 1}
    closed.undo("scan_for_zombies")
    assert closed.access.open(closed.account) == {"webhook": 1}


def test_identity_3_what_a_scan_cannot_close_is_left_for_a_person(closed: Company) -> None:
    reopen(closed, "inbound_mail")

    def pretends(account: str, kind: str, key: str, at: datetime) -> Receipt:
        return Receipt(system="access", action=f"gate {kind}", subject=account, count=0, at=at, reference=key)

    result = closed.do("scan_for_zombies", does=closed.does(access=but(closed.access, gate=pretends)))
    assert result.found == result.left == {"inbound_mail": 1}


def test_identity_3_a_user_who_comes_back_where_nobody_was_spared_is_found(company: Company) -> None:
    with writing(company.engine) as session:
        session.get_one(UserRow, f"{company.account}-0").export_contact = False
    for step in ("plant_probe", *CUT_OFF):
        company.do(step)
    come_back(company)
    assert company.do("scan_for_zombies").found == {"users": 1}


def test_identity_3_two_export_contacts_are_no_zombies(company: Company) -> None:
    with writing(company.engine) as session:
        contact = UserRow(id=f"{company.account}-too", account=company.account, name="Too", email="t@faro.example")
        contact.export_contact = True
        session.add(contact)
    for step in ("plant_probe", *CUT_OFF):
        company.do(step)
    assert company.do("scan_for_zombies").found == {}


def test_identity_3_who_came_back_before_the_users_were_counted_is_found(company: Company) -> None:
    """The feed was quicker than the step's own count: the contact's place isn't theirs."""
    with writing(company.engine) as session:
        session.get_one(UserRow, f"{company.account}-0").export_contact = False

    def count(account: str, *, active: bool) -> int:
        come_back(company)
        return company.identity.count(account, active=active)

    company.do("plant_probe")
    company.do("deactivate_users", does=company.does(identity=but(company.identity, count=count)))
    company.do("gate_credentials")
    company.do("disconnect_feed")
    assert company.do("scan_for_zombies").found == {"users": 1}


def test_identity_5_what_a_scan_closed_is_opened_again_with_all_the_rest(company: Company) -> None:
    before = company.rows()
    for step in ("plant_probe", *CUT_OFF):
        company.do(step)
    reopen(company, "schedule")
    company.do("scan_for_zombies")
    for step in ("scan_for_zombies", *reversed(CUT_OFF), "plant_probe"):
        for _ in range(2):
            company.undo(step)
    assert company.rows() == before


def test_identity_1_after_the_erasure_a_scan_deletes_what_is_there_though_the_key_is_gone(closed: Company) -> None:
    closed.keys.destroy(KeyScope.of_account(closed.account), NOW)
    with pytest.raises(Gone):
        closed.keys.digest_key(f"offboarding-{closed.account}-1")
    for _ in range(2):
        result = closed.do("scan_after_end")
        assert result.found == {**CREDENTIALS, "session": 2, "api_key": 2, "users": USERS + 1}
        assert result.left == {}
    assert closed.access.counts(closed.account) == {}
    assert closed.identity.count(closed.account, active=False) == 0
    assert closed.do("scan_after_end", generation=2).found == {}
    assert sightings(closed)[1:] == [("second", 0), ("first", 0)]


def test_identity_3_what_cannot_be_deleted_after_the_end_is_left_for_a_person(closed: Company) -> None:
    does = closed.does(access=but(closed.access, delete=lambda _: 0))
    result = closed.do("scan_after_end", does=does)
    assert result.left == {**CREDENTIALS, "session": 2, "api_key": 2}


@pytest.mark.usefixtures("every_beat")
def test_a_scan_that_was_killed_while_closing_credentials_skips_no_user(closed: Company) -> None:
    come_back(closed)
    env = environment("webhook")
    assert env.run(closed.does().scan_for_zombies, asked(EffectRequest, closed.account, "scan_for_zombies")).left == {}
    with reading(closed.engine) as session:
        assert not session.get_one(UserRow, f"{closed.account}-new").active
