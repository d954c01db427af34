"""A SCIM server that fails: after each fault a second run ends in the same state, each user changed once.

Source: DOMAIN identity.1, identity.3, identity.5.
"""

import logging
from contextlib import suppress
from datetime import timedelta
from itertools import repeat

import pytest

from connectors.errors import ConnectorError, RateLimited, Rejected, Timeout, Unauthorized, Unavailable
from connectors.scim import service
from tests.contract.people import TAKEN_OUT
from tests.contract.scim_faulty import CLOSED, KEY, Faulty, go_on
from tests.contract.scim_proxy import (
    Fault,
    answers_half,
    broken,
    cut,
    does_half,
    done_but,
    fails_half,
    forward,
    page_of_a_proxy,
    says,
    slow,
)

FAULTS: dict[str, tuple[Fault, type[ConnectorError]]] = {
    "500": (says(500), Unavailable),
    "done, but 500": (done_but(500), Unavailable),
    "a proxy's page": (page_of_a_proxy, Unavailable),
    "cut": (cut, Unavailable),
    "broken": (broken, Unavailable),
    "slow": (slow, Timeout),
    "redirect": (says(307, Location="http://127.0.0.1:1/elsewhere"), Rejected),
    "429": (says(429), RateLimited),
    "429, later": (says(429, Retry_After="3600"), RateLimited),
    "401": (says(401), Unauthorized),
}
WHERE = [
    *(("change", name) for name in FAULTS),
    *(("read", name) for name in ("500", "cut", "broken", "slow", "redirect", "429")),
    *(("discovery", name) for name in ("500", "broken", "401")),
]
LOST = {"500": says(500), "done, but 500": done_but(500), "cut": cut}


@pytest.mark.parametrize(("where", "name"), WHERE)
def test_identity_1_after_a_fault_a_second_run_ends_the_same(
    faulty: Faulty, where: str, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fault, error = FAULTS[name]
    monkeypatch.setattr(service, "ANSWER_SECONDS", 3.0 if fault is slow else 30.0)
    caplog.set_level(logging.INFO)
    before = faulty.everything()
    faulty.plan({"read": "GET Users", "change": faulty.changing(), "discovery": "GET Schemas"}[where], fault)
    with pytest.raises(error) as caught:
        faulty.close()
    told = f"{caught.value} {caught.value.fix} {caplog.text}"
    assert faulty.people.place.token not in told
    assert "@" not in told
    monkeypatch.setattr(service, "ANSWER_SECONDS", 30.0)
    faulty.expect_the_same(before)


def test_a_service_that_is_down_stops_nobody_from_starting(faulty: Faulty) -> None:
    down = faulty.people.worker("http://127.0.0.1:1/v2")
    with pytest.raises(Unavailable):
        down.count(faulty.account, active=True)


def test_identity_5_who_has_nothing_to_take_back_asks_nobody(faulty: Faulty) -> None:
    down = faulty.people.worker("http://127.0.0.1:1/v2")
    assert down.reactivate(faulty.account, KEY) == 0
    assert faulty.proxy.seen.total() == 0


def test_retry_after_is_handed_on_when_it_is_long(faulty: Faulty) -> None:
    faulty.plan("GET Users", forward, says(429, Retry_After="3600"))
    with pytest.raises(RateLimited) as caught:
        faulty.worker().count(faulty.account, active=True)
    assert caught.value.retry_after == timedelta(hours=1)


def test_retry_after_is_waited_for_when_it_is_short(faulty: Faulty) -> None:
    before = faulty.everything()
    faulty.plan(faulty.changing(), says(429, Retry_After="0"), says(429, Retry_After="0"))
    assert faulty.close() == CLOSED
    faulty.expect_the_same(before)


@pytest.mark.parametrize("fault", [answers_half, does_half, fails_half(409), fails_half(412)])
def test_a_bulk_that_is_answered_partly_is_seen_through(bulk: Faulty, fault: Fault) -> None:
    before = bulk.everything()
    bulk.plan("POST Bulk", fault)
    assert bulk.close() == CLOSED
    bulk.expect_the_same(before)


@pytest.mark.parametrize(
    ("status", "error"), [(500, Unavailable), (429, RateLimited), (403, Unauthorized), (400, Rejected)]
)
def test_a_bulk_of_which_half_fails_is_done_by_the_second_run(
    bulk: Faulty, status: int, error: type[ConnectorError]
) -> None:
    before = bulk.everything()
    bulk.plan("POST Bulk", fails_half(status))
    with pytest.raises(error):
        bulk.close()
    bulk.expect_the_same(before)


def test_identity_1_a_500_in_the_middle_of_page_37_costs_one_page(faulty: Faulty) -> None:
    """The attempt after it goes on at the page that failed."""
    for number in range(75):
        faulty.people.add(faulty.account, f"u{number}")
    total, told = 75 + CLOSED, [""]
    faulty.plan(faulty.changing(), *repeat(forward, 36 if faulty.bulk else 71), says(500))
    with pytest.raises(Unavailable):
        go_on(faulty.worker(), faulty.account, told, limit=2)
    assert len(told) in {36, 37, 38}  # the contact, and who is inactive, cost no call
    assert go_on(faulty.worker(), faulty.account, told, limit=2) == total
    assert faulty.worker().count(faulty.account, active=True) == 1
    assert sorted(faulty.proxy.changed.values()) == [1] * total


@pytest.mark.parametrize("name", LOST)
def test_identity_5_groups_emptied_and_refilled_through_faults_are_as_before(faulty: Faulty, name: str) -> None:
    before = faulty.everything()
    for does in ("empty_groups", "refill_groups"):
        faulty.plan(faulty.changing("PATCH Groups"), LOST[name])
        with pytest.raises(Unavailable):
            getattr(faulty.worker(), does)(faulty.account, KEY)
        assert getattr(faulty.worker(), does)(faulty.account, KEY) == TAKEN_OUT
    assert faulty.everything() == before


@pytest.mark.parametrize("name", LOST)
def test_identity_3_a_probe_that_failed_halfway_is_found_again(faulty: Faulty, name: str) -> None:
    before, key = faulty.everything(), f"{faulty.account}-1:plant_probe:-:1"
    faulty.plan("POST Users", LOST[name])
    with pytest.raises(Unavailable):
        faulty.worker().plant(faulty.account, key)
    probe = faulty.worker().plant(faulty.account, key)
    assert len(faulty.everything()) == len(before) + 1
    faulty.plan("DELETE Users", LOST[name])
    with pytest.raises(Unavailable):
        faulty.worker().pull(faulty.account, probe)
    faulty.worker().pull(faulty.account, probe)
    assert faulty.everything() == before


@pytest.mark.parametrize("name", LOST)
def test_identity_1_deleting_goes_on_after_a_fault(faulty: Faulty, name: str) -> None:
    faulty.plan(faulty.changing("DELETE Users"), LOST[name])
    with suppress(Unavailable):
        faulty.worker().delete(faulty.account, 2)
    while faulty.worker().delete(faulty.account, 2):
        pass
    assert faulty.everything() == []
