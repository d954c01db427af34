"""`kill -9` of the worker right before and after its effects, and servers that are gone for a while.

The exit ends as if nothing had happened.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.dying_worker import NURSERY, Death
from tests.faults.end_state import FACETS
from tests.faults.exits import ACCOUNT, Outcome, whole_exit
from tests.faults.outage import FELT_BY

# In the order in which an exit comes to them.
EFFECTS = (
    ("contracts", "freeze", ACCOUNT),
    ("s3", "upload_part", "tables/account.csv"),
    ("objects", "put", "tagmanifest-sha256.txt"),
    ("identity", "deactivate", ACCOUNT),
    ("access", "gate", "api_key"),
    ("billing", "settle", ACCOUNT),
    ("product", "erase", "work_order"),
    ("objects", "put_locked", "seal.jws"),
    ("messenger", "deliver", "certificate"),
)
DEATHS = [death for effect in EFFECTS for death in (Death(*effect, "before"), Death(*effect, "after"))]


class Exits(NamedTuple):
    undisturbed: Outcome
    killed: Outcome
    gone: Outcome


@pytest.fixture(scope="module")
def exits(homes: Callable[[str], Path]) -> Exits:
    """The same account leaves three times, each on servers of its own; the longest exit has a core to itself."""
    with ProcessPoolExecutor(2, mp_context=NURSERY) as pool:
        killed = pool.submit(whole_exit, homes("killed"), DEATHS)
        undisturbed = pool.submit(whole_exit, homes("undisturbed"))
        gone = pool.submit(whole_exit, homes("gone"), servers_go=True)
        return Exits(undisturbed.result(), killed.result(), gone.result())


@pytest.mark.parametrize("death", DEATHS, ids=" ".join)
def test_a_worker_that_is_killed_there_is_followed_by_another(death: Death, exits: Exits) -> None:
    assert death in exits.killed.deaths


@pytest.mark.parametrize("facet", FACETS)
def test_after_all_these_deaths_the_end_is_that_of_the_undisturbed_exit(facet: str, exits: Exits) -> None:
    assert exits.killed.state[facet] == exits.undisturbed.state[facet]


@pytest.mark.parametrize("facet", FACETS)
def test_an_outage_of_s3_and_mail_delays_and_changes_nothing(facet: str, exits: Exits) -> None:
    assert exits.gone.state[facet] == exits.undisturbed.state[facet]
    assert exits.gone.failed == {action for _, action in FELT_BY}


@pytest.mark.parametrize("exit_of", Exits._fields)
def test_the_sealed_pack_verifies(exit_of: str, exits: Exits) -> None:
    assert getattr(exits, exit_of).findings == []
