"""Takes what comes back of our messages from a mail server's pipe."""

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import Json
from commands.printing import say, show

if TYPE_CHECKING:
    from commands.hearing import Report
    from connectors.opening import Connections
    from rules.incoming import Echo

MOST_BYTES = 1 << 20
"""What is read of a mail: reports and headers come first, attachments tell us nothing."""
_TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and asks again, instead of sending it back."""


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    mail = typer.Typer(help="What comes back of our messages.", no_args_is_help=True)
    mail.callback()(lambda: None)  # one command is still a group
    mail.command()(receive)
    app.add_typer(mail, name="mail")


def receive(
    as_json: Json = False,
    largest: Annotated[int, typer.Option("--bytes", min=1, help="How much of the mail is read.")] = MOST_BYTES,
) -> None:
    """Read one mail from standard input: a bounce, a complaint, a reply; exit code 75 says: try again later."""
    raw = sys.stdin.buffer.read(largest)
    while sys.stdin.buffer.read(MOST_BYTES):  # a pipe that isn't read to its end breaks the writer
        pass
    try:
        report = _heard(raw)
    except _outages() as error:
        sys.stderr.write(f"farewell: {' '.join(str(error).split())}\n")
        raise typer.Exit(_TRY_AGAIN) from None
    if as_json:
        show(_told(report))
    else:
        say(report.text if report else "none of ours: nothing to note")


def _heard(raw: bytes) -> "Report | None":
    import asyncio

    from commands.session import connections
    from rules.incoming import domain_of, heard_in

    at = connections()
    echo = heard_in(raw, domain_of(at.policy.sender.address))
    return asyncio.run(_noted(at, echo)) if echo else None


async def _noted(at: "Connections", echo: "Echo") -> "Report | None":
    from commands.hearing import hear
    from connectors.temporal import connect_temporal

    return await hear(at, await connect_temporal(at.keys), echo, datetime.now(UTC))


def _told(report: "Report | None") -> dict[str, str | None]:
    if report is None:
        return {"case": None, "kind": None, "heard": None, "ground": None}
    return {"case": report.case, "kind": report.kind, "heard": report.heard, "ground": report.ground}


def _outages() -> tuple[type[Exception], ...]:
    """Whatever a person can mend while the mail waits."""
    from temporalio.service import RPCError

    from commands.refused import Refused
    from connectors.configuration import WrongSetting
    from connectors.errors import ConnectorError

    return ConnectorError, RPCError, Refused, WrongSetting
