"""A whole exit with nobody to watch it: everybody says their word as soon as it is due."""

from datetime import datetime, timedelta

from devstack.play import Play
from models.case import CaseState
from models.payload import Personal
from models.updates import Approve, RetrievalWord
from models.vocabulary import Gate, Mode, Stage
from rules.gates import gate_digest

APPROVERS = ("bruno", "carla")


async def leave(play: Play) -> CaseState:
    """Plays a case that was just begun until its evidence is sealed; answers how it stood before the pivot."""
    return await let_go(play, await hand_over(play))


async def let_go(play: Play, state: CaseState) -> CaseState:
    """From the window in which the customer fetches the package to the seal; answers how it stood before the pivot."""
    dates = state.agreed.dates if state.agreed else {}
    await play.move(dates["late_usage_end"])
    state = await play.until(lambda s: s.statement_digest is not None)
    await play.say("customer", "accept_export", RetrievalWord, evidence=Personal(text="fetched and checked"))
    for person in ("carla", "dora"):
        await _approve(play, person, Gate.ERASURE, state)
    await past_the_window(play, state.retrieval_end or dates["retrieval_end"])
    await play.certified()
    return state


async def past_the_window(play: Play, end: datetime) -> None:
    """To the pivot; each workflow has a clock of its own, so the follow-ups first write what is due before it."""
    await play.move(end - timedelta(days=1))
    await play.move(end)


async def hand_over(play: Play) -> CaseState:
    """From its beginning to the window in which the customer fetches the package."""
    state = await play.until(lambda s: s.stage is Stage.APPROVAL and s.proposed is not None)
    plan = state.proposed or state.agreed
    for person in APPROVERS[: plan.approvals_required[Gate.PLAN] if plan else 1]:
        await _approve(play, person, Gate.PLAN, state)
    if state.mode is not Mode.EJECT:  # whom nothing holds
        state = await play.reach(Stage.NOTICE)
        await play.move(state.agreed.dates["effective_date"] if state.agreed else state.opened_at)
    return await play.reach(Stage.SETTLE, Stage.RETRIEVAL)


async def _approve(play: Play, person: str, gate: Gate, state: CaseState) -> None:
    await play.say(person, "approve", Approve, gate=gate, hash=gate_digest(gate, state) or "")
