"""Shows the plan of an exit before anything happens; previewing changes nothing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AccountArgument, Compare, Json, MaybeCause, MaybeDays, ResumeDay
from commands.printing import show
from commands.refused import Exit, Refused
from commands.wishes import Way, refuse_contradictions
from models.vocabulary import Cause, Mode

if TYPE_CHECKING:
    from activities.planning import PlanningActivities
    from commands.plan_compared import Drafted
    from connectors.opening import Connections
    from models.account import AccountFacts


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(preview)


def preview(
    account: AccountArgument,
    *,
    mode: Annotated[Mode, typer.Option(help="How the account would leave.")] = Mode.STOP,
    effective: MaybeDays = None,
    resume: ResumeDay = None,
    cause: MaybeCause = None,
    compare: Compare = None,
    as_json: Json = False,
) -> None:
    """Show what would happen, when and why, what it costs, and what would stop it."""
    from commands.session import connections, facts_of

    ways = _ways(compare, mode, effective or [None], resume, cause)
    at = connections()
    facts, now = facts_of(at, account), datetime.now(UTC)
    drafted = [_drafted(at, facts, way, now) for way in ways]
    if all(each.plan is None for each in drafted):
        raise Refused(Exit.REFUSED, drafted[0].refused[1], drafted[0].refused[2])
    _tell(facts, drafted, compared=bool(compare) or len(ways) > 1, as_json=as_json)


def _ways(
    compare: Sequence[Mode] | None, mode: Mode, days: Sequence[date | None], resume: date | None, cause: Cause | None
) -> list[Way]:
    """Each mode on each day; a mode gets the options that it knows."""
    if compare and mode is not Mode.STOP:
        raise Refused(Exit.USAGE, "--compare says which modes, so --mode has nothing to say", "leave --mode out")
    modes = compare or (mode,)
    refuse_contradictions(modes, resume, cause)
    return list(dict.fromkeys(_way(each, day, resume, cause, alone=not compare) for each in modes for day in days))


def _way(mode: Mode, day: date | None, resume: date | None, cause: Cause | None, *, alone: bool) -> Way:
    """An eject is at once, so beside others it has no day; and without a cause it is the customer who wants it."""
    if mode is Mode.EJECT:
        return Way(mode, day if alone else None, cause=cause or Cause.CUSTOMER_DEMAND)
    return Way(mode, day, resume_on=resume if mode is Mode.PAUSE else None)


def _drafted(at: "Connections", facts: "AccountFacts", way: Way, now: datetime) -> "Drafted":
    from commands.plan_compared import Drafted
    from commands.wishes import wish_of
    from rules.plan import PlanRefused

    try:
        return Drafted(way, planning(at).draft(facts, wish_of(at, facts, way, now), now))
    except PlanRefused as no:
        return Drafted(way, None, (no.code, no.what, no.fix))


def planning(at: "Connections") -> "PlanningActivities":
    """What makes plans, and changes nothing by a draft."""
    from activities.planning import PlanningActivities
    from commands.session import sound_policy

    return PlanningActivities(
        directory=at.directory,
        product=at.product,
        billing=at.billing,
        identity=at.identity,
        access=at.access,
        store=at.cases,
        policy=sound_policy(at),
        inventory=at.inventory,
    )


def _tell(facts: "AccountFacts", drafted: Sequence["Drafted"], *, compared: bool, as_json: bool) -> None:
    """One plan in full, or several side by side; as JSON one object, or a list."""
    from commands.plan_compared import print_comparison
    from commands.plan_parts import print_plan

    if as_json:
        plans = [each.as_json() for each in drafted]
        show(plans if compared else plans[0])
    elif compared:
        print_comparison(facts, drafted)
    elif drafted[0].plan is not None:
        print_plan(facts, drafted[0].plan)
