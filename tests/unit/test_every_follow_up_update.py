"""Every update of the follow-ups, in each of their states, is accepted or refused in words. Source: TRUST 12."""

from datetime import UTC, datetime
from itertools import product

import pytest
from temporalio import workflow
from temporalio.exceptions import ApplicationError

from models.account import Actor
from models.case import Task
from models.follow_ups import FollowUpState
from models.payload import SYSTEM, Personal
from models.updates import Command, ContactPreference, ResolveTask, Stop
from models.vocabulary import Channel, Role, StopGround, TaskKind, TaskOutcome
from workflows.follow_up import FollowUpWorkflow

WORD = Personal(text="because")
CUSTOMER, NOBODY, SYSTEM_ITSELF = Actor(id="customer"), Actor(id="nobody"), Actor(id=SYSTEM)
MANAGER = Actor(id="ana", roles=(Role.ACCOUNT_MANAGER,))
OTHERS = Actor(id="eva", roles=tuple(set(Role) - {Role.ACCOUNT_MANAGER}))
ACTORS = (CUSTOMER, NOBODY, SYSTEM_ITSELF, MANAGER, OTHERS)
VALIDATORS = {
    update.name: update.validator for update in workflow._Definition.must_from_class(FollowUpWorkflow).updates.values()
}


def states() -> dict[str, FollowUpState]:
    """Going on, with a call to make, and stopped."""
    words = {"step": "call_thanks", "cause": "a call", "fix": "call", "opened_at": datetime(2026, 11, 22, tzinfo=UTC)}
    call = Task(id="F1", kind=TaskKind.PHONE_CALL, owner=Role.ACCOUNT_MANAGER, blocking=False, **words)
    goes_on = FollowUpState(case="acme-1", account="acme")
    return {
        "goes_on": goes_on,
        "to_call": goes_on.model_copy(update={"tasks": (call,)}),
        "stopped": goes_on.model_copy(update={"stopped": StopGround.REPLY}),
    }


WORDS: dict[str, list[tuple[type[Command], dict[str, object]]]] = {
    "stop": [(Stop, {"ground": ground, "reason": WORD}) for ground in StopGround],
    "set_contact_preference": [(ContactPreference, {"channel": channel}) for channel in (None, *Channel)],
    "resolve_task": [
        (ResolveTask, {"task": t, "outcome": o, "reason": WORD}) for t, o in product(("F1", "F9"), TaskOutcome)
    ],
}
EVERYWHERE = frozenset(states())
EXPECTED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "stop": (EVERYWHERE, frozenset({"customer", SYSTEM, "ana"})),
    "set_contact_preference": (frozenset({"goes_on", "to_call"}), frozenset({"customer", "ana"})),
    "resolve_task": (frozenset({"to_call"}), frozenset({"ana"})),
}
"""In which states each is heard, and from whom."""


def accepted(update: str, state: FollowUpState, word: Command) -> bool:
    """What the validator says: nothing, or no in words; anything else is an error of ours."""
    follow_ups = object.__new__(FollowUpWorkflow)
    follow_ups._state = state
    try:
        VALIDATORS[update](follow_ups, word)
    except ApplicationError as error:
        no = error
    else:
        return True
    assert no.type
    assert no.message
    assert no.details[0], "a refusal says what to do"
    return False


def test_every_update_of_the_follow_ups_has_a_validator() -> None:
    assert set(VALIDATORS) == set(WORDS) == set(EXPECTED)
    assert None not in VALIDATORS.values()


@pytest.mark.parametrize("update", WORDS)
def test_it_is_heard_where_it_may_be_from_whom_it_may_and_else_refused_in_words(update: str) -> None:
    heard = {
        (name, actor.id)
        for (name, state), actor, (form, word) in product(states().items(), ACTORS, WORDS[update])
        if accepted(update, state, form(actor=actor, **word))
    }
    assert heard == set(product(*EXPECTED[update]))
