"""The customer's package: fetched, and verified without any server."""

from pathlib import Path
from typing import Annotated

import typer

from commands.options import AccountArgument, Json


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    packages = typer.Typer(help="The customer's package.", no_args_is_help=True)
    packages.command()(fetch)
    packages.command()(verify)
    app.add_typer(packages, name="export")


def fetch(
    account: AccountArgument, to: Annotated[Path, typer.Option(help="The folder to put it in.")], as_json: Json = False
) -> None:
    """Fetch the verified package of the account's newest exit."""


def verify(location: Annotated[str, typer.Argument(help="A folder.")], as_json: Json = False) -> None:
    """Check a package: every byte, every row."""
