"""`kill -9` of the worker right before and after its effects, and servers that are gone for a while.

The exit ends as if nothing had happened. Source: TRUST 1.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults.dying_worker import MOMENTS, NURSERY, Death
from tests.faults.effects import EFFECTS, EFFECTS_OF_A_PAUSE, Effect, as_table, deaths_of, matrix
from tests.faults.end_state import FACETS
from tests.faults.exits import Outcome, whole_exit, whole_pause
from tests.faults.outage import FELT_BY
from tests.faults.sample_charges import LATE

pytestmark = pytest.mark.timeout(900)  # the first test waits for four exits and two pauses
DEATHS_OF_A_PAUSE = deaths_of(EFFECTS_OF_A_PAUSE, *MOMENTS)
KILLED = ("killed_before", "killed_after")


class Exits(NamedTuple):
    undisturbed: Outcome
    killed_before: Outcome
    killed_after: Outcome
    gone: Outcome
    pause: Outcome
    killed_pause: Outcome

    @property
    def met(self) -> list[Death]:
        return [*self.killed_before.deaths, *self.killed_after.deaths]


@pytest.fixture(scope="module")
def exits(homes: Callable[[str], Path]) -> Exits:
    """The same account leaves and pauses, each time on servers of its own, two at a time; the longest ones first."""
    with ProcessPoolExecutor(2, mp_context=NURSERY) as pool:
        before = pool.submit(whole_exit, homes("killed_before"), deaths_of(EFFECTS, "before"))
        after = pool.submit(whole_exit, homes("killed_after"), deaths_of(EFFECTS, "after"))
        undisturbed = pool.submit(whole_exit, homes("undisturbed"))
        gone = pool.submit(whole_exit, homes("gone"), servers_go=True)
        pause = pool.submit(whole_pause, homes("pause"))
        killed_pause = pool.submit(whole_pause, homes("killed_pause"), DEATHS_OF_A_PAUSE)
        return Exits(*(each.result() for each in (undisturbed, before, after, gone, pause, killed_pause)))


@pytest.mark.parametrize("death", deaths_of(EFFECTS, *MOMENTS), ids=str)
def test_a_worker_that_is_killed_there_is_followed_by_another(death: Death, exits: Exits) -> None:
    assert death in exits.met


@pytest.mark.parametrize("killed", KILLED)
@pytest.mark.parametrize("effect", EFFECTS, ids=str)
def test_an_effect_at_which_the_worker_was_killed_happens_once(effect: Effect, killed: str, exits: Exits) -> None:
    (told,) = matrix([effect], exits.met, getattr(exits, killed).tally)
    (undisturbed,) = matrix([effect], [], exits.undisturbed.tally)
    assert told.most == (1 if told.effect.counted else 0)
    assert told.things == undisturbed.things


@pytest.mark.parametrize("killed", KILLED)
@pytest.mark.parametrize("facet", FACETS)
def test_after_all_these_deaths_the_end_is_that_of_the_undisturbed_exit(facet: str, killed: str, exits: Exits) -> None:
    assert getattr(exits, killed).state[facet] == exits.undisturbed.state[facet]


@pytest.mark.parametrize("facet", FACETS)
def test_an_outage_of_s3_and_mail_delays_and_changes_nothing(facet: str, exits: Exits) -> None:
    assert exits.gone.state[facet] == exits.undisturbed.state[facet]
    assert exits.gone.failed == {action for _, action in FELT_BY}


@pytest.mark.parametrize("death", DEATHS_OF_A_PAUSE, ids=str)
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
    for killed in KILLED:
        assert getattr(exits, killed).state["money"] == exits.undisturbed.state["money"]


@pytest.mark.parametrize("exit_of", ["undisturbed", *KILLED, "gone"])
def test_the_sealed_pack_verifies(exit_of: str, exits: Exits) -> None:
    assert getattr(exits, exit_of).findings == []


def test_the_kill_matrix_is_written_down(exits: Exits, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For the record: printed, and in the file that `FAREWELL_KILL_MATRIX` names."""
    both = {name: [getattr(exits, killed).tally[name] for killed in KILLED] for name in exits.killed_after.tally}
    most = {
        name: {**one, **{thing: max(n, one[thing]) for thing, n in other.items()}}
        for name, (one, other) in both.items()
    }
    lines = matrix(EFFECTS, exits.met, most)
    written = Path(os.environ.get("FAREWELL_KILL_MATRIX", tmp_path / "kill-matrix.md"))
    written.write_text(f"{as_table(lines)}\n", encoding="utf-8")
    with capsys.disabled():
        sys.stdout.write(f"\n{as_table(lines)}\n")
    assert len(lines) == len(EFFECTS)
