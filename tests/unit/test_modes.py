"""From one way out to another: DOMAIN modes.3, modes.4."""

from datetime import UTC, datetime, timedelta

import pytest

from models.account import Actor
from models.case import Agreed, CaseState
from models.updates import Extend
from models.vocabulary import Cause, Mode, Role
from rules.modes import change_refused
from workflows.replanning import moved

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANA = Actor(id="ana", roles=(Role.ACCOUNT_MANAGER,))
CUSTOMER = Actor(id="customer")
P, S, E = Mode.PAUSE, Mode.STOP, Mode.EJECT


@pytest.mark.parametrize(
    ("now", "to", "cause", "actor", "code"),
    [
        (P, S, None, ANA, None),
        (P, E, Cause.NON_PAYMENT, ANA, None),
        (S, E, Cause.FRAUD, ANA, None),
        (S, E, Cause.CUSTOMER_DEMAND, CUSTOMER, None),
        (S, P, None, ANA, "backwards"),
        (E, S, None, ANA, "backwards"),
        (E, P, None, CUSTOMER, "backwards"),
        (S, S, None, ANA, "same_mode"),
        (S, E, None, ANA, "cause"),
        (P, S, Cause.BREACH, ANA, "cause"),
        (S, E, Cause.BREACH, CUSTOMER, "cause"),
    ],
)
def test_modes_4_pause_becomes_stop_becomes_eject_and_never_backwards(now, to, cause, actor, code):
    state = CaseState(case="acme-1", account="acme", mode=now, opened_at=NOW, requested_by="ana")
    no = change_refused(to, cause, actor, state)
    assert (no.code if no else None) == code
    assert no is None or (no.why and no.fix)


def test_modes_1_more_transition_after_a_pause_charges_no_day_of_it():
    a_month, a_week = timedelta(days=30), timedelta(days=7)
    dates = {
        "requested": NOW,
        "notice_end": NOW + a_month,
        "transition_end": NOW + 2 * a_month,
        "effective_date": NOW + 2 * a_month,
        "billing_end": NOW - a_month,  # the pause began
        "retrieval_end": NOW + 3 * a_month,
    }
    about = {"approvals_required": {}, "approval_until": NOW, "reminder_at": NOW, "silence_at": NOW}
    plan = Agreed(hash="sha256:1", dates=dates, looks_at=(NOW,), scans_at=(NOW, NOW + a_month), **about)
    extended = moved(plan, Extend(actor=CUSTOMER, until=dates["transition_end"] + a_week))
    assert (extended.looks_at, extended.scans_at) == ((NOW + a_week,), (NOW + a_week, NOW + a_month + a_week))
    later = extended.dates
    assert {name for name in dates if later[name] == dates[name]} == {"requested", "notice_end", "billing_end"}
    assert {later[name] - dates[name] for name in ("transition_end", "effective_date", "retrieval_end")} == {a_week}
