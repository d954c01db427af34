"""The embedded stack: `demo` plays an exit on it, `up` serves it, `skip` moves an exit in time there."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AccountArgument, Json
from commands.printing import say, show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections

DEMO_ACCOUNT = "acc_7f3k2m"


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(demo)
    app.command()(up)
    app.command()(skip)


def demo(
    account: Annotated[str, typer.Option(help="Which sample account leaves.")] = DEMO_ACCOUNT,
    as_json: Json = False,
) -> None:
    """Play one whole exit from fresh state, and leave what customer and auditor get as plain files."""
    from commands.demo import play_demo  # it loads Temporal, for which no other command should wait

    play_demo(account, as_json=as_json)


def up() -> None:
    """Serve the embedded stack and its worker until Ctrl-C; exits that were running go on."""
    import asyncio

    asyncio.run(_serve())


async def _serve() -> None:
    import asyncio
    import signal

    from connectors.opening import home
    from devstack.running import running

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(home()) as here:
        say(f"Farewell is up, with the sample company Bancada, in {here.stack.home}")
        say(f"  Temporal's pages   {here.stack.ui_url or here.stack.environment['TEMPORAL_ADDRESS']}")
        say("  payloads there     farewell codec --as dora prints a link that shows them")
        say(f"  customers' pages   {here.connections.settings.public_url}/exit/… (farewell portal ACCOUNT prints one)")
        say(f"  mails              {here.stack.home / 'mail'}")
        say("  try, elsewhere     farewell accounts · farewell start ACCOUNT --reason price · farewell list")
        say("Ctrl-C ends it; what runs is kept and goes on at the next start.")
        await stop.wait()
        say("ending the servers …")


def skip(
    account: AccountArgument,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days to move.")],
    as_json: Json = False,
) -> None:
    """Move an exit and its follow-ups in time; only on the embedded stack."""
    import asyncio

    from commands.session import case_of, connections

    at = connections()
    case = case_of(at, account)
    if not at.settings.embedded:
        raise Refused(Exit.REFUSED, "time can be moved on the embedded stack only", "wait, or play: farewell up")
    try:
        moved = asyncio.run(_move(at, case["workflow_id"], timedelta(days=days)))
    except TimeoutError as late:
        fix = "a step is under way, or its worker is gone: see farewell status, and that farewell up runs"
        raise Refused(Exit.OUTSIDE, f"{late}", fix) from None
    if not moved:
        raise Refused(Exit.REFUSED, f"nothing of {account} is running any more", f"farewell audit {account} tells how")
    if as_json:
        show({"account": account, "now": dict(moved)})
    else:
        for workflow, now in moved:
            say(f"{workflow}: now {now}")


async def _move(at: "Connections", workflow: str, by: timedelta) -> list[tuple[str, str]]:
    """Moves all of a case to one instant, those that start on the way too: what is open at the end tells its time."""
    from connectors.temporal import connect_temporal
    from devstack.clock import family, move_family, now

    client = await connect_temporal(at.keys)
    open_ones = await family(client, workflow)
    if open_ones:
        await move_family(client, workflow, max([await now(client, each) for each in open_ones]) + by)
    return [(each, f"{await now(client, each):%Y-%m-%d %H:%M %Z}") for each in open_ones]
