"""Farewell's own database: its tables, and the role that works with them. Both are its owner's to run."""

from typing import Annotated

import typer

from commands.options import Json
from commands.printing import say, show
from commands.refused import Exit, Refused

Role = Annotated[str, typer.Argument(metavar="ROLE", help="As which workers, pages and commands connect.")]


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    database = typer.Typer(help="Farewell's own database, for its owner.", no_args_is_help=True)
    database.command()(migrate)
    database.command()(grant)
    app.add_typer(database, name="database")


def migrate(as_json: Json = False) -> None:
    """Bring the tables to this version's form; what is there stays."""
    from commands.setup import make_tables
    from connectors.opening import home, opened

    made = make_tables(opened(home()))
    if as_json:
        show({"tables": made})
    else:
        say(f"{', '.join(made)} made" if made else "nothing was missing")


def grant(role: Role, as_json: Json = False) -> None:
    """Let a role of PostgreSQL do the work: all, but of the ledger only add to it and read it. After each migration."""
    from connectors.errors import NotFound, Rejected
    from connectors.opening import home, opened
    from connectors.store.roles import grant as grant_to

    try:
        tables = grant_to(opened(home()).engine, role)
    except NotFound as none:
        raise Refused(Exit.NOT_FOUND, none.what, none.fix) from None
    except Rejected as no:
        raise Refused(Exit.USAGE, no.what, no.fix) from None
    if as_json:
        show({"role": role, "tables": tables})
    else:
        say(f"{role} may work with {len(tables)} tables; to the ledger it may only add, and read it")
