"""`kill -9` of the worker around every request that changes something at a SCIM service. Source: TRUST 1, RFC 7644."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.dying_worker import MOMENTS, NURSERY, Death
from tests.faults.effects import deaths_of
from tests.faults.end_state import FACETS
from tests.faults.exits import Outcome
from tests.faults.scim_exits import EFFECTS, scim_exit

pytestmark = pytest.mark.timeout(900)
DEATHS = deaths_of(EFFECTS, *MOMENTS)


class Exits(NamedTuple):
    undisturbed: Outcome
    killed: Outcome


@pytest.fixture(scope="module")
def exits(homes: Callable[[str], Path]) -> Exits:
    """Two services, each with its exit."""
    with ProcessPoolExecutor(2, mp_context=NURSERY) as pool:
        killed = pool.submit(scim_exit, homes("killed_scim"), DEATHS, bulk=True)
        undisturbed = pool.submit(scim_exit, homes("undisturbed_scim"), bulk=True)
        return Exits(undisturbed.result(), killed.result())


@pytest.mark.parametrize("death", DEATHS, ids=str)
def test_a_worker_that_is_killed_at_a_scim_request_is_followed_by_another(death: Death, exits: Exits) -> None:
    assert death in exits.killed.deaths


def test_identity_1_the_service_ends_as_if_nobody_had_been_killed(exits: Exits) -> None:
    closed, end = exits.undisturbed.state["outside"]
    assert exits.killed.state["outside"] == (closed, end)
    active = [active for _, active in closed[0]]
    assert (sum(active), len(active) > 5) == (1, True)
    assert end == ([], {})


@pytest.mark.parametrize("facet", FACETS)
def test_after_all_these_deaths_the_end_is_that_of_the_undisturbed_exit(facet: str, exits: Exits) -> None:
    assert exits.killed.state[facet] == exits.undisturbed.state[facet]


def test_the_sealed_packs_verify(exits: Exits) -> None:
    assert exits.killed.findings == exits.undisturbed.findings == []
