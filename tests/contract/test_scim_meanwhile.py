"""What others do at the SCIM service while we work there: 404, 409, 412, pages that shift. Source: DOMAIN identity.1."""

from collections.abc import Callable
from dataclasses import replace
from itertools import repeat

import pytest

from connectors.errors import Conflict, Rejected, Unavailable
from connectors.scim import roster
from connectors.scim.filters import AccountFilter
from connectors.scim.identity import ScimIdentity
from connectors.store.sessions import writing
from models.tables.accounts import AccountRow
from tests.contract.people import TAKEN_OUT, USERS
from tests.contract.scim_faulty import CLOSED, KEY, Faulty
from tests.contract.scim_proxy import (
    answers,
    counts_its_page,
    first,
    forward,
    pretends,
    refuses,
    says,
    unfiltered,
)


@pytest.mark.parametrize("status", [409, 412])
def test_identity_1_a_conflict_is_read_again_and_retried(plain: Faulty, status: int) -> None:
    before = plain.everything()
    plain.plan("PATCH Users", says(status), says(status))
    assert plain.close() == CLOSED
    plain.expect_the_same(before)


def test_identity_1_a_conflict_without_end_is_a_persons(plain: Faulty) -> None:
    plain.plan("PATCH Users", *repeat(says(409), 100))
    with pytest.raises(Conflict):
        plain.close()


def test_identity_1_who_was_changed_between_reading_and_asking_is_read_again(bulk: Faulty) -> None:
    """By a real ETag: another name, another version."""
    before = bulk.everything()
    users = bulk.people.identity.users(bulk.account, "", 100)
    renamed = {"op": "replace", "path": "displayName", "value": "Somebody"}
    bulk.plan("POST Bulk", first(lambda: [bulk.people.change(user, renamed) for user in users]))
    assert bulk.close() == CLOSED
    assert bulk.proxy.seen["POST Bulk"] == 2
    bulk.expect_the_same(before)


def test_identity_1_who_is_deleted_between_reading_and_asking_is_no_fault(faulty: Faulty) -> None:
    before, gone = faulty.everything(), faulty.people.add(faulty.account, "eva")
    faulty.plan(faulty.changing(), first(lambda: faulty.people.remove(faulty.account, gone)))
    assert faulty.close() == CLOSED
    faulty.expect_the_same(before)


def test_identity_1_who_is_inactive_at_the_second_look_is_asked_nothing_more(bulk: Faulty) -> None:
    """It keeps its mark: it may have been another attempt of ours."""
    user = next(each[0] for each in bulk.everything() if each[1].startswith("ana"))
    leaves = {"op": "replace", "path": "active", "value": False}
    bulk.plan("POST Bulk", first(lambda: bulk.people.change(user, leaves)))
    assert bulk.close() == CLOSED
    assert bulk.proxy.changed[user] == 0


def test_pages_that_shift_are_read_anew(plain: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an order by id: who goes, or comes, moves all that follow from one page to another."""
    monkeypatch.setattr(roster, "_A_PAGE", 3)
    gone = plain.people.identity.users(plain.account, "", 1)[0]
    shifts: list[Callable[[], object]] = [
        lambda: plain.people.remove(plain.account, gone),
        lambda: plain.people.add(plain.account, "new"),
    ]
    plain.plan("GET Users", forward, forward, *map(first, shifts))
    assert len(plain.worker().users(plain.account, "", 100)) == len(USERS)


def test_pages_that_never_stop_shifting_are_tried_later(plain: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "_A_PAGE", 3)
    numbers = iter(range(100))
    plain.plan("GET Users", *repeat(first(lambda: plain.people.add(plain.account, f"n{next(numbers)}")), 50))
    with pytest.raises(Unavailable):
        plain.worker().users(plain.account, "", 100)


def test_identity_5_a_late_attempt_that_is_overtaken_by_its_undoing_leaves_nobody_out(faulty: Faulty) -> None:
    """It has noted them all, and asks when all was given back already."""
    before = faulty.everything()
    faulty.plan(faulty.changing(), first(lambda: faulty.people.worker().reactivate(faulty.account, KEY)))
    faulty.close()
    assert faulty.everything() == before


def test_identity_5_a_group_that_was_joined_meanwhile_is_read_again(bulk: Faulty) -> None:
    late, team = bulk.people.add(bulk.account, "eva"), bulk.everything()[-1][0]
    joins = {"op": "add", "path": "members", "value": [{"value": late}]}
    bulk.plan("POST Bulk", first(lambda: bulk.people.change_group(team, joins)))
    assert bulk.worker().empty_groups(bulk.account, KEY) == TAKEN_OUT + 1
    bulk.worker().refill_groups(bulk.account, KEY)
    assert late in dict(bulk.everything()[-1][2])


@pytest.mark.parametrize("status", [400, 404])
def test_identity_5_a_member_who_is_gone_is_left_out_where_the_service_knows_its_members(
    faulty: Faulty, status: int
) -> None:
    before, gone = faulty.everything(), faulty.people.add(faulty.account, "eva")
    team = faulty.people.add_group(faulty.account, "third", [{"value": gone}])
    assert faulty.worker().empty_groups(faulty.account, KEY) == TAKEN_OUT + 1
    faulty.people.remove(faulty.account, gone)
    faulty.plan(faulty.changing("PATCH Groups"), *repeat(refuses(gone, status), 9))
    for _ in range(2):
        assert faulty.worker().refill_groups(faulty.account, KEY) == TAKEN_OUT
    assert [each for each in faulty.everything() if each[0] != team] == before


def test_identity_5_a_group_that_is_there_and_not_found_loses_nobody(plain: Faulty) -> None:
    """It may be one of its members that isn't."""
    before = plain.everything()
    plain.worker().empty_groups(plain.account, KEY)
    plain.plan("PATCH Groups", *repeat(says(404), 9))
    with pytest.raises(Conflict):
        plain.worker().refill_groups(plain.account, KEY)
    plain.proxy.forget()
    assert plain.worker().refill_groups(plain.account, KEY) == TAKEN_OUT
    assert plain.everything() == before


def test_identity_5_a_member_of_another_account_comes_back_too(faulty: Faulty) -> None:
    guest = faulty.people.add(faulty.people.add_account(), "guest")
    faulty.people.add_group(faulty.account, "guests", [{"value": guest}])
    before = faulty.everything()
    assert faulty.worker().empty_groups(faulty.account, KEY) == TAKEN_OUT + 1
    assert faulty.worker().refill_groups(faulty.account, KEY) == TAKEN_OUT + 1
    assert faulty.everything() == before


@pytest.mark.parametrize("said", [{}, {"type": "Group"}])
def test_identity_2_a_group_within_a_group_stays_whether_or_not_it_says_so(
    faulty: Faulty, said: dict[str, str]
) -> None:
    inner = faulty.people.add_group(faulty.account, "inner", [])
    outer = faulty.people.add_group(faulty.account, "outer", [{"value": inner, **said}])
    before = faulty.everything()
    assert faulty.worker().empty_groups(faulty.account, KEY) == TAKEN_OUT
    assert next(each[2] for each in faulty.everything() if each[0] == outer)
    faulty.worker().refill_groups(faulty.account, KEY)
    assert faulty.everything() == before


@pytest.mark.parametrize(("status", "body"), [(204, b""), (200, b"")])
def test_a_change_is_done_whatever_its_answer_tells_of_the_user(plain: Faulty, status: int, body: bytes) -> None:
    before = plain.everything()
    plain.plan("PATCH Users", *repeat(answers(status, body), 2 * CLOSED))
    assert plain.close() == CLOSED
    assert plain.worker().reactivate(plain.account, KEY) == CLOSED
    assert plain.everything() == before


def test_identity_2_a_total_that_is_only_the_pages_own_is_never_taken_for_all(
    plain: Faulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "_A_PAGE", 3)
    plain.plan("GET Users", *repeat(counts_its_page, 50))
    for ask in (plain.close, lambda: plain.worker().count(plain.account, active=True)):
        with pytest.raises(Unavailable):
            ask()


def test_erasure_4_a_service_that_deletes_nobody_is_found_out(plain: Faulty) -> None:
    """Some deactivate, and answer as if they had deleted."""
    plain.plan("DELETE Users", *repeat(pretends, 50))
    with pytest.raises(Rejected, match="still there"):
        plain.worker().delete(plain.account, 2)
    assert len(plain.everything()) > len(USERS)


def test_accounts_that_differ_by_case_are_told_apart_or_refused(faulty: Faulty) -> None:
    people, twin = faulty.people, faulty.account.upper()
    with writing(people.engine) as session:
        about = session.get_one(AccountRow, faulty.account).model_dump(exclude={"id"})
        session.add(AccountRow(id=twin, **about))
    assert faulty.close() == CLOSED
    loose = replace(people.place, users=AccountFilter.read('userName sw "{account}:"'))
    with pytest.raises(Rejected, match=f"can't tell {faulty.account} from {twin}"):
        ScimIdentity(loose, people.engine, lambda _: None).users(faulty.account, "", 10)


@pytest.mark.parametrize(
    "written", ['meta.location sw "{account}:"', 'groups.value eq "{account}"', 'x eq "{account}"']
)
def test_identity_3_a_filter_that_no_probe_can_fit_is_told_by_the_check(faulty: Faulty, written: str) -> None:
    place = replace(faulty.people.place, users=AccountFilter.read(written))
    with pytest.raises(Rejected):
        ScimIdentity(place, faulty.people.engine, lambda _: None).check()


def test_a_service_that_ignores_the_filter_is_refused_and_nobody_is_touched(faulty: Faulty) -> None:
    before = faulty.everything()
    faulty.plan("GET Users", *repeat(unfiltered, 100))
    for _ in range(2):
        with pytest.raises(Rejected, match="ignores the filter"):
            faulty.close()
    assert faulty.everything() == before
