"""`kill -9` of the worker right before and after its effects, and servers that are gone for a while.

The exit ends as if nothing had happened.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.dying_worker import NURSERY, Death
from tests.faults.end_state import FACETS
from tests.faults.exits import ACCOUNT, Outcome, whole_exit, whole_pause
from tests.faults.outage import FELT_BY
from tests.faults.sample_charges import LATE

# In the order in which an exit comes to them. One document is written in the middle of a settlement's transaction.
EFFECTS = (
    ("contracts", "freeze", ACCOUNT),
    ("billing", "issue_due", ACCOUNT),
    ("s3", "upload_part", "tables/account.csv"),
    ("objects", "put", "tagmanifest-sha256.txt"),
    ("identity", "deactivate", ACCOUNT),
    ("access", "gate", "api_key"),
    ("cases", "keep_document", "statement_draft"),
    ("documents", "write", "refund"),
    ("billing", "settle", ACCOUNT),
    ("cases", "keep_document", "refunds:0002"),  # when the bank has sent them
    ("billing", "give_back", "late"),
    ("product", "erase", "work_order"),
    ("objects", "put_locked", "seal.jws"),
    ("messenger", "deliver", "certificate"),
)
EFFECTS_OF_A_PAUSE = (("billing", "suspend", ACCOUNT), ("access", "free", ACCOUNT), ("billing", "resume", ACCOUNT))


def _before_and_after(effects: Sequence[tuple[str, str, str]]) -> list[Death]:
    return [death for effect in effects for death in (Death(*effect, "before"), Death(*effect, "after"))]


pytestmark = pytest.mark.timeout(900)  # the first test waits for three exits and two pauses
DEATHS, DEATHS_OF_A_PAUSE = _before_and_after(EFFECTS), _before_and_after(EFFECTS_OF_A_PAUSE)


class Exits(NamedTuple):
    undisturbed: Outcome
    killed: Outcome
    gone: Outcome
    pause: Outcome
    killed_pause: Outcome


@pytest.fixture(scope="module")
def exits(homes: Callable[[str], Path]) -> Exits:
    """The same account leaves and pauses, each time on servers of its own; the longest exit has a core to itself."""
    with ProcessPoolExecutor(2, mp_context=NURSERY) as pool:
        killed = pool.submit(whole_exit, homes("killed"), DEATHS)
        undisturbed = pool.submit(whole_exit, homes("undisturbed"))
        gone = pool.submit(whole_exit, homes("gone"), servers_go=True)
        pause = pool.submit(whole_pause, homes("pause"))
        killed_pause = pool.submit(whole_pause, homes("killed_pause"), DEATHS_OF_A_PAUSE)
        return Exits(*(each.result() for each in (undisturbed, killed, gone, pause, killed_pause)))


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


@pytest.mark.parametrize("death", DEATHS_OF_A_PAUSE, ids=" ".join)
def test_a_worker_that_is_killed_in_a_pause_is_followed_by_another(death: Death, exits: Exits) -> None:
    assert death in exits.killed_pause.deaths


@pytest.mark.parametrize("facet", FACETS)
def test_after_all_these_deaths_a_pause_ends_as_if_nothing_had_happened(facet: str, exits: Exits) -> None:
    assert exits.killed_pause.state[facet] == exits.pause.state[facet]


def test_money_7_refunds_and_invoices_happen_once(exits: Exits) -> None:
    """What the facets compare is there at all: invoices that fell due, refunds, and a late charge given back."""
    made = [row for row in exits.undisturbed.state["money"].values() if row.get("made_by")]
    kinds = Counter(row["kind"] for row in made)
    assert kinds["subscription"] >= 1
    assert kinds["refund"] >= 2
    back = [row for row in made if row.get("invoice") == "late"]
    assert {row["kind"]: row["amount"] for row in back} == {"credit": -LATE, "refund": LATE}
    assert exits.killed.state["money"] == exits.undisturbed.state["money"]


@pytest.mark.parametrize("exit_of", ["undisturbed", "killed", "gone"])
def test_the_sealed_pack_verifies(exit_of: str, exits: Exits) -> None:
    assert getattr(exits, exit_of).findings == []
