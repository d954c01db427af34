"""What every identity system must do: ours on both databases, and a real SCIM server with and without its extras.

Source: DOMAIN identity.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.errors import Rejected
from tests.contract.people import TAKEN_OUT, USERS, People

KEY, OTHER = "case-1:deactivate_users:-:1", "case-0:deactivate_users:-:1"


@pytest.fixture(params=["sqlite", "postgresql", "scim", "plain_scim"])
def people(request: pytest.FixtureRequest) -> People:
    return request.getfixturevalue(f"{request.param}_people")


@pytest.fixture
def account(people: People) -> str:
    return people.add_account()


def all_of(people: People, account: str) -> list[str]:
    return people.identity.users(account, "", 100)


def close(people: People, account: str, key: str) -> int:
    """As the step does, page by page."""
    after = ""
    while page := people.identity.users(account, after, 2):
        people.identity.deactivate(account, page, key)
        after = page[-1]
    return people.identity.deactivate(account, [], key)


def test_users_are_paged_in_order_and_any_page_can_be_the_first(people: People, account: str) -> None:
    first = people.identity.users(account, "", 3)
    rest = people.identity.users(account, first[-1], 3)
    assert first + rest == sorted({*first, *rest})
    assert len(first + rest) == len(USERS)
    assert people.identity.users(account, rest[-1], 3) == []
    assert people.identity.users(account, first[0], 100) == (first + rest)[1:]


def test_identity_1_deactivate_spares_who_was_inactive_and_counts_the_same_again(people: People, account: str) -> None:
    assert people.identity.count(account, active=True) == len(USERS) - 1
    for _ in range(2):
        assert close(people, account, KEY) == len(USERS) - 2
    assert people.identity.count(account, active=False) == len(USERS)


def test_identity_2_the_export_contact_stays(people: People, account: str) -> None:
    close(people, account, KEY)
    names = [each[1] for each in people.everything(account) if each[-1] is True]
    assert people.identity.count(account, active=True) == len(names) == 1
    assert names[0].startswith("contact")


def test_identity_2_the_export_contact_is_counted_by_who_it_is(people: People, account: str) -> None:
    assert people.identity.spared(account) == 1
    people.add(account, "eva")
    close(people, account, KEY)
    assert people.identity.spared(account) == 1
    while people.identity.delete(account, 100):
        pass
    assert people.identity.spared(account) == 0


def test_identity_1_a_user_that_is_gone_meanwhile_is_no_fault(people: People, account: str) -> None:
    users = all_of(people, account)
    gone = people.add(account, "eva")
    page = people.identity.users(account, "", 100)
    people.remove(account, gone)
    assert people.identity.deactivate(account, page, KEY) == len(USERS) - 2
    assert all_of(people, account) == users


def test_identity_1_users_of_no_page_are_found_too(people: People, account: str) -> None:
    users = all_of(people, account)
    for user in users:
        people.identity.deactivate(account, [user], KEY)
    assert people.identity.deactivate(account, [], KEY) == len(USERS) - 2


def test_identity_5_reactivate_returns_the_same_users_and_no_others(people: People, account: str) -> None:
    spared = people.add(account, "eva")
    page = people.identity.users(account, "", 100)
    people.identity.deactivate(account, [user for user in page if user == spared], OTHER)
    before = people.everything(account)
    closed = close(people, account, KEY)
    for _ in range(2):
        assert people.identity.reactivate(account, KEY) == closed
    assert people.everything(account) == before


def test_identity_5_a_late_attempt_of_what_was_undone_changes_nothing(people: People, account: str) -> None:
    before = people.everything(account)
    close(people, account, KEY)
    people.identity.empty_groups(account, KEY)
    people.identity.refill_groups(account, KEY)
    people.identity.reactivate(account, KEY)
    close(people, account, KEY)
    people.identity.empty_groups(account, KEY)
    assert people.everything(account) == before


def test_identity_1_two_live_attempts_deactivate_each_user_once(people: People, account: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        counts = [each.result() for each in [pool.submit(close, people, account, KEY) for _ in range(2)]]
    assert counts[0] == counts[1] == people.identity.deactivate(account, [], KEY) == len(USERS) - 2
    assert people.identity.count(account, active=True) == 1


def test_identity_2_groups_are_emptied_but_of_the_contact(people: People, account: str) -> None:
    for _ in range(2):
        assert people.identity.empty_groups(account, KEY) == TAKEN_OUT
    assert people.identity.empty_groups(account, OTHER) == 0


def test_identity_5_refilled_groups_have_the_members_they_had(people: People, account: str) -> None:
    before = people.everything(account)
    people.identity.empty_groups(account, KEY)
    assert people.everything(account) != before
    people.identity.refill_groups(account, OTHER)
    assert people.everything(account) != before
    for _ in range(2):
        assert people.identity.refill_groups(account, KEY) == TAKEN_OUT
    assert people.everything(account) == before


def test_identity_5_closed_twice_and_given_back_in_reverse(people: People, account: str) -> None:
    before = people.everything(account)
    close(people, account, OTHER)
    back = people.add(account, "again")
    assert close(people, account, KEY) == 1
    people.remove(account, back)
    assert people.identity.reactivate(account, KEY) == 0 or back
    people.identity.reactivate(account, OTHER)
    assert people.everything(account) == before


def test_identity_3_the_probe_is_made_once_and_gets_in_until_access_is_closed(people: People, account: str) -> None:
    probe = people.identity.plant(account, f"{account}-1:plant_probe:-:1")
    assert people.identity.plant(account, f"{account}-1:plant_probe:-:1") == probe
    assert people.identity.count(account, active=True) == len(USERS)
    assert probe in all_of(people, account)
    assert people.identity.admits(account, probe)
    close(people, account, KEY)
    assert not people.identity.admits(account, probe)
    assert people.identity.plant(account, f"{account}-1:plant_probe:-:1") == probe
    people.identity.reactivate(account, KEY)
    assert people.identity.admits(account, probe)


def test_identity_3_the_probe_is_pulled_and_nobody_else(people: People, account: str) -> None:
    before = people.everything(account)
    probe = people.identity.plant(account, f"{account}-1:plant_probe:-:1")
    for _ in range(2):
        people.identity.pull(account, probe)
    assert not people.identity.admits(account, probe)
    with pytest.raises(Rejected):
        people.identity.pull(account, all_of(people, account)[0])
    assert people.everything(account) == before


def test_identity_2_a_user_that_the_feed_makes_between_two_pages_is_seen(people: People, account: str) -> None:
    first = people.identity.users(account, "", 2)
    people.identity.deactivate(account, first, KEY)
    people.add(account, "carl-again")
    after = first[-1]
    while page := people.identity.users(account, after, 2):
        people.identity.deactivate(account, page, KEY)
        after = page[-1]
    missed = people.identity.count(account, active=True) - 1
    assert people.identity.deactivate(account, [], KEY) == len(USERS) - 1 - missed
    assert close(people, account, OTHER) == missed
    assert people.identity.count(account, active=True) == 1


def test_users_of_other_accounts_are_never_touched(people: People, account: str) -> None:
    other = people.add_account()
    before = people.everything(other)
    assert people.identity.deactivate(account, all_of(people, other), KEY) == 0
    people.identity.empty_groups(account, KEY)
    while people.identity.delete(account, 100):
        pass
    assert people.everything(other) == before


def test_identity_1_delete_goes_by_batches_and_takes_the_groups_with_the_last(people: People, account: str) -> None:
    close(people, account, KEY)
    deleted = []
    while count := people.identity.delete(account, 2):
        deleted.append(count)
    assert sum(deleted) == len(USERS)
    assert max(deleted) <= 2
    assert people.identity.delete(account, 2) == 0
    assert people.everything(account) == []
    assert people.identity.count(account, active=False) == 0
