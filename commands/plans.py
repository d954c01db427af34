"""Shows the plan of an exit before anything happens; previewing changes nothing."""

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AccountArgument, Json, MaybeDay
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused
from models.vocabulary import Mode

if TYPE_CHECKING:
    from activities.planning import PlanningActivities
    from connectors.opening import Connections
    from models.account import AccountFacts
    from models.plan import Plan

_THEN = {"delete": "erased", "mask": "masked", "retain": "kept by law"}


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(preview)


def preview(
    account: AccountArgument,
    mode: Annotated[Mode, typer.Option(help="How the account would leave.")] = Mode.STOP,
    effective: MaybeDay = None,
    as_json: Json = False,
) -> None:
    """Show what would happen, when and why, and what would stop it."""
    from activities.planning import today
    from commands.exits import refuse_unbuilt
    from commands.session import connections, facts_of
    from rules.plan import PlanRefused, Wish

    refuse_unbuilt(mode)
    at = connections()
    facts, now = facts_of(at, account), datetime.now(UTC)
    wish = Wish(mode=mode, requested_on=today(facts, now), effective_on=effective)
    try:
        plan = _planning(at).draft(facts, wish, now)
    except PlanRefused as no:
        raise Refused(Exit.REFUSED, no.what, no.fix) from None
    if as_json:
        show(plan.model_dump(mode="json"))
    else:
        _print(facts, plan)


def _planning(at: "Connections") -> "PlanningActivities":
    from activities.planning import PlanningActivities

    return PlanningActivities(
        directory=at.directory,
        product=at.product,
        billing=at.billing,
        identity=at.identity,
        access=at.access,
        store=at.cases,
        policy=at.policy,
        inventory=at.inventory,
    )


def _print(facts: "AccountFacts", plan: "Plan") -> None:
    say(f"{facts.account.name} ({facts.account.id}) would leave, mode {plan.commitments.mode}\nplan {plan.hash}")
    for heading, print_part in (
        (f"When (each day from its midnight on, in {plan.commitments.timezone})", _dates),
        ("Money, as it would close", _money),
        ("Data", _data),
        ("People and ways in", _people),
        ("Messages", _messages),
        ("What stops it", _blockers),
    ):
        say(f"\n{heading}")
        print_part(plan)
    needed = ", ".join(f"{number} for the {gate}" for gate, number in plan.approvals_required.items())
    say(f"\nApprovals needed: {needed}. Nothing has been changed.")


def _dates(plan: "Plan") -> None:
    dates = sorted(plan.commitments.dates.items(), key=lambda each: each[1].at)
    rows = [[_day(d.at), name.replace("_", " "), d.rule, d.citation] for name, d in dates]
    console().print(table(("day", "what", "rule", "because"), rows))


def _money(plan: "Plan") -> None:
    rows = [
        [line.kind, line.description, f"{line.amount:f}", statement.currency]
        for statement in plan.estimates.statement
        for line in statement.lines
    ]
    rows += [["total", "", f"{s.total:f}", s.currency] for s in plan.estimates.statement]
    console().print(table(("kind", "what", "amount", ""), rows, right=("amount",)))


def _data(plan: "Plan") -> None:
    counted = plan.estimates.rows
    rows = [
        [
            d.name,
            counted.get(d.name, ""),
            "yes" if d.export else "no",
            _THEN[d.erase],
            f"{d.until - timedelta(microseconds=1):%Y-%m-%d}" if d.until else "",  # its last day: `until` is exclusive
            d.ground,
        ]
        for d in plan.commitments.data_sets
    ]
    console().print(table(("data set", "rows", "exported", "then", "last day", "because"), rows, right=("rows",)))


def _people(plan: "Plan") -> None:
    rows = [["active users", plan.estimates.users]]
    rows += [[kind.replace("_", " "), number] for kind, number in plan.estimates.credentials.items()]
    console().print(table(("what is closed", "how many"), rows, right=("how many",)))


def _messages(plan: "Plan") -> None:
    rows = [
        [_day(m.send_at), m.kind.replace("_", " "), m.channel, m.language, m.subject] for m in plan.estimates.messages
    ]
    console().print(table(("when", "what", "channel", "language", "subject"), rows))


def _blockers(plan: "Plan") -> None:
    if plan.blockers:
        rows = [[blocker.code, blocker.text, blocker.fix] for blocker in plan.blockers]
        console().print(table(("code", "what", "what to do"), rows))
    else:
        say("nothing")


def _day(at: datetime) -> str:
    """The day; and the hour, where it isn't the midnight with which the day begins."""
    return f"{at:%Y-%m-%d}" if at.time() == time.min else f"{at:%Y-%m-%d %H:%M}"
