"""Where a case stands, as a person reads it."""

from datetime import timedelta

import pytest

from commands.standing import dates_words, print_standing, standing
from models.vocabulary import Cause, Mode, Stage
from tests.unit.test_gates import LATER, PLAN, agreed, case

ROW = {"id": "acme-1", "account": "acme", "effective_date": None, "workflow_id": "offboarding-acme-1"}
OTHER = "sha256:" + "9" * 64


def told(capsys, **state):
    shown = standing(ROW, case(**state))
    print_standing(shown)
    return shown, capsys.readouterr().out


def test_a_plan_that_would_take_the_place_of_the_one_in_force_is_shown_beside_its_hash(capsys):
    sooner = agreed(
        hash=OTHER, mode=Mode.EJECT, cause=Cause.BREACH, dates={"effective_date": LATER - timedelta(days=9)}
    )
    shown, out = told(capsys, stage=Stage.NOTICE, agreed=agreed(), proposed=sooner)
    assert "acme-1  notice  mode stop, effective 2026-12-23" in out
    assert "planned instead: mode eject (breach), effective 2026-12-14" in out
    assert shown["to_approve"] == {"gate": "plan", "hash": OTHER}
    assert shown["proposed"]["cause"] == "breach"


@pytest.mark.parametrize(("blockers", "offered"), [((), True), (("sub_accounts",), False)])
def test_stages_5_nobody_is_offered_to_approve_a_blocked_plan(capsys, blockers, offered):
    shown, out = told(capsys, stage=Stage.APPROVAL, proposed=agreed(blockers=blockers))
    assert (f"--hash {PLAN}" in out) == offered
    assert (shown["to_approve"] is not None) == offered
    assert "planned instead" not in out


def test_modes_1_a_pause_that_has_ended_has_no_day_to_come():
    state = {"waiting_for": None, "effective_date": "2026-11-23T00:00:00+01:00"}
    shown = dates_words(standing({**ROW, "stage": "resumed", "mode": "pause", "state": state}))
    assert shown == "from 2026-11-23"
