"""Mounts the commands, and turns whatever stops one into a line and an exit code; the doors to worker and web, too."""

import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from commands.refused import Exit, Refused

if TYPE_CHECKING:
    import asyncio

PROJECT = Path(__file__).resolve().parent


def application() -> typer.Typer:
    """All commands; each imports what it needs when it runs."""
    from commands import (
        accounts,
        audits,
        codec,
        contacts,
        database,
        decisions,
        doctor,
        embedded,
        exits,
        follow_ups,
        holds,
        inventory,
        keys,
        mail,
        messages,
        offers,
        packages,
        plans,
        policy,
        portal,
        processors,
        reports,
        returning_customers,
        setup,
        statements,
        suppress,
        watching,
    )

    # Without Rich, as help and usage errors needn't wait for it.
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(_help)
    for room in (
        embedded,
        accounts,
        plans,
        setup,
        database,
        exits,
        watching,
        decisions,
        holds,
        contacts,
        offers,
        follow_ups,
        mail,
        messages,
        suppress,
        inventory,
        keys,
        processors,
        policy,
        packages,
        portal,
        statements,
        audits,
        reports,
        returning_customers,
        codec,
        doctor,
    ):
        room.mount(app)
    return app


def _help(context: typer.Context) -> None:
    """Takes a B2B account out, kindly and provably."""
    if context.invoked_subcommand is None:
        sys.stdout.write(f"{context.get_help()}\n")
        raise typer.Exit(Exit.USAGE)


def main() -> NoReturn:
    """The console script `farewell`."""
    _leave(run(sys.argv[1:]))


def serve() -> NoReturn:
    """The console script `farewell-worker`."""
    _serve("farewell-worker", "worker")


def serve_pages() -> NoReturn:
    """The console script `farewell-web`."""
    _serve("farewell-web", "web.serving")


def _serve(program: str, module: str) -> NoReturn:
    """Runs `serve` of the module until SIGTERM or Ctrl-C; what is wrong is one line, with the exit codes of CONTRACTS.

    It's imported once it is known whose `workflows` these are. A bug of ours keeps its traceback, for the log.
    """
    import asyncio
    import logging
    from importlib import import_module

    from connectors.configuration import WrongSetting
    from connectors.errors import ConnectorError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        _refuse_foreign_workflows()
    except Refused as stop:
        sys.exit(_stopped(stop.code, str(stop), program))
    code: int = Exit.DONE
    try:
        asyncio.run(_until_told(import_module(module).serve))
    except (WrongSetting, ConnectorError) as error:
        code = _stopped(*_explained(error), program)
    _leave(code)


async def _until_told(serve: Callable[["asyncio.Event"], Awaitable[None]]) -> None:
    import asyncio
    import signal

    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(stop)


def run(arguments: Sequence[str]) -> int:
    """Runs one command; the exit code of CONTRACTS. What went wrong is one line on stderr."""
    try:
        _refuse_foreign_workflows()
        answer = application()(args=list(arguments), prog_name="farewell", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return _stopped(Exit.INTERRUPTED, "interrupted")
    except BrokenPipeError:  # the reader, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the entry point: every error ends here as one line
        return _stopped(*_explained(error))
    return answer if isinstance(answer, int) else Exit.DONE


def _explained(error: Exception) -> tuple[int, str]:
    """The exit code and the line for an error."""
    if isinstance(error, Refused):
        return error.code, str(error)
    if isinstance(error, typer.TyperException):
        return Exit.USAGE, error.format_message().replace("Value error, ", "")  # pydantic's, by way of Typer
    from temporalio.service import RPCError

    from connectors.configuration import WrongSetting
    from connectors.errors import ConnectorError

    if isinstance(error, WrongSetting):
        return Exit.USAGE, str(error)
    if isinstance(error, ConnectorError):
        return Exit.OUTSIDE, f"{error} ({error.fix})" if error.fix else str(error)
    if isinstance(error, RPCError):
        return Exit.OUTSIDE, f"Temporal: {error.message} (farewell doctor checks every connection)"
    return Exit.BUG, f"a bug of ours: {type(error).__name__}; {_logged(error)}"


def _logged(error: Exception) -> str:
    """Keeps the traceback for whoever mends it; where."""
    from connectors.configuration import home

    log = home() / "farewell.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as lines:
            lines.write(f"{datetime.now(UTC).isoformat()} {' '.join(sys.argv[1:2])}\n")
            lines.writelines(traceback.format_exception(error))
    except OSError as unwritable:
        return f"{log} can't be written: {unwritable.strerror}"
    return f"details in {log}"


def _refuse_foreign_workflows() -> None:
    """`workflows` is also another distribution's name. Source: STYLE, Packaging."""
    found = find_spec("workflows")
    origin = Path(found.origin).resolve() if found and found.origin else None
    if origin is None or origin.parent.parent != PROJECT:
        what = f"the package workflows is somebody else's: {origin}"
        raise Refused(Exit.USAGE, what, "install Farewell in an environment of its own")


def _stopped(code: int, line: str, program: str = "farewell") -> int:
    sys.stderr.write(f"{program}: {' '.join(line.split())}\n")
    return code


def _leave(code: int) -> NoReturn:
    """Ends the process; with Temporal's core loaded at once, as it may hang at exit. Source: STACK, traps 11."""
    sys.stdout.flush()
    sys.stderr.flush()
    if "temporalio.bridge.temporal_sdk_bridge" in sys.modules:
        os._exit(code)
    sys.exit(code)
