"""Previews of every sample account in every mode, in a process of its own: what it prints is one JSON object.

`python -m tests.e2e.previews HOME NOW`, in whatever time zone the machine is set to.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from commands.plans import planning
from commands.wishes import Way, wish_of
from connectors.opening import Connections, opened
from models.account import AccountFacts
from models.vocabulary import Cause, Mode
from rules.plan import PlanRefused

WAYS = {
    Mode.PAUSE: Way(Mode.PAUSE),
    Mode.STOP: Way(Mode.STOP),
    Mode.EJECT: Way(Mode.EJECT, cause=Cause.NON_PAYMENT),
}


def previews(home: Path, now: datetime) -> dict[str, Any]:
    """By account: its billing state, and by mode its plan, or why there is none."""
    at = opened(home)
    return {
        facts.account.id: {
            "billing": at.billing.state(facts.account.id, now).model_dump(mode="json"),
            "plans": {mode: _plan(at, facts, way, now) for mode, way in WAYS.items()},
        }
        for facts in at.directory.accounts()
    }


def _plan(at: Connections, facts: AccountFacts, way: Way, now: datetime) -> dict[str, Any]:
    try:
        return planning(at).draft(facts, wish_of(at, facts, way, now), now).model_dump(mode="json")
    except PlanRefused as no:
        return {"refused": [no.code, no.what, no.fix]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(previews(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))))
